import { knownKeys, oneOf, shown } from '../notification/configuration.js';
import { ConfigurationError } from '../notification/errors.js';
import type { RuleBook } from '../notification/event-rules.js';
import { EVENT_TYPE_RULE, isEventType } from '../notification/event-type.js';
import { PRIORITIES, type Priority } from '../notification/priority.js';
import type { Notifier } from '../notifier/notifier.js';
import type { AnyCall } from './call.js';
import type { UserErrorRule } from './user-errors.js';

type PayloadFunction<C, P> = (call: C) => P;

/**
 * `C`: the call that the callbacks are written for. `End` and `Start`: the payloads of the event types, where they are
 * known. `Given`: what the function for completion returns, from which is seen whether there is one.
 */
export interface StartEndOptions<C extends AnyCall = AnyCall, End = unknown, Start = unknown, Given extends End = End> {
  /**
   * A function for completion and cancellation, one per phase, or `'result'` for the whole result. What it returns is
   * copied at once. Default: the fields of the result that the catalog declares for the event type, without a catalog
   * `{}`; for errors, their text.
   */
  readonly payload?:
    | PayloadFunction<C, Given>
    | 'result'
    | {
        readonly start?: PayloadFunction<C, Start>;
        readonly end?: PayloadFunction<C, Given> | 'result';
        readonly error?: PayloadFunction<C, unknown>;
      };
  /** Of what is told when all went well. Default: `INFO`. */
  readonly priority?: Priority;
  /** False: this call is not told (a pair: neither half, asked once before it starts). */
  readonly when?: (call: C) => boolean;
  /** Which errors make an error notification. Default: `system`. */
  readonly errors?: 'system' | 'all' | 'none';
  /** Overrides what counts as a user's error, both ways; undefined leaves it to the built-in rules. */
  readonly isUserError?: UserErrorRule;
  /**
   * When the method has completed. `consumed`: when what it returned was consumed (a stream, a generator, an Observable
   * …), which for a plain value is at once. `return`: when it has returned, or its promise has resolved. Default:
   * `consumed`.
   */
  readonly completes?: 'return' | 'consumed';
  /**
   * The promise of an async method settles only when what was told of the call is `durable` (on disk or confirmed) or
   * `delivered`, after 5 s at the latest, and never otherwise than without this. A method that returns no native promise
   * ignores it, and says so once. Default: nothing waits.
   */
  readonly await?: 'durable' | 'delivered';
}

/** Options `O` where functions make the payload of completion, so that nothing is asked of the result. */
export type WithPayload<O, C extends AnyCall, End, Start> = Omit<O, 'payload'> & {
  readonly payload:
    | PayloadFunction<C, End>
    | {
        readonly start?: PayloadFunction<C, Start>;
        readonly end: PayloadFunction<C, End>;
        readonly error?: PayloadFunction<C, unknown>;
      };
};

export interface NotifiesOptions<C extends AnyCall = AnyCall, End = unknown, Start = unknown, Given extends End = End>
  extends StartEndOptions<C, End, Start, Given> {
  /** `end`: told when the method has completed. `start`: told when it begins, whatever becomes of it. Default: `end`. */
  readonly at?: 'start' | 'end';
}

/** The event types of a pair. Default of `error`: `end`. */
export interface PairOfTypes<T extends string = string> {
  readonly start: T;
  readonly end: T;
  readonly error?: T;
}

/** What to tell of the calls of one method; made once, when the method is decorated. */
export class Instrumentation {
  /** Undefined: nothing is told at the start. */
  readonly start: string | undefined;
  /** Undefined: nothing is told at the end. */
  readonly end: string | undefined;
  readonly error: string | undefined;
  readonly isPair: boolean;
  readonly options: StartEndOptions;
  /** The catalog that it was decorated by; undefined: those of the notifier. */
  readonly rules: RuleBook | undefined;

  /** False when the call ends with the return of the method, whatever that returns. */
  readonly completesConsumed: boolean;
  /** What the promises of the method wait for, if anything. */
  readonly awaits: 'durable' | 'delivered' | undefined;

  readonly #what: string;
  #hasComplained = false;

  private constructor(
    what: string,
    types: Partial<PairOfTypes>,
    isPair: boolean,
    options: StartEndOptions,
    rules: RuleBook | undefined,
  ) {
    this.#what = what;
    this.rules = rules;
    this.awaits = options.await;
    this.completesConsumed = options.completes !== 'return';
    this.start = types.start;
    this.end = types.end;
    this.error = types.error;
    this.isPair = isPair;
    this.options = options;
  }

  static single(what: string, eventType: string, options: NotifiesOptions, rules?: RuleBook): Instrumentation {
    checkOptions(what, options, ['at']);
    checkEventType(what, eventType);
    const at = oneOf('start', 'end')(options.at ?? 'end', `${what}: at`);
    const types = at === 'start' ? { start: eventType } : { end: eventType, error: eventType };
    return new Instrumentation(what, types, false, options, rules);
  }

  static pair(what: string, types: string | PairOfTypes, options: StartEndOptions, rules?: RuleBook): Instrumentation {
    checkOptions(what, options, []);
    if (typeof types === 'string') {
      checkEventType(what, types);
      const [start, end, error] = ['start', 'end', 'error'].map((phase) => `${types}.${phase}`) as [
        string,
        string,
        string,
      ];
      for (const type of [start, end, error]) checkEventType(what, type);
      return new Instrumentation(what, { start, end, error }, true, options, rules);
    }
    if (typeof types !== 'object' || types === null) checkEventType(what, types);
    knownKeys(types, ['start', 'end', 'error'], what);
    const { start, end, error = end } = types;
    for (const type of [start, end, error]) checkEventType(what, type);
    return new Instrumentation(what, { start, end, error }, true, options, rules);
  }

  /** False when nothing of this would be told: then the method is called as if it were bare. */
  isEnabled(notifier: Notifier): boolean {
    return [this.start, this.end, this.error].some((type) => type !== undefined && notifier.isEnabled(type));
  }

  /** Where calls are counted of which nothing is told. */
  skips(notifier: Notifier): { skipped: number } {
    return notifier.skips([this.start, this.end, this.error]);
  }

  /** Says, once, that `await` does nothing for this method. */
  complainOfAwait(notifier: Notifier): void {
    if (this.#hasComplained) return;
    this.#hasComplained = true;
    const message = `${this.#what}: await is ignored, since the method did not return a native promise`;
    notifier.complain(`await:${this.#what}`, () => message);
  }

  /** What is configured as the payload of a phase. */
  payloadOf(phase: AnyCall['phase']): PayloadFunction<AnyCall, unknown> | 'result' | undefined {
    const { payload } = this.options;
    if (typeof payload === 'object') return payload[phase];
    // The start of a pair has no result, so a single function is not asked for it; a single notification is.
    return phase === 'end' || (phase === 'start' && !this.isPair) ? payload : undefined;
  }
}

function checkEventType(what: string, eventType: unknown): void {
  if (isEventType(eventType)) return;
  throw new ConfigurationError(what, `has the event type ${shown(eventType)}; it takes ${EVENT_TYPE_RULE}`);
}

function checkOptions(what: string, options: NotifiesOptions, more: readonly string[]): void {
  if (typeof options !== 'object' || options === null) {
    throw new ConfigurationError(what, `has the options ${shown(options)}; it takes an object`);
  }
  knownKeys(options, ['payload', 'priority', 'when', 'errors', 'isUserError', 'completes', 'await', ...more], what);
  const { payload, priority, when, errors, isUserError, completes } = options;
  if (priority !== undefined) oneOf(...PRIORITIES)(priority, `${what}: priority`);
  if (errors !== undefined) oneOf('system', 'all', 'none')(errors, `${what}: errors`);
  if (completes !== undefined) oneOf('return', 'consumed')(completes, `${what}: completes`);
  if (options.await !== undefined) oneOf('durable', 'delivered')(options.await, `${what}: await`);
  if (when !== undefined) checkFunction(when, `${what}: when`);
  if (isUserError !== undefined) checkFunction(isUserError, `${what}: isUserError`);
  if (typeof payload === 'object' && payload !== null) {
    knownKeys(payload, ['start', 'end', 'error'], `${what}: payload`);
    for (const [phase, fn] of Object.entries(payload)) {
      if (fn !== undefined && !(phase === 'end' && fn === 'result')) checkFunction(fn, `${what}: payload.${phase}`);
    }
  } else if (payload !== undefined && payload !== 'result') checkFunction(payload, `${what}: payload`);
}

function checkFunction(value: unknown, setting: string): void {
  if (typeof value !== 'function') throw new ConfigurationError(setting, `is ${shown(value)}; it takes a function`);
}
