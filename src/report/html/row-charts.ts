import type { DurationSummary } from '../durations.js';
import { shownDuration, shownRate } from '../printable.js';
import { bottomAxis, chart, px, shortName } from './chart.js';
import { type Markup, markup } from './markup.js';
import { durationScale } from './scale.js';

const ROW = 26;
const WIDTH = 960;
const LEFT = 230;
const RIGHT = 926;
/** More rows say less. The tables have all of them. */
const MOST_ROWS = 16;

/** From the shortest to the longest operation of each name, with the percentiles between them. */
export function percentilesChart(
  all: readonly { readonly operation: string; readonly durations: DurationSummary }[],
): Markup {
  const rows = all.slice(0, MOST_ROWS);
  const scale = durationScale(
    Math.min(...rows.map(({ durations }) => durations.minMs)),
    Math.max(...rows.map(({ durations }) => durations.maxMs)),
    LEFT,
    RIGHT,
  );
  const bottom = rows.length * ROW + 10;
  const marks = rows.map(({ operation, durations }, index) => {
    const { minMs, medianMs, p95Ms, p99Ms, maxMs } = durations;
    const y = index * ROW + ROW / 2 + 6;
    const x = (ms: number) => px(scale.place(ms));
    const tip = `${operation}: minimum ${shownDuration(minMs)}, median ${shownDuration(medianMs)}, 95th percentile ${shownDuration(p95Ms)}, 99th percentile ${shownDuration(p99Ms)}, maximum ${shownDuration(maxMs)}`;
    return markup`<g><title>${tip}</title><rect class="hit" x="0" y="${y - ROW / 2}" width="${WIDTH}" height="${ROW}"/>
<text class="name" x="${LEFT - 12}" y="${y + 4}" text-anchor="end">${shortName(operation)}</text>
<line class="range" x1="${x(minMs)}" x2="${x(maxMs)}" y1="${y}" y2="${y}"/>
<rect class="box" x="${x(medianMs)}" y="${y - 5}" width="${px(Math.max(1, scale.place(p95Ms) - scale.place(medianMs)))}" height="10"/>
<line class="p99" x1="${x(p99Ms)}" x2="${x(p99Ms)}" y1="${y - 7}" y2="${y + 7}"/>
<circle class="dot" cx="${x(medianMs)}" cy="${y}" r="4.5"/></g>`;
  });
  const text = {
    id: 'percentiles-chart',
    title: 'Percentiles of durations',
    description: `Of ${rows.length} operations: a line from the shortest to the longest, a dot at the median, a box up to the 95th percentile, a mark at the 99th. The scale is logarithmic; the table of operations has the numbers.`,
  };
  return chart(text, WIDTH, bottom + 24, [bottomAxis(scale.ticks, 4, bottom), marks]);
}

export interface ErrorRate {
  readonly name: string;
  readonly errors: number;
  readonly count: number;
}

/** How much of what ended, or was told, was an error. */
export function errorRatesChart(all: readonly ErrorRate[]): Markup {
  const rows = all
    .filter(({ errors }) => errors > 0)
    .sort((a, b) => b.errors / b.count - a.errors / a.count)
    .slice(0, MOST_ROWS);
  const most = Math.max(...rows.map(({ errors, count }) => errors / count));
  const end = RIGHT - 190;
  const bars = rows.map(({ name, errors, count }, index) => {
    const y = index * ROW + 6;
    const width = Math.max(1, (errors / count / most) * (end - LEFT));
    return markup`<g><title>${name}: ${errors} of ${count}</title>
<text class="name" x="${LEFT - 12}" y="${y + 14}" text-anchor="end">${shortName(name)}</text>
<rect class="bad" x="${LEFT}" y="${y + 3}" width="${px(width)}" height="${ROW - 11}"/>
<text class="value" x="${px(LEFT + width + 8)}" y="${y + 14}">${shownRate(errors / count)} (${errors} of ${count})</text></g>`;
  });
  const text = {
    id: 'error-rates-chart',
    title: 'Error rates',
    description: rows.map(({ name, errors, count }) => `${name}: ${shownRate(errors / count)}`).join(', '),
  };
  return chart(text, WIDTH, rows.length * ROW + 12, bars);
}
