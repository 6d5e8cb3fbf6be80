import type { JsonValue } from './json.js';
import type { Priority } from './priority.js';

/** Which places below a place are masked. A graph: a payload may hold others of its own kind. */
export interface MaskedPlaces {
  readonly masked: boolean;
  /** By key; `*` is any key or index. */
  readonly children: ReadonlyMap<string, MaskedPlaces>;
  /** Each value, where it is a list. */
  readonly each?: MaskedPlaces;
}

/** What a catalog says of one event type, as far as telling it needs to know. */
export interface EventRules {
  /** The fields of a payload that are declared; undefined where the schema does not tell. */
  readonly fields: readonly string[] | undefined;
  /** The places in the payload that are masked, from its root; undefined where there are none. */
  readonly redacted: MaskedPlaces | undefined;
  /**
   * Checks a payload as it goes out. Undefined when it is right, else what is wrong with it on one line: paths and
   * rules, never a value. Must not throw.
   */
  check(payload: JsonValue, priority: Priority): string | undefined;
}

/** Where the rules of event types are looked up: a catalog. */
export interface RuleBook {
  /** Names it in warnings. */
  readonly name: string;
  /** The rules of an event type, or of the one that it is a phase of (`task.run.end` of `task.run`). */
  find(eventType: string): EventRules | undefined;
}
