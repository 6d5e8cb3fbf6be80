import { backoffDelay } from '../notification/backoff.js';

/** The waits between attempts to connect: longer each time, also where a connection is lost as soon as it is there. */
export class ReconnectPace {
  readonly #bounds: { readonly minMs: number; readonly maxMs: number };
  #failures = 0;

  constructor(bounds: { readonly minMs: number; readonly maxMs: number }) {
    this.#bounds = bounds;
  }

  /** How long to wait now, in milliseconds. `wasUpMs`: how long the last connection lasted, 0 where there was none. */
  next(wasUpMs: number): number {
    // What lasts no longer than the longest wait would be opened again and again at the shortest.
    if (wasUpMs > this.#bounds.maxMs) this.#failures = 0;
    this.#failures += 1;
    return backoffDelay(this.#failures, this.#bounds);
  }
}
