import { isEventType } from '../notification/event-type.js';
import type { DisabledFilter } from './disabled-filter.js';

export type EventState = 'enabled' | 'disabled' | 'invalid';

/** Services have dozens of event types; one that makes them up as it goes must not fill the memory. */
const MAX_REMEMBERED = 10_000;

/** Whether an event type may be told: one look-up for a type that was seen before. */
export class EventSwitch {
  readonly #filter: DisabledFilter;
  readonly #remembered = new Map<string, EventState>();

  constructor(filter: DisabledFilter) {
    this.#filter = filter;
  }

  state(eventType: string): EventState {
    return this.#remembered.get(eventType) ?? this.#find(eventType);
  }

  #find(eventType: string): EventState {
    const valid = isEventType(eventType);
    const state = valid ? (this.#filter.isDisabled(eventType) ? 'disabled' : 'enabled') : 'invalid';
    if (valid && this.#remembered.size < MAX_REMEMBERED) this.#remembered.set(eventType, state);
    return state;
  }
}
