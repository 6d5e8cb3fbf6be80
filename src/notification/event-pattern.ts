import { list, shown } from './configuration.js';
import { ConfigurationError } from './errors.js';

const PATTERN = /^[A-Za-z0-9_.*?-]{1,255}$/;
const RULE =
  'event types, * for any run of characters and ? for one (image.*), each with ! in front where it is taken out (!image.send)';

/**
 * Which event types are meant, as routes, listeners and forwarders write it. `*` stands for any run of characters, dots
 * included, and `?` for one: `image.*` matches `image.create` and `image.member.create`, not `image`. Exact case.
 * `!image.send` takes out what the others let in, whatever the order; where there are only such, all the rest is meant.
 */
export class EventPatterns {
  readonly #included: readonly string[];
  readonly #excluded: readonly string[];

  private constructor(included: readonly string[], excluded: readonly string[]) {
    this.#included = included;
    this.#excluded = excluded;
  }

  /**
   * Reads an array of patterns, or text with commas between them. `setting` is blamed in the ConfigurationError: for an
   * empty list, for what can be no event type, and for an exclusion that none of the inclusions ever lets in, which is
   * a mistake of the one or the other (`image.create, !image.send`).
   */
  static parse(written: unknown, setting: string): EventPatterns {
    const entries = list()(written, setting);
    if (entries.length === 0) throw new ConfigurationError(setting, `is empty; it takes ${RULE}`);
    const included: string[] = [];
    const excluded: string[] = [];
    for (const entry of entries) {
      const pattern = entry.replace(/^!\s*/, '');
      if (!PATTERN.test(pattern)) throw new ConfigurationError(setting, `has ${shown(entry)}; it takes ${RULE}`);
      (entry.startsWith('!') ? excluded : included).push(pattern);
    }
    for (const pattern of excluded) {
      if (included.length > 0 && !included.some((other) => overlap(pattern, other))) {
        throw new ConfigurationError(
          setting,
          `takes ${shown(`!${pattern}`)} out of what never has it (${included.join(', ')}); it takes either patterns that hold what is taken out, or exclusions only, for all the rest`,
        );
      }
    }
    return new EventPatterns(included, excluded);
  }

  matches(eventType: string): boolean {
    if (this.#excluded.some((pattern) => matchesEventPattern(pattern, eventType))) return false;
    return this.#included.length === 0 || this.#included.some((pattern) => matchesEventPattern(pattern, eventType));
  }
}

/** True where one pattern, without `!`, matches the whole text. Takes at most pattern × text steps, whatever they are. */
export function matchesEventPattern(pattern: string, text: string): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  let position = 0;
  while (position < text.length) {
    if (pattern[at] === '*') {
      star = at;
      at += 1;
      resume = position;
    } else if (pattern[at] === '?' || pattern[at] === text[position]) {
      at += 1;
      position += 1;
    } else if (star !== -1) {
      // The last star takes one character more, and the rest is tried again.
      resume += 1;
      position = resume;
      at = star + 1;
    } else {
      return false;
    }
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}

/** True where some text is matched by both patterns. */
function overlap(first: string, second: string): boolean {
  const known = new Map<number, boolean>();
  const from = (i: number, j: number): boolean => {
    const place = i * (second.length + 1) + j;
    const answer = known.get(place) ?? look(i, j);
    known.set(place, answer);
    return answer;
  };
  const look = (i: number, j: number): boolean => {
    const a = first[i];
    const b = second[j];
    if (a === undefined && b === undefined) return true;
    if (a === '*') return from(i + 1, j) || (b !== undefined && from(i, j + 1));
    if (b === '*') return from(i, j + 1) || (a !== undefined && from(i + 1, j));
    if (a === undefined || b === undefined) return false;
    return (a === '?' || b === '?' || a === b) && from(i + 1, j + 1);
  };
  return from(0, 0);
}
