import type { DurationSummary } from '../durations.js';
import { shownDuration, shownRate } from '../printable.js';
import { isoTime } from '../slowest.js';
import type { Series, SeriesPoint } from '../time-series.js';
import { bottomAxis, chart, leftAxis, px } from './chart.js';
import { type Markup, markup } from './markup.js';
import { countScale, durationScale, rateScale, timeScale } from './scale.js';

const EVENTS = { width: 960, height: 220, left: 56, right: 926, top: 10, bottom: 190 };
const RATES = { width: 960, height: 140, left: 56, right: 926, top: 10, bottom: 110 };
const DURATIONS = { width: 470, height: 220, left: 62, right: 440, top: 10, bottom: 190 };

/** How many events there were over time, and how many of them were errors. */
export function eventsChart({ points, widthMs }: Series): Markup {
  const { width, height, left, right, top, bottom } = EVENTS;
  const [first, last] = [points[0]?.from ?? 0, (points.at(-1)?.from ?? 0) + widthMs];
  const times = timeScale(first, last, left, right);
  const counts = countScale(Math.max(0, ...points.map(({ count }) => count)), bottom, top);
  const bars = points.map(({ from, count, errors }) => {
    const x = times.place(from);
    const barWidth = Math.max(1, times.place(from + widthMs) - x - 1);
    const tip = `${isoTime(from)}: ${count} events, ${errors} errors`;
    const bar = (kind: string, low: number, high: number) => {
      const y = counts.place(high);
      return markup`<rect class="${kind}" x="${px(x)}" y="${px(y)}" width="${px(barWidth)}" height="${px(counts.place(low) - y)}"/>`;
    };
    const bad = errors === 0 ? undefined : bar('bad', 0, errors);
    return markup`<g><title>${tip}</title>${bar('good', errors, count)}${bad}</g>`;
  });
  const total = points.reduce((sum, { count }) => sum + count, 0);
  const errors = points.reduce((sum, point) => sum + point.errors, 0);
  const text = {
    id: 'events-chart',
    title: 'Events over time',
    description: `${total} events, of which ${errors} are errors, in pieces of ${shownDuration(widthMs)}; times are UTC.`,
  };
  return chart(text, width, height, [leftAxis(counts.ticks, left, right), bottomAxis(times.ticks, top, bottom), bars]);
}

/** Which part of the events was an error over time: where there are few, the picture of the events does not show it. */
export function errorRateChart({ points, widthMs }: Series): Markup {
  const { width, height, left, right, top, bottom } = RATES;
  const [first, last] = [points[0]?.from ?? 0, (points.at(-1)?.from ?? 0) + widthMs];
  const times = timeScale(first, last, left, right);
  const worst = Math.max(0, ...points.map(({ count, errors }) => errors / count));
  const rates = rateScale(worst, bottom, top);
  const bars = points.map(({ from, count, errors }) => {
    const x = times.place(from);
    const y = rates.place(errors / count);
    const tip = `${isoTime(from)}: ${errors} errors of ${count} events`;
    const barWidth = Math.max(1, times.place(from + widthMs) - x - 1);
    return markup`<g><title>${tip}</title><rect class="bad" x="${px(x)}" y="${px(y)}" width="${px(barWidth)}" height="${px(bottom - y)}"/></g>`;
  });
  const text = {
    id: 'error-rate-chart',
    title: 'Errors over time, as a part of all events',
    description: `At most ${shownRate(worst)} of the events of ${shownDuration(widthMs)}; times are UTC.`,
  };
  return chart(text, width, height, [leftAxis(rates.ticks, left, right), bottomAxis(times.ticks, top, bottom), bars]);
}

const LINES = [
  { key: 'maxMs', kind: 'max', label: 'maximum' },
  { key: 'p95Ms', kind: 'p95', label: '95th percentile' },
  { key: 'medianMs', kind: 'median', label: 'median' },
] as const;

/** How long operations of one name took over time. */
export function durationsChart(operation: string, series: Series, index: number): Markup {
  const { width, height, left, right, top, bottom } = DURATIONS;
  const { widthMs } = series;
  const points = series.points.filter(hasDurations);
  const [first, last] = [points[0]?.from ?? 0, (points.at(-1)?.from ?? 0) + widthMs];
  const times = timeScale(first, last, left, right);
  const lowest = Math.min(...points.map(({ durations }) => durations.medianMs));
  const highest = Math.max(...points.map(({ durations }) => durations.maxMs));
  const durations = durationScale(lowest, highest, bottom, top);
  const x = (point: SeriesPoint) => times.place(point.from + widthMs / 2);
  const lines = LINES.map(({ key, kind }) => {
    const path = points.map((point, at) => {
      // Nothing ended in between: no line says that it did.
      const isNext = at > 0 && point.from - (points[at - 1]?.from ?? 0) === widthMs;
      return `${isNext ? 'L' : 'M'}${px(x(point))} ${px(durations.place(point.durations[key]))}`;
    });
    return markup`<path class="line ${kind}" d="${path.join('')}"/>`;
  });
  const marks = points.map((point) => {
    const { medianMs, p95Ms, maxMs, count } = point.durations;
    const tip = `${isoTime(point.from)}: ${count} ended, median ${shownDuration(medianMs)}, 95th percentile ${shownDuration(p95Ms)}, maximum ${shownDuration(maxMs)}`;
    const dot = markup`<circle class="dot" cx="${px(x(point))}" cy="${px(durations.place(medianMs))}" r="2"/>`;
    const half = Math.max(3, times.place(first + widthMs) - times.place(first)) / 2;
    return markup`<g><title>${tip}</title><rect class="hit" x="${px(x(point) - half)}" y="${top}" width="${px(half * 2)}" height="${bottom - top}"/>${dot}</g>`;
  });
  const text = {
    id: `durations-chart-${index}`,
    title: `Durations of ${operation} over time`,
    description: `Medians from ${shownDuration(lowest)}, the longest took ${shownDuration(highest)}; the scale is logarithmic, times are UTC.`,
  };
  const axes = [
    leftAxis(durations.ticks, left, right),
    bottomAxis(times.ticks.filter(every(times.ticks.length)), top, bottom),
  ];
  return markup`<figure><figcaption>${operation}</figcaption>${chart(text, width, height, [axes, lines, marks])}</figure>`;
}

export const DURATIONS_LEGEND: Markup = markup`<p class="legend">${LINES.map(
  ({ kind, label }) =>
    markup`<span><svg width="28" height="10" aria-hidden="true"><path class="line ${kind}" d="M1 5L27 5"/></svg> ${label}</span>`,
)}</p>`;

/** A narrow picture has room for three labels. */
function every(count: number): (_: unknown, index: number) => boolean {
  const step = Math.ceil(count / 4);
  return (_, index) => index % step === 0;
}

function hasDurations(point: SeriesPoint): point is SeriesPoint & { readonly durations: DurationSummary } {
  return point.durations !== undefined;
}
