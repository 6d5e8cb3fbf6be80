import { MAX_EVENT_TYPE_BYTES } from '../notification/event-type.js';

const ENTRY = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/;
/**
 * Which event types the operator has turned off: an entry matches the event type that equals it or continues it after a
 * dot (`image.member` → `image.member.create`, never `image_cache.x`). Exact case.
 */
export class DisabledFilter {
  readonly #entries: ReadonlySet<string>;
  /** Entries that can match nothing, because they are no event type or prefix of one. */
  readonly invalidEntries: readonly string[];

  /** `entries`: as written by the operator; spaces around them, empty ones and a trailing `.*` are ignored. */
  constructor(entries: Iterable<string>) {
    const valid = new Set<string>();
    const invalid: string[] = [];
    for (const written of entries) {
      const entry = written.trim().replace(/\.\*$/, '');
      if (entry === '') continue;
      if (ENTRY.test(entry) && entry.length <= MAX_EVENT_TYPE_BYTES) valid.add(entry);
      else invalid.push(written.trim());
    }
    this.#entries = valid;
    this.invalidEntries = invalid;
  }

  isDisabled(eventType: string): boolean {
    return this.entryOf(eventType) !== undefined;
  }

  /** The entry that turns an event type off. */
  entryOf(eventType: string): string | undefined {
    if (this.#entries.size === 0) return undefined;
    if (this.#entries.has(eventType)) return eventType;
    for (let dot = eventType.indexOf('.'); dot !== -1; dot = eventType.indexOf('.', dot + 1)) {
      const beginning = eventType.slice(0, dot);
      if (this.#entries.has(beginning)) return beginning;
    }
    return undefined;
  }
}
