/** What one user or project did. */
export interface UsageRow {
  readonly id: string;
  readonly count: number;
  readonly errors: number;
  /** Its most frequent event types. */
  readonly events: readonly { readonly eventType: string; readonly count: number }[];
}

interface Counts {
  count: number;
  errors: number;
  readonly events: Map<string, number>;
}

/** So many users, or projects, are counted one by one; the rest only together. */
const MOST_IDS = 20_000;
/** So many event types of each. */
const MOST_EVENTS = 64;

/** Counts events by who caused them. */
export class Usage {
  readonly #counts = new Map<string, Counts>();
  #others = 0;
  /** Who came last often comes again. */
  #lastId: string | undefined;
  #last: Counts | undefined;

  /** Events of those that came when so many others were known that they could not be counted one by one. */
  get others(): number {
    return this.#others;
  }

  add(id: string, eventType: string, isError: boolean): void {
    let counts = id === this.#lastId ? this.#last : this.#counts.get(id);
    if (counts === undefined) {
      if (this.#counts.size >= MOST_IDS) {
        this.#others += 1;
        return;
      }
      counts = { count: 0, errors: 0, events: new Map() };
      this.#counts.set(id, counts);
    }
    this.#lastId = id;
    this.#last = counts;
    counts.count += 1;
    if (isError) counts.errors += 1;
    const known = counts.events.get(eventType);
    if (known !== undefined || counts.events.size < MOST_EVENTS) counts.events.set(eventType, (known ?? 0) + 1);
  }

  /** The busiest first. */
  top(most: number): UsageRow[] {
    return [...this.#counts]
      .sort(([a, left], [b, right]) => right.count - left.count || compare(a, b))
      .slice(0, most)
      .map(([id, { count, errors, events }]) => ({
        id,
        count,
        errors,
        events: [...events]
          .sort(([a, left], [b, right]) => right - left || compare(a, b))
          .slice(0, 3)
          .map(([eventType, times]) => ({ eventType, count: times })),
      }));
  }
}

/** In the order of the code points, whatever the locale. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
