import { createHash } from 'node:crypto';

/** Of a longer id, which any sender may make up, only a hash is kept: so many ids take so much memory, and no more. */
const LONGEST_ID = 128;

/** The latest ids, at most so many. */
export class SeenIds {
  readonly #capacity: number;
  readonly #ids = new Set<string>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  has(id: string): boolean {
    return this.#ids.has(bounded(id));
  }

  add(id: string): void {
    if (this.#capacity === 0) return;
    this.#ids.add(bounded(id));
    if (this.#ids.size <= this.#capacity) return;
    // A set keeps the order in which it was filled.
    for (const oldest of this.#ids) {
      this.#ids.delete(oldest);
      break;
    }
  }
}

function bounded(id: string): string {
  return id.length <= LONGEST_ID ? id : createHash('sha256').update(id).digest('base64');
}
