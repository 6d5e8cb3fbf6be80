/** The latest ids, at most so many. */
export class SeenIds {
  readonly #capacity: number;
  readonly #ids = new Set<string>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  add(id: string): void {
    if (this.#capacity === 0) return;
    this.#ids.add(id);
    if (this.#ids.size <= this.#capacity) return;
    // A set keeps the order in which it was filled.
    for (const oldest of this.#ids) {
      this.#ids.delete(oldest);
      break;
    }
  }
}
