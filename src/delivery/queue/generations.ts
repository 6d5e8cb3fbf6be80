/** What was accepted between two flushes, and how much of it is still pending. */
export class Generation {
  pending = 0;
}

/**
 * Lets `flush()` wait for what was accepted before it was called, and for nothing later: under a steady load a queue is
 * never empty.
 */
export class Generations {
  #current = new Generation();
  readonly #earlier = new Set<Generation>();
  readonly #waiters = new Set<{ readonly generations: Set<Generation>; readonly resolve: () => void }>();

  /** Counts one more pending notification and returns the generation to {@link leave} with. */
  enter(): Generation {
    this.#current.pending += 1;
    return this.#current;
  }

  leave(generation: Generation): void {
    generation.pending -= 1;
    if (generation.pending > 0 || generation === this.#current) return;
    this.#earlier.delete(generation);
    for (const waiter of this.#waiters) {
      waiter.generations.delete(generation);
      if (waiter.generations.size > 0) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }

  /** Resolves when everything that is pending now has left. */
  drained(): Promise<void> {
    if (this.#current.pending > 0) {
      this.#earlier.add(this.#current);
      this.#current = new Generation();
    }
    if (this.#earlier.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.add({ generations: new Set(this.#earlier), resolve }));
  }
}
