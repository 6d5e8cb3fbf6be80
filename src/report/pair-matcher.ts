import { type Observation, resourceId } from './observation.js';

/** A half of an operation that waits for the other one, or halves that cannot be told apart. */
interface Waiting {
  /** When it began; undefined where only its end was seen. */
  start: number | undefined;
  /** The end, without its payload; undefined where only its beginning was seen. */
  end: Observation | undefined;
  /** How many starts and ends there are; more than one of either cannot be told apart. */
  starts: number;
  ends: number;
}

/** Both halves of an operation. */
export interface Pair {
  /** Without its payload. */
  readonly end: Observation;
  /** Between the two timestamps; negative where clocks differ, or one was set back in between. */
  readonly betweenMs: number;
}

/** What was left in the end, of one operation's name. */
export interface Unpaired {
  /** Beginnings without an end. */
  readonly open: number;
  /** Of these, how many began longer ago than asked for. */
  readonly openOver: number;
  /** Ends without a beginning. */
  readonly orphaned: number;
  /** Halves, beginnings and ends, of which nobody can know which belong together. */
  readonly ambiguous: number;
}

/**
 * Finds the two halves of each operation of one name, in whatever order they come. They belong together when they have
 * the same operation id; without one (OpenStack's own services) when publisher, request and resource are the same. Two
 * beginnings of the same key that both wait for an end cannot be told apart, and neither can what has neither request
 * nor resource: that is said, and no duration is made up.
 */
export class PairMatcher {
  readonly #waiting = new Map<string, Waiting>();
  #open = 0;
  #orphaned = 0;
  #ambiguous = 0;

  /** How many halves wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Undefined unless its end was seen before, and is its own without doubt. */
  start(observed: Observation): Pair | undefined {
    const key = this.#keyOf(observed);
    if (key === undefined) return undefined;
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) {
      this.#waiting.set(key, { start: observed.time, end: undefined, starts: 1, ends: 0 });
      return undefined;
    }
    waiting.starts += 1;
    waiting.start = observed.time;
    return this.#matched(key, waiting);
  }

  /** Undefined unless its beginning was seen before, and is its own without doubt. */
  end(observed: Observation): Pair | undefined {
    const key = this.#keyOf(observed);
    if (key === undefined) return undefined;
    const waiting = this.#waiting.get(key);
    const end = observed.payload === undefined ? observed : { ...observed, payload: undefined };
    if (waiting === undefined) {
      this.#waiting.set(key, { start: undefined, end, starts: 0, ends: 1 });
      return undefined;
    }
    waiting.ends += 1;
    waiting.end = end;
    return this.#matched(key, waiting);
  }

  /** Forgets the oldest halves; what they are now stays counted. */
  forget(count: number): void {
    let left = count;
    for (const [key, waiting] of this.#waiting) {
      if (left === 0) return;
      left -= 1;
      this.#waiting.delete(key);
      this.#count(waiting);
    }
  }

  /** What is left. `before`: what began earlier than that, in milliseconds since 1970, is counted apart. Ends it. */
  unpaired(before: number): Unpaired {
    let openOver = 0;
    for (const { start, starts, ends } of this.#waiting.values()) {
      if (starts === 1 && ends === 0 && start !== undefined && start < before) openOver += 1;
    }
    this.forget(this.#waiting.size);
    return { open: this.#open, openOver, orphaned: this.#orphaned, ambiguous: this.#ambiguous };
  }

  #matched(key: string, waiting: Waiting): Pair | undefined {
    const { start = 0, end, starts, ends } = waiting;
    if (starts !== ends || end === undefined) return undefined;
    this.#waiting.delete(key);
    if (starts === 1) return { end, betweenMs: end.time - start };
    this.#count(waiting);
    return undefined;
  }

  #count({ starts, ends }: Waiting): void {
    if (starts + ends > 1) this.#ambiguous += starts + ends;
    else if (starts === 1) this.#open += 1;
    else this.#orphaned += 1;
  }

  #keyOf(observed: Observation): string | undefined {
    const key = keyOf(observed);
    if (key === undefined) this.#ambiguous += 1;
    return key;
  }
}

/** Undefined where nothing tells operations of one publisher apart. */
function keyOf({ operationId, publisherId, requestId, payload }: Observation): string | undefined {
  if (operationId !== undefined) return operationId;
  const resource = resourceId(payload);
  if (requestId === undefined && resource === undefined) return undefined;
  // No id has a line's end in it that JSON had not escaped; an operation id has no such form.
  return `\n${JSON.stringify([publisherId, requestId ?? null, resource ?? null])}`;
}
