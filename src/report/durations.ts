import { LogCollapsingLowestDenseDDSketch } from '@datadog/sketches-js';

/** Times of operations in milliseconds. */
export interface DurationSummary {
  readonly count: number;
  readonly minMs: number;
  readonly medianMs: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** How far a quantile may be off, as a part of itself. */
export const ACCURACY = 0.01;
/** With that accuracy, this many bins reach from a microsecond to a week; what is below is put together. */
const BINS = 2_048;

/**
 * Counts durations in a DDSketch: quantiles within 1 % of themselves, in memory that does not grow with their number.
 * Minimum and maximum are exact.
 */
export class Durations {
  readonly #sketch = new LogCollapsingLowestDenseDDSketch({ relativeAccuracy: ACCURACY, binLimit: BINS });

  get count(): number {
    return this.#sketch.count;
  }

  /** From 0 to ten years; to the microsecond. */
  add(durationMs: number): void {
    this.#sketch.accept(durationMs < 0.0005 ? 0 : durationMs);
  }

  merge(other: Durations): void {
    if (other.count > 0) this.#sketch.merge(other.#sketch);
  }

  /** Undefined where there are none. */
  summary(): DurationSummary | undefined {
    const { count, min, max } = this.#sketch;
    if (count === 0) return undefined;
    const quantile = (q: number) => rounded(Math.min(max, Math.max(min, this.#sketch.getValueAtQuantile(q))));
    return {
      count,
      minMs: rounded(min),
      medianMs: quantile(0.5),
      p95Ms: quantile(0.95),
      p99Ms: quantile(0.99),
      maxMs: rounded(max),
    };
  }
}

/** To the microsecond. */
export function rounded(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
