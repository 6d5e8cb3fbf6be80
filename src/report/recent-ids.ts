/**
 * Which message ids were seen lately, in memory that does not grow: two tables of 64 bits for each id, of which the older
 * one is emptied when the younger is half full. So at least the last `capacity` ids are known, and at most twice as many.
 * That two ids have the same 64 bits, and one of them is taken for a duplicate, is one chance in millions for a report of
 * millions.
 */
export class RecentIds {
  readonly #capacity: number;
  readonly #mask: number;
  #young: Uint32Array;
  #old: Uint32Array;
  #count = 0;

  /** `capacity`: a power of two. */
  constructor(capacity = 2 ** 20) {
    this.#capacity = capacity;
    this.#mask = capacity * 2 - 1;
    this.#young = new Uint32Array(capacity * 4);
    this.#old = new Uint32Array(capacity * 4);
  }

  /** True when it was seen before; from now on it was. */
  seen(id: string): boolean {
    let [high, low] = [0x811c9dc5, 0x9e3779b9];
    for (let index = 0; index < id.length; index += 1) {
      const code = id.charCodeAt(index);
      high = Math.imul(high ^ code, 0x01000193);
      low = Math.imul(low ^ code, 0x85ebca6b) ^ (low >>> 13);
    }
    high = Math.imul(high ^ (high >>> 16), 0x7feb352d);
    high ^= high >>> 15;
    // Nothing is stored as zero, which is an empty place.
    const [first, second] = [high >>> 0, (low | 1) >>> 0];
    const place = this.#find(this.#young, first, second);
    if (this.#young[place + 1] === second) return true;
    const old = this.#find(this.#old, first, second);
    const isOld = this.#old[old + 1] === second;
    this.#young[place] = first;
    this.#young[place + 1] = second;
    this.#count += 1;
    if (this.#count >= this.#capacity) {
      [this.#young, this.#old] = [this.#old.fill(0), this.#young];
      this.#count = 0;
    }
    return isOld;
  }

  /** Where it is, or the empty place where it would be. */
  #find(table: Uint32Array, first: number, second: number): number {
    let place = (first & this.#mask) * 2;
    while (table[place + 1] !== 0 && !(table[place] === first && table[place + 1] === second)) {
      place = (place + 2) & (this.#mask * 2 + 1);
    }
    return place;
  }
}
