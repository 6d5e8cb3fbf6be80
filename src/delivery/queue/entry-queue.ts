import type { Accepted, Entry } from '../entry.js';

/** Gone elements are cut off when there are this many of them: shifting an array one by one would move all the rest. */
const COMPACT_AT = 1_024;

/** A first-in, first-out queue of entries that can take some back at its head. */
export class EntryQueue {
  #entries: (Entry | undefined)[] = [];
  #head = 0;
  /** Where the next one goes; what the array holds from here on is kept for it. */
  #end = 0;

  get length(): number {
    return this.#end - this.#head;
  }

  push(entry: Entry): void {
    this.#entries[this.#end] = entry;
    this.#end += 1;
  }

  shift(): Entry | undefined {
    if (this.#head === this.#end) return undefined;
    const entry = this.#entries[this.#head];
    this.#entries[this.#head] = undefined;
    this.#head += 1;
    if (this.#head === this.#end) {
      // An array that holds a few is kept: a new one would have to grow again, on the stack of whoever tells next.
      if (this.#entries.length > COMPACT_AT) this.#entries = [];
      this.#head = 0;
      this.#end = 0;
    } else if (this.#head >= COMPACT_AT && this.#head * 2 >= this.#end) this.#replace(this.#all());
    return entry;
  }

  /** Takes out the entry of one notification; undefined when it is not queued. Looks at the latest entries first. */
  remove(accepted: Accepted): Entry | undefined {
    for (let index = this.#end - 1; index >= this.#head; index -= 1) {
      if (this.#entries[index]?.accepted !== accepted) continue;
      this.#end -= 1;
      return this.#entries.splice(index, 1)[0];
    }
    return undefined;
  }

  *[Symbol.iterator](): Iterator<Entry> {
    for (let index = this.#head; index < this.#end; index += 1) yield this.#entries[index] as Entry;
  }

  /** Puts entries back before all others, in their order of acceptance. */
  putBack(entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    this.#replace([...entries].sort((a, b) => a.sequence - b.sequence).concat(this.#all()));
  }

  #all(): Entry[] {
    return this.#entries.slice(this.#head, this.#end) as Entry[];
  }

  #replace(entries: Entry[]): void {
    this.#entries = entries;
    this.#head = 0;
    this.#end = entries.length;
  }
}
