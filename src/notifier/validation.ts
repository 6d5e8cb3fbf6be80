import { InvalidPayloadError } from '../notification/errors.js';
import type { EventRules, RuleBook } from '../notification/event-rules.js';
import type { JsonValue } from '../notification/json.js';
import type { Priority } from '../notification/priority.js';
import type { ThrottledReporter } from '../notification/reporter.js';

/** What is done with a payload that breaks the rules of its catalog. */
export const VALIDATION_MODES = ['off', 'warn', 'drop', 'throw'] as const;
export type ValidationMode = (typeof VALIDATION_MODES)[number];

export interface ValidationOptions {
  readonly mode: ValidationMode;
  /** True: an event type that no catalog has is a mistake too. */
  readonly strict: boolean;
  /** The first one that has an event type decides. */
  readonly catalogs: readonly RuleBook[];
}

/** Services have dozens of event types; one that makes them up as it goes must not fill the memory. */
const MAX_REMEMBERED = 10_000;
const UNKNOWN = 'no catalog has this event type (strictCatalog)';

/** What the catalogs of a notifier say of what it tells: the rules of each event type, and what happens by them. */
export class Validation {
  /** How many payloads were sent though they break their rules. */
  broken = 0;
  /** True where what is wrong is thrown at who tells it. */
  readonly throws: boolean;
  readonly #options: ValidationOptions;
  readonly #reporter: ThrottledReporter;
  readonly #remembered = new Map<string, EventRules | undefined>();

  constructor(options: ValidationOptions, reporter: ThrottledReporter) {
    this.#options = options;
    this.throws = options.mode === 'throw';
    this.#reporter = reporter;
  }

  /** The rules that the catalogs have for an event type. */
  find(eventType: string): EventRules | undefined {
    if (this.#options.catalogs.length === 0) return undefined;
    if (this.#remembered.has(eventType)) return this.#remembered.get(eventType);
    let rules: EventRules | undefined;
    for (const catalog of this.#options.catalogs) rules ??= catalog.find(eventType);
    if (this.#remembered.size < MAX_REMEMBERED) this.#remembered.set(eventType, rules);
    return rules;
  }

  /**
   * Checks a payload as it goes out. What is wrong is told and counted (`warn`), or returned: then it must not be sent.
   */
  check(
    rules: EventRules | undefined,
    eventType: string,
    priority: Priority,
    payload: JsonValue,
  ): InvalidPayloadError | undefined {
    const { mode, strict } = this.#options;
    if (mode === 'off' || (rules === undefined && !strict)) return undefined;
    const problem = rules === undefined ? UNKNOWN : rules.check(payload, priority);
    if (problem === undefined) return undefined;
    if (mode !== 'warn') return new InvalidPayloadError(eventType, problem);
    this.broken += 1;
    this.#reporter.warn(`invalid:${eventType}`, () => `${eventType}: the payload is sent, but ${problem}`);
    return undefined;
  }
}
