import type { Recipients } from '../delivery/recipients.js';
import type { Priority } from '../notification/priority.js';
import { PRIORITIES } from '../notification/priority.js';

/** Notifications of one kind, and the drivers that they go to. */
export interface Route {
  /** Names of drivers. */
  readonly drivers: readonly string[];
  takes(eventType: string, priority: Priority): boolean;
}

export interface RouterOptions {
  readonly routes: readonly Route[];
  /** Take what no route took. Names of drivers, as the next. */
  readonly otherwise: readonly string[];
  /** Take everything, whatever the routes say. */
  readonly always: readonly string[];
  /** The drivers of these names; the same object for the same set is not needed. */
  readonly recipients: (names: ReadonlySet<string>) => Recipients;
}

/** Services have dozens of event types; one that makes them up as it goes must not fill the memory. */
const MAX_REMEMBERED = 10_000;

type ByPriority = Partial<Record<Priority, Recipients>>;

/**
 * Which drivers a notification goes to: those of every route that takes it, else those of the default route. Decided
 * once for each event type and priority; after that it is one look-up.
 */
export class Router {
  readonly #options: RouterOptions;
  readonly #remembered = new Map<string, ByPriority>();
  /** Sets of drivers that are in use: there are few, however many event types there are. */
  readonly #sets = new Map<string, Recipients>();

  constructor(options: RouterOptions) {
    this.#options = options;
  }

  /** Empty when it goes to no driver that delivers. */
  recipients(eventType: string, priority: Priority): Recipients {
    return this.#remembered.get(eventType)?.[priority] ?? this.#find(eventType, priority);
  }

  /** True when notifications of this type go somewhere, at some priority. */
  takes(eventType: string): boolean {
    return PRIORITIES.some((priority) => this.recipients(eventType, priority).names.length > 0);
  }

  #find(eventType: string, priority: Priority): Recipients {
    const { routes, otherwise, always } = this.#options;
    const taking = routes.filter((route) => route.takes(eventType, priority));
    const routed = taking.length > 0 ? taking.flatMap(({ drivers }) => drivers) : otherwise;
    const recipients = this.#setOf(new Set([...routed, ...always]));
    let byPriority = this.#remembered.get(eventType);
    if (byPriority === undefined) {
      if (this.#remembered.size >= MAX_REMEMBERED) return recipients;
      byPriority = {};
      this.#remembered.set(eventType, byPriority);
    }
    byPriority[priority] = recipients;
    return recipients;
  }

  #setOf(names: ReadonlySet<string>): Recipients {
    const key = JSON.stringify([...names].sort());
    const known = this.#sets.get(key);
    if (known !== undefined) return known;
    const recipients = this.#options.recipients(names);
    this.#sets.set(key, recipients);
    return recipients;
  }
}
