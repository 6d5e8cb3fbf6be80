/** Work in progress that nobody waits for, until the service ends. */
export class Running {
  readonly #work = new Set<Promise<unknown>>();

  /** However the work ends is its own affair. */
  add(work: Promise<unknown>): void {
    const settled = work.catch(() => undefined).finally(() => this.#work.delete(settled));
    this.#work.add(settled);
  }

  /** Resolves when nothing is in progress any more. */
  async settled(): Promise<void> {
    while (this.#work.size > 0) await Promise.all(this.#work);
  }
}
