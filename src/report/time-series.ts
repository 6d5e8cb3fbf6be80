import { type DurationSummary, Durations } from './durations.js';

/** What happened in one piece of time. */
export interface SeriesPoint {
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly count: number;
  readonly errors: number;
  readonly durations: DurationSummary | undefined;
}

export interface Series {
  /** How long each piece of time is. */
  readonly widthMs: number;
  /** In the order of time; pieces in which nothing happened are left out. */
  readonly points: readonly SeriesPoint[];
}

interface Bucket {
  count: number;
  errors: number;
  durations: Durations | undefined;
}

const FIRST_WIDTH_MS = 1_000;
const MOST_BUCKETS = 128;

/**
 * Counts over time in at most 128 pieces, whatever the time is that they cover: when there would be more, two become
 * one. Events may come in any order.
 */
export class TimeSeries {
  #widthMs = FIRST_WIDTH_MS;
  #buckets = new Map<number, Bucket>();
  #first = Number.POSITIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;

  add(time: number, isError: boolean, durationMs?: number): void {
    let index = Math.floor(time / this.#widthMs);
    if (index < this.#first || index > this.#last) {
      this.#first = Math.min(this.#first, index);
      this.#last = Math.max(this.#last, index);
      while (this.#last - this.#first >= MOST_BUCKETS) this.#coarsen();
      index = Math.floor(time / this.#widthMs);
    }
    const bucket = this.#bucket(index);
    bucket.count += 1;
    if (isError) bucket.errors += 1;
    if (durationMs !== undefined) {
      bucket.durations ??= new Durations();
      bucket.durations.add(durationMs);
    }
  }

  result(): Series {
    const points = [...this.#buckets]
      .sort(([a], [b]) => a - b)
      .map(([index, { count, errors, durations }]) => ({
        from: index * this.#widthMs,
        count,
        errors,
        durations: durations?.summary(),
      }));
    return { widthMs: this.#widthMs, points };
  }

  #coarsen(): void {
    const finer = this.#buckets;
    this.#widthMs *= 2;
    this.#buckets = new Map();
    for (const [index, { count, errors, durations }] of finer) {
      const bucket = this.#bucket(Math.floor(index / 2));
      bucket.count += count;
      bucket.errors += errors;
      if (bucket.durations === undefined) bucket.durations = durations;
      else if (durations !== undefined) bucket.durations.merge(durations);
    }
    this.#first = Math.floor(this.#first / 2);
    this.#last = Math.floor(this.#last / 2);
  }

  #bucket(index: number): Bucket {
    let bucket = this.#buckets.get(index);
    if (bucket === undefined) {
      bucket = { count: 0, errors: 0, durations: undefined };
      this.#buckets.set(index, bucket);
    }
    return bucket;
  }
}
