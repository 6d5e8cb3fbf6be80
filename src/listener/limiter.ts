/** What work is given up with that was not begun when the listener stopped. */
export const GIVEN_BACK: unique symbol = Symbol('given back');

interface Waiting {
  readonly begin: () => void;
  readonly giveBack: () => void;
}

/** Runs so much work at once, the rest in the order that it came. */
export class Limiter {
  readonly #limit: number;
  // A ring would be quicker than shifting, but what waits here is bounded by the prefetch.
  #waiting: Waiting[] = [];
  #head = 0;
  #running = 0;
  #isStopped = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get running(): number {
    return this.#running;
  }

  /** Begins at once where there is room. Rejects as the work does, or with {@link GIVEN_BACK}. */
  run<T>(work: () => T | PromiseLike<T>): Promise<T> {
    if (this.#isStopped) return Promise.reject(GIVEN_BACK);
    if (this.#running < this.#limit) return this.#begin(work);
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        begin: () => resolve(this.#begin(work)),
        giveBack: () => reject(GIVEN_BACK),
      });
    });
  }

  /** Gives back what is not begun, now and from now on. */
  stop(): void {
    this.#isStopped = true;
    const waiting = this.#waiting.slice(this.#head);
    this.#waiting = [];
    this.#head = 0;
    for (const { giveBack } of waiting) giveBack();
  }

  async #begin<T>(work: () => T | PromiseLike<T>): Promise<T> {
    this.#running += 1;
    try {
      return await work();
    } finally {
      this.#running -= 1;
      this.#next();
    }
  }

  #next(): void {
    const next = this.#waiting[this.#head];
    if (next === undefined || this.#running >= this.#limit) return;
    this.#head += 1;
    if (this.#head === this.#waiting.length) {
      this.#waiting = [];
      this.#head = 0;
    } else if (this.#head > 1_000) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    next.begin();
  }
}
