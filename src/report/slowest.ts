import { rounded } from './durations.js';
import type { Timed } from './operations.js';

/** One of the operations that took longest. */
export interface SlowOperation {
  readonly operation: string;
  readonly durationMs: number;
  readonly isError: boolean;
  /** When it ended: ISO 8601, UTC. */
  readonly endedAt: string;
  readonly publisherId: string;
  readonly operationId?: string;
  readonly requestId?: string;
  readonly userId?: string;
  readonly projectId?: string;
}

/** Keeps the slowest operations, the slowest first. */
export class Slowest {
  readonly #most: number;
  readonly #kept: { readonly operation: string; readonly timed: Timed }[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  /** True when it is among the slowest so far. */
  add(operation: string, timed: Timed): boolean {
    const kept = this.#kept;
    const last = kept.at(-1);
    if (kept.length === this.#most && (last === undefined || timed.durationMs <= last.timed.durationMs)) return false;
    let place = kept.length;
    while (place > 0 && (kept[place - 1]?.timed.durationMs ?? 0) < timed.durationMs) place -= 1;
    // Its payload would stay in memory with it.
    const { end, durationMs } = timed;
    kept.splice(place, 0, { operation, timed: { end: { ...end, payload: undefined }, durationMs } });
    if (kept.length > this.#most) kept.pop();
    return true;
  }

  rows(): SlowOperation[] {
    return this.#kept.map(({ operation, timed: { end, durationMs } }) => {
      const { operationId, requestId, userId, projectId } = end;
      return {
        operation,
        durationMs: rounded(durationMs),
        isError: end.priority === 'ERROR' || end.priority === 'CRITICAL',
        endedAt: isoTime(end.time),
        publisherId: end.publisherId,
        ...(operationId !== undefined && { operationId }),
        ...(requestId !== undefined && { requestId }),
        ...(userId !== undefined && { userId }),
        ...(projectId !== undefined && { projectId }),
      };
    });
  }
}

/** ISO 8601 with milliseconds. */
export function isoTime(time: number): string {
  return new Date(time).toISOString();
}
