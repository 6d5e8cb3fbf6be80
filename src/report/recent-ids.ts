/** Ids in one bucket: of 64 bits each, they fill one line of a processor's cache. */
const WAYS = 8;
const UUID_LENGTH = 36;
const HYPHEN = 45;

/**
 * Which message ids were seen lately, in memory that does not grow: 64 bits of each, in buckets of eight, each of which
 * forgets its oldest. That two ids have the same 64 bits, and one of them is taken for a duplicate, is one chance in
 * millions for a report of millions.
 */
export class RecentIds {
  readonly #mask: number;
  readonly #ids: Uint32Array;
  /** Where the next one goes in each bucket. */
  readonly #next: Uint8Array;

  /** `capacity`: about so many are known; a power of two. A duplicate mostly comes soon after the first. */
  constructor(capacity = 2 ** 19) {
    const buckets = capacity / WAYS;
    this.#mask = buckets - 1;
    this.#ids = new Uint32Array(capacity * 2);
    this.#next = new Uint8Array(buckets);
  }

  /** True when it was seen before; from now on it was. */
  seen(id: string): boolean {
    let high = 0x811c9dc5;
    let low = 0x9e3779b9;
    const { length } = id;
    const isUuid = length === UUID_LENGTH && id.charCodeAt(8) === HYPHEN;
    // Two characters at a time: this is what a report does most, beside parsing.
    for (let index = 0; index < length; index += 2) {
      // Of a UUID's middle, most of which says what version it is, nothing is needed to tell it from others.
      if (isUuid && index === 14) index = 24;
      const next = index + 1 < length ? id.charCodeAt(index + 1) : length;
      const code = id.charCodeAt(index) | (next << 16);
      high = Math.imul(high ^ code, 0x01000193);
      high ^= high >>> 15;
      low = Math.imul(low + code, 0x85ebca6b);
      low ^= low >>> 13;
    }
    high = Math.imul(high ^ (high >>> 16), 0x7feb352d);
    high ^= high >>> 15;
    // An empty place is zero, which no id is.
    const [first, second] = [high >>> 0, (low | 1) >>> 0];
    const ids = this.#ids;
    const bucket = first & this.#mask;
    const from = bucket * WAYS * 2;
    for (let place = from; place < from + WAYS * 2; place += 2) {
      if (ids[place] === first && ids[place + 1] === second) return true;
    }
    const way = this.#next[bucket] as number;
    ids[from + way * 2] = first;
    ids[from + way * 2 + 1] = second;
    this.#next[bucket] = (way + 1) % WAYS;
    return false;
  }
}
