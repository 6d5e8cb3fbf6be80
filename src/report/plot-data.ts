import type { Timed } from './operations.js';
import type { ReportPlots } from './report.js';
import { TimeSeries } from './time-series.js';
import { Timelines } from './timelines.js';

/** Durations over time are kept for so many operations, those that came first; a page shows fewer. */
const MOST_SERIES = 32;
const MOST_SHOWN = 8;

/** What plots are made of. */
export class PlotData {
  readonly #events = new TimeSeries();
  readonly #operations = new Map<string, TimeSeries>();
  readonly #timelines = new Timelines();

  event(time: number, isError: boolean): void {
    this.#events.add(time, isError);
  }

  timed(operation: string, timed: Timed): void {
    this.#timelines.add(operation, timed);
    let series = this.#operations.get(operation);
    if (series === undefined) {
      if (this.#operations.size >= MOST_SERIES) return;
      series = new TimeSeries();
      this.#operations.set(operation, series);
    }
    const { priority, time } = timed.end;
    series.add(time, priority === 'ERROR' || priority === 'CRITICAL', timed.durationMs);
  }

  /** `inOrder`: the names of operations, the most important first. */
  result(inOrder: readonly string[]): ReportPlots {
    return {
      events: this.#events.result(),
      operations: inOrder
        .filter((operation) => this.#operations.has(operation))
        .slice(0, MOST_SHOWN)
        .map((operation) => ({ operation, series: (this.#operations.get(operation) as TimeSeries).result() })),
      timelines: this.#timelines.result(),
    };
  }
}
