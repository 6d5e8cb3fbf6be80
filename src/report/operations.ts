import { type DurationSummary, Durations } from './durations.js';
import type { EventRole } from './event-roles.js';
import { LONGEST_MS, type Observation } from './observation.js';
import { PairMatcher, type Unpaired } from './pair-matcher.js';

/** Operations of one name that ended, or those of one group. */
export interface EndedRow {
  /** One way or the other. */
  readonly ended: number;
  /** By an error. */
  readonly errors: number;
  /** From 0 to 1. */
  readonly errorRate: number;
  /** Undefined where no duration is known. */
  readonly durations: DurationSummary | undefined;
  /** Pairs that end before they begin, and did not measure themselves: clocks differ, or were set. */
  readonly skewed: number;
}

/** All operations of one name. */
export interface OperationRow extends EndedRow, Unpaired {
  readonly operation: string;
  readonly groups?: readonly (EndedRow & { readonly group: string })[];
}

/** An operation whose duration has become known. */
export interface Timed {
  /** What told its end. */
  readonly end: Observation;
  readonly durationMs: number;
}

/** How many more there may be. */
export interface Room {
  left: number;
}

/** Counts one name's operations: pairs, or single events that say how long they took. */
export class Operations {
  readonly operation: string;
  readonly #matcher = new PairMatcher();
  readonly #all = new EndedCounts();
  readonly #groups = new Map<string, EndedCounts>();
  readonly #room: Room;

  /** `room`: how many groups more may have a row, shared with the operations of other names. */
  constructor(operation: string, room: Room) {
    this.operation = operation;
    this.#room = room;
  }

  /** How many halves wait for the other one. */
  get waiting(): number {
    return this.#matcher.size;
  }

  add(
    observed: Observation,
    { part }: EventRole,
    groupOf: (observed: Observation) => string | undefined,
  ): Timed | undefined {
    if (part === 'start') {
      const pair = this.#matcher.start(observed);
      // An end that measured itself was counted when it came.
      return pair === undefined || pair.end.durationMs !== undefined
        ? undefined
        : this.#between(pair.end, pair.betweenMs, groupOf(pair.end));
    }
    const group = groupOf(observed);
    const isError = part === 'error' || observed.priority === 'ERROR' || observed.priority === 'CRITICAL';
    for (const counts of this.#countsOf(group)) counts.end(isError);
    const pair = part === 'single' ? undefined : this.#matcher.end(observed);
    if (observed.durationMs !== undefined) return this.#timed(observed, observed.durationMs, group);
    return pair && this.#between(observed, pair.betweenMs, group);
  }

  /** Forgets the oldest halves; see {@link PairMatcher.forget}. */
  forget(count: number): void {
    this.#matcher.forget(count);
  }

  /** `openBefore`: what began earlier, in milliseconds since 1970, is counted as `openOver`. Ends it. */
  row(openBefore: number): OperationRow {
    const groups = [...this.#groups].map(([group, counts]) => ({ group, ...counts.row() }));
    return {
      operation: this.operation,
      ...this.#all.row(),
      ...this.#matcher.unpaired(openBefore),
      ...(groups.length > 0 && { groups: groups.sort((a, b) => b.ended - a.ended) }),
    };
  }

  #between(end: Observation, betweenMs: number, group: string | undefined): Timed | undefined {
    if (betweenMs >= 0 && betweenMs < LONGEST_MS) return this.#timed(end, betweenMs, group);
    for (const counts of this.#countsOf(group)) counts.skewed += 1;
    return undefined;
  }

  #timed(end: Observation, durationMs: number, group: string | undefined): Timed {
    for (const counts of this.#countsOf(group)) counts.durations.add(durationMs);
    return { end, durationMs };
  }

  #countsOf(group: string | undefined): readonly EndedCounts[] {
    if (group === undefined) return [this.#all];
    let counts = this.#groups.get(group);
    if (counts === undefined) {
      this.#room.left -= 1;
      if (this.#room.left < 0) return [this.#all];
      counts = new EndedCounts();
      this.#groups.set(group, counts);
    }
    return [this.#all, counts];
  }
}

class EndedCounts {
  ended = 0;
  errors = 0;
  skewed = 0;
  readonly durations = new Durations();

  end(isError: boolean): void {
    this.ended += 1;
    if (isError) this.errors += 1;
  }

  row(): EndedRow {
    const { ended, errors, skewed, durations } = this;
    return { ended, errors, errorRate: ended === 0 ? 0 : errors / ended, durations: durations.summary(), skewed };
  }
}
