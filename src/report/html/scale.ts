import { shownDuration } from '../printable.js';

/** A place on an axis with what is written there. */
export interface Tick {
  readonly at: number;
  readonly label: string;
}

/** Where values are on an axis, and its ticks. */
export interface Scale {
  place(value: number): number;
  readonly ticks: readonly Tick[];
}

/** From 0 to at least `max`, with four or five ticks at round numbers. */
export function countScale(max: number, from: number, to: number): Scale {
  const step = roundStep(Math.max(max, 1) / 4);
  const top = Math.ceil(Math.max(max, 1) / step) * step;
  const place = (value: number) => from + (value / top) * (to - from);
  const ticks: Tick[] = [];
  for (let value = 0; value <= top + step / 2; value += step)
    ticks.push({ at: place(value), label: shortCount(value) });
  return { place, ticks };
}

/** Durations by their order of magnitude: a median of a millisecond is seen beside a maximum of minutes. */
export function durationScale(minMs: number, maxMs: number, from: number, to: number): Scale {
  const low = roundBelow(Math.max(minMs, SHORTEST_MS));
  const high = Math.max(roundAbove(Math.max(maxMs, SHORTEST_MS)), low * 2);
  const place = (ms: number) => from + (Math.log(Math.max(ms, low) / low) / Math.log(high / low)) * (to - from);
  const decades = Math.log10(high / low);
  const every = Math.ceil(decades / 7);
  const ticks: Tick[] = [];
  for (let power = Math.floor(Math.log10(low)); 10 ** power <= high * 1.001; power += 1) {
    for (const digit of decades > 2.1 ? [1] : [1, 2, 5]) {
      const ms = digit * 10 ** power;
      const isShown = ms >= low * 0.999 && ms <= high * 1.001 && (decades <= 2.1 || power % every === 0);
      if (isShown) ticks.push({ at: place(ms), label: tickLabel(ms) });
    }
  }
  return { place, ticks };
}

/** From none to all, or to the next round part of it. */
export function rateScale(max: number, from: number, to: number): Scale {
  const { place, ticks } = countScale(Math.max(1, Math.ceil(max * 100)), from, to);
  return { place: (rate) => place(rate * 100), ticks: ticks.map(({ at, label }) => ({ at, label: `${label}%` })) };
}

/** Times, with their date where the axis is longer than a day. */
export function timeScale(first: number, last: number, from: number, to: number): Scale {
  const span = Math.max(last - first, 1);
  const place = (time: number) => from + ((time - first) / span) * (to - from);
  const step = TIME_STEPS.find((candidate) => span / candidate <= 6) ?? roundStep(span / 5 / DAY_MS) * DAY_MS;
  const ticks: Tick[] = [];
  for (let time = Math.ceil(first / step) * step; time <= last; time += step) {
    ticks.push({ at: place(time), label: timeLabel(time, span, step) });
  }
  return { place, ticks };
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const TIME_STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND_MS),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR_MS),
  ...[1, 2, 7, 14, 30, 90, 365].map((days) => days * DAY_MS),
];

function timeLabel(time: number, span: number, step: number): string {
  const [date = '', clock = ''] = new Date(time).toISOString().split('T');
  if (step >= DAY_MS) return date;
  if (step < MINUTE_MS) return clock.slice(0, 8);
  return span > DAY_MS ? `${date.slice(5)} ${clock.slice(0, 5)}` : clock.slice(0, 5);
}

/** 1, 2 or 5 times a power of ten, at least 1. */
function roundStep(about: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(about, 1)));
  return ([1, 2, 5, 10].find((digit) => digit * power >= about) ?? 10) * power;
}

export function shortCount(count: number): string {
  if (count >= 1e9) return `${trimmed(count / 1e9)}G`;
  if (count >= 1e6) return `${trimmed(count / 1e6)}M`;
  return count >= 1e4 ? `${trimmed(count / 1e3)}k` : String(count);
}

function trimmed(value: number): string {
  return value.toFixed(1).replace(/\.0$/, '');
}

/** What is shorter is a microsecond. */
const SHORTEST_MS = 0.001;

/** The next 1, 2 or 5 times a power of ten that is not more. */
function roundBelow(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value) + 1e-9);
  return ([5, 2, 1].find((digit) => digit * power <= value * 1.000001) ?? 1) * power;
}

/** The next 1, 2 or 5 times a power of ten that is not less. */
function roundAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value) + 1e-9);
  return ([1, 2, 5].find((digit) => digit * power >= value * 0.999999) ?? 10) * power;
}

/** `5 ms`, `10 s`: round numbers need no more digits. */
function tickLabel(ms: number): string {
  if (ms < 0.9999) return `${Math.round(ms * 1_000)} µs`;
  if (ms < 999.9) return `${Math.round(ms)} ms`;
  return ms < 999_999 ? `${Math.round(ms / 1_000)} s` : shownDuration(ms);
}
