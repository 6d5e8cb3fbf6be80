import type { Accepted, Entry } from './entry.js';

/** Gone elements are cut off when there are this many of them: shifting an array one by one would move all the rest. */
const COMPACT_AT = 1_024;

/** A first-in, first-out queue of entries that can take some back at its head. */
export class EntryQueue {
  #entries: (Entry | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#entries.length - this.#head;
  }

  push(entry: Entry): void {
    this.#entries.push(entry);
  }

  shift(): Entry | undefined {
    if (this.#head === this.#entries.length) return undefined;
    const entry = this.#entries[this.#head];
    this.#entries[this.#head] = undefined;
    this.#head += 1;
    if (this.#head === this.#entries.length) {
      this.#entries = [];
      this.#head = 0;
    } else if (this.#head >= COMPACT_AT && this.#head * 2 >= this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
    return entry;
  }

  /** Takes out the entry of one notification; undefined when it is not queued. Looks at the latest entries first. */
  remove(accepted: Accepted): Entry | undefined {
    for (let index = this.#entries.length - 1; index >= this.#head; index -= 1) {
      if (this.#entries[index]?.accepted === accepted) return this.#entries.splice(index, 1)[0];
    }
    return undefined;
  }

  *[Symbol.iterator](): Iterator<Entry> {
    for (let index = this.#head; index < this.#entries.length; index += 1) yield this.#entries[index] as Entry;
  }

  /** Puts entries back before all others, in their order of acceptance. */
  putBack(entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    const inOrder = [...entries].sort((a, b) => a.sequence - b.sequence);
    this.#entries = inOrder.concat(this.#entries.slice(this.#head) as Entry[]);
    this.#head = 0;
  }
}
