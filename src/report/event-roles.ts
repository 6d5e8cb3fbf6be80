import { shown } from '../notification/configuration.js';
import { ConfigurationError } from '../notification/errors.js';
import { isEventType } from '../notification/event-type.js';

/** The part that an event type has in an operation. `single` begins and ends nothing. */
export interface EventRole {
  readonly part: 'start' | 'end' | 'error' | 'single';
  /** The operation's name: `task.run` for `task.run.start`; for a pair of two types that of its end. */
  readonly operation: string;
}

const PHASE = /^(.+)\.(start|end|error)$/;
/** Pairs whose types do not say so. Glance's upload begins with its own event type. */
const KNOWN_PAIRS: readonly string[] = ['image.prepare=image.upload'];

/** Knows what each event type begins or ends. */
export class EventRoles {
  readonly #pairs = new Map<string, EventRole>();

  /** `pairs`: `image.prepare=image.upload`, beside those that are known. @throws ConfigurationError */
  constructor(pairs: readonly string[], setting: string) {
    for (const pair of [...KNOWN_PAIRS, ...pairs]) {
      const [start, end, ...more] = pair.split('=');
      if (!isEventType(start) || !isEventType(end) || more.length > 0 || start === end) {
        throw new ConfigurationError(
          setting,
          `is ${shown(pair)}; it takes two event types, for instance image.prepare=image.upload`,
        );
      }
      this.#pairs.set(start, { part: 'start', operation: end });
      this.#pairs.set(end, { part: 'end', operation: end });
    }
  }

  of(eventType: string): EventRole {
    const known = this.#pairs.get(eventType);
    if (known !== undefined) return known;
    const [, operation, part] = PHASE.exec(eventType) ?? [];
    if (operation === undefined) return { part: 'single', operation: eventType };
    return { part: part as 'start' | 'end' | 'error', operation };
  }
}
