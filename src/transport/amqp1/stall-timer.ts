/** Calls when something is pending and nothing has moved for a while. Keeps no process alive. */
export class StallTimer {
  readonly #afterMs: number;
  readonly #stalled: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(afterMs: number, stalled: () => void) {
    this.#afterMs = afterMs;
    this.#stalled = stalled;
  }

  /** Something moved: the wait begins anew where something is pending, else it ends. */
  moved(isPending: boolean): void {
    if (!isPending) this.stop();
    else if (this.#timer === undefined) this.#start();
    else this.#timer.refresh();
  }

  /** Something came to be pending; a wait that has begun goes on. */
  pending(): void {
    if (this.#timer === undefined) this.#start();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #start(): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#stalled();
    }, this.#afterMs).unref();
  }
}
