/** Date.now() ticks in milliseconds: what differs less is the same, so that what came later is never told as earlier. */
const TICK_MS = 2;

const MAX_ATTEMPTS = 5;

/** Wall time less monotonic time, in milliseconds, as last compared. */
let known = performance.timeOrigin;

/**
 * Tells the wall time of what happened in one turn of the event loop from the monotonic time of it: reading one clock
 * more on the caller's stack would cost as much as a tenth of telling. The two are compared as soon as the turn is
 * over, so that only a clock which is set, or a machine that sleeps, within that very turn makes a difference.
 */
export class TurnClock {
  #offset: number | undefined = undefined;

  /** Milliseconds since 1970 at this moment of the monotonic clock. */
  wallTime(monotonic: number): number {
    this.compare();
    return monotonic + (this.#offset as number);
  }

  compare(): void {
    if (this.#offset !== undefined) return;
    const found = readOffset();
    if (Math.abs(found - known) > TICK_MS) known = found;
    this.#offset = known;
  }
}

/** On a busy machine much may happen between two readings; then they are no pair. */
function readOffset(): number {
  let best = { offset: known, took: Number.POSITIVE_INFINITY };
  for (let attempt = 0; attempt < MAX_ATTEMPTS && best.took > TICK_MS / 2; attempt += 1) {
    const before = performance.now();
    const wall = Date.now();
    const took = performance.now() - before;
    if (took < best.took) best = { offset: wall - before, took };
  }
  return best.offset;
}

let current: TurnClock | undefined;

/** The clock of the turn that runs now. */
export function turnClock(): TurnClock {
  current ??= new TurnClock();
  return current;
}

/** Called by the background when the turn in which something was told is over. */
export function endTurn(): void {
  current?.compare();
  current = undefined;
}
