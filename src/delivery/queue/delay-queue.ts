import type { Entry } from '../entry.js';

/** Due entries are collected for at least this long, so that ten thousand of them are not ten thousand wake-ups. */
const RESOLUTION_MS = 20;

/** Entries that wait for their next attempt. One timer for all, never keeping a finished process alive. */
export class DelayQueue {
  #entries: Entry[] = [];
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  /** The timer has gone off, and nobody has taken what was due then. */
  #isDue = false;
  readonly #onDue: () => void;

  /** `onDue` is called when at least one entry is due. */
  constructor(onDue: () => void) {
    this.#onDue = onDue;
  }

  get length(): number {
    return this.#entries.length;
  }

  [Symbol.iterator](): Iterator<Entry> {
    return this.#entries[Symbol.iterator]();
  }

  add(entry: Entry): void {
    this.#entries.push(entry);
    this.#wakeAt(entry.notBefore);
  }

  /** Removes and returns what is due at `now`; nothing while it is still being collected. */
  takeDue(now: number): Entry[] {
    return this.#isDue ? this.#take(now) : [];
  }

  #take(now: number): Entry[] {
    this.#isDue = false;
    if (this.#entries.length === 0) return [];
    const due: Entry[] = [];
    const later: Entry[] = [];
    let earliest = Number.POSITIVE_INFINITY;
    for (const entry of this.#entries) {
      (entry.notBefore <= now ? due : later).push(entry);
      if (entry.notBefore > now) earliest = Math.min(earliest, entry.notBefore);
    }
    this.#entries = later;
    if (due.length > 0) {
      clearTimeout(this.#timer);
      this.#timerAt = Number.POSITIVE_INFINITY;
    }
    this.#wakeAt(earliest);
    return due;
  }

  /** Removes and returns what only waits for its backoff; what the other end asked to wait for is due then, not before. */
  hurry(now: number): Entry[] {
    for (const entry of this.#entries) entry.notBefore = Math.min(entry.notBefore, entry.heldUntil);
    return this.#take(now);
  }

  /** Removes and returns those that are `gone`, whether due or not. */
  takeIf(gone: (entry: Entry) => boolean): Entry[] {
    const taken: Entry[] = [];
    const kept: Entry[] = [];
    for (const entry of this.#entries) (gone(entry) ? taken : kept).push(entry);
    this.#entries = kept;
    return taken;
  }

  /** Removes and returns everything. */
  takeAll(): Entry[] {
    return this.#take(Number.POSITIVE_INFINITY);
  }

  #wakeAt(moment: number): void {
    if (moment >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = moment;
    this.#timer = setTimeout(
      () => {
        this.#timerAt = Number.POSITIVE_INFINITY;
        this.#isDue = true;
        this.#onDue();
      },
      Math.max(RESOLUTION_MS, moment - performance.now()),
    );
    this.#timer.unref();
  }
}
