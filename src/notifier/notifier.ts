import { types } from 'node:util';
import type { DrainReport, WaitOptions } from '../delivery/delivery.js';
import type { OpenOperation } from '../delivery/journal.js';
import { type Receipt, SettledReceipt } from '../delivery/receipt.js';
import type { Recipients } from '../delivery/recipients.js';
import { type Surroundings, surroundings } from '../notification/context-store.js';
import { errorText, InvalidPayloadError } from '../notification/errors.js';
import type { EventType, OrText, PayloadOf, Told } from '../notification/event-payloads.js';
import type { EventRules } from '../notification/event-rules.js';
import { EVENT_TYPE_RULE } from '../notification/event-type.js';
import type { Operation } from '../notification/operation.js';
import { oversizedMarker } from '../notification/oversized.js';
import { isPriority, type Priority } from '../notification/priority.js';
import { ambientSpan } from '../notification/trace-parent.js';
import { type Captured, Capturer, TooLargeError } from './capture.js';
import { Counters, type EarlyDropReason, type NotifierStats } from './counters.js';
import { Draft, type Finisher } from './draft.js';
import { healthOf, type NotifierHealth } from './notifier-health.js';
import type { NotifierParts } from './notifier-parts.js';
import { type NotifierDefaults, type NotifyOptions, named, priorityOf } from './notify-options.js';

const DISABLED = new SettledReceipt('disabled', 'turned off by the operator');
const NOOP = new SettledReceipt('noop', 'no driver is configured that delivers');
const UNROUTED = new SettledReceipt('noop', 'no route: none gives it to a driver that delivers');
const SUPPRESSED = new SettledReceipt('disabled', 'told while delivering a notification');

const NO_PAYLOAD: Captured = { value: undefined, bytes: 2 };
/** About what a notification holds beside its payload, in bytes. */
const ENVELOPE_BYTES = 400;

/**
 * Takes notifications and hands them to the drivers. No method but `flush` and `close` waits, and none throws or
 * rejects, whatever it is given; but where `validation` is `throw`, what tells throws an InvalidPayloadError for a
 * payload that breaks the rules of its catalog.
 */
export class Notifier {
  readonly #parts: NotifierParts;
  readonly #defaults: NotifierDefaults;
  readonly #counters: Counters;
  readonly #capturer: Capturer;
  readonly #finishers = new WeakMap<EventRules, Finisher>();

  /** Made by `configureNotifications()` or `createNotifier()`. */
  constructor(parts: NotifierParts, defaults: NotifierDefaults = {}, counters: Counters = new Counters()) {
    this.#parts = parts;
    this.#defaults = defaults;
    this.#counters = counters;
    this.#capturer = new Capturer(parts.redaction, parts.limits);
  }

  /**
   * Tells one notification. `payload` is copied before this returns; a function is called for it, only if the event is
   * enabled. An Error becomes its text.
   */
  notify<T extends EventType>(eventType: T, ...told: Told<PayloadOf<T>, NotifyOptions>): Receipt;
  notify(eventType: string, payload?: unknown, options?: NotifyOptions): Receipt {
    return this.tell(eventType, priorityOf(options), payload, options, surroundings());
  }

  debug<T extends EventType>(eventType: T, ...told: Told<PayloadOf<T>, NotifyOptions>): Receipt;
  debug(eventType: string, payload?: unknown, options?: NotifyOptions): Receipt {
    return this.tell(eventType, 'DEBUG', payload, options, surroundings());
  }

  info<T extends EventType>(eventType: T, ...told: Told<PayloadOf<T>, NotifyOptions>): Receipt;
  info(eventType: string, payload?: unknown, options?: NotifyOptions): Receipt {
    return this.tell(eventType, 'INFO', payload, options, surroundings());
  }

  warn<T extends EventType>(eventType: T, ...told: Told<OrText<PayloadOf<T>>, NotifyOptions>): Receipt;
  warn(eventType: string, payload?: unknown, options?: NotifyOptions): Receipt {
    return this.tell(eventType, 'WARN', payload, options, surroundings());
  }

  error<T extends EventType>(eventType: T, ...told: Told<OrText<PayloadOf<T>>, NotifyOptions>): Receipt;
  error(eventType: string, payload?: unknown, options?: NotifyOptions): Receipt {
    return this.tell(eventType, 'ERROR', payload, options, surroundings());
  }

  critical<T extends EventType>(eventType: T, ...told: Told<OrText<PayloadOf<T>>, NotifyOptions>): Receipt;
  critical(eventType: string, payload?: unknown, options?: NotifyOptions): Receipt {
    return this.tell(eventType, 'CRITICAL', payload, options, surroundings());
  }

  audit<T extends EventType>(eventType: T, ...told: Told<PayloadOf<T>, NotifyOptions>): Receipt;
  audit(eventType: string, payload?: unknown, options?: NotifyOptions): Receipt {
    return this.tell(eventType, 'AUDIT', payload, options, surroundings());
  }

  sample<T extends EventType>(eventType: T, ...told: Told<PayloadOf<T>, NotifyOptions>): Receipt;
  sample(eventType: string, payload?: unknown, options?: NotifyOptions): Receipt {
    return this.tell(eventType, 'SAMPLE', payload, options, surroundings());
  }

  /** A cheap child with its own publisher id, topics or context; it shares queues, drivers and stats with its parent. */
  with(defaults: NotifierDefaults): Notifier {
    const context = { ...this.#defaults.context, ...defaults?.context };
    return new Notifier(this.#parts, { ...this.#defaults, ...defaults, context }, this.#counters);
  }

  /** True when a notification of this type would be delivered, at some priority; false costs no more than this call. */
  isEnabled(eventType: string): boolean {
    const { mode, events, router } = this.#parts;
    return mode === 'delivers' && events.state(eventType) === 'enabled' && router?.takes(eventType) !== false;
  }

  /** The longest message that is not dropped as `too_large`, in bytes. */
  get maxMessageBytes(): number {
    return this.#parts.limits.maxBytes;
  }

  /**
   * True while another one of about so many bytes fits into the spool, or else into half of the queue of each driver
   * that it goes to. Who tells many at once and can wait asks before each, so that nothing is dropped for want of room.
   */
  hasRoom(eventType: string, priority: Priority = 'INFO', bytes = 0): boolean {
    return this.#parts.delivery.hasRoom(bytes + ENVELOPE_BYTES, this.#recipients(eventType, priority));
  }

  /**
   * The work behind every way to tell. `outer`: the surroundings of the call, which an instrumented method took before
   * it ran. `operation`: the one whose start or end this is; without it, what is told belongs to that of the surroundings.
   * `durationMs`: how long the operation took; `now`: the monotonic clock, where the caller has just read it; `call`: what
   * a payload function is called with; `rules`: what the catalog says that tells it, else the notifier's own are asked.
   */
  tell(
    eventType: string,
    priority: Priority,
    payload: unknown,
    options: NotifyOptions | undefined,
    outer: Surroundings | undefined,
    operation?: Operation,
    durationMs?: number,
    now: number = performance.now(),
    call?: unknown,
    rules?: EventRules,
  ): Receipt {
    const counters = this.#counters;
    const { mode, events } = this.#parts;
    const state = events.state(eventType);
    if (state === 'disabled') {
      counters.disabled += 1;
      return DISABLED;
    }
    if (mode === 'noop') {
      counters.noop += 1;
      return NOOP;
    }
    if (outer?.suppressed === true || counters.building) {
      counters.suppressed += 1;
      return SUPPRESSED;
    }
    if (state === 'invalid') return this.#invalid(eventType);
    if (mode !== 'delivers') return this.#drop('misconfigured', errorText(mode));
    try {
      const known = isPriority(priority) ? priority : 'INFO';
      return this.#accept(eventType, known, payload, options, outer, operation, durationMs, now, call, rules);
    } catch (error) {
      if (error instanceof InvalidPayloadError) {
        counters.drop('invalid');
        throw error;
      }
      // Whatever went wrong here, the service that told it goes on.
      const text = this.#parts.redaction.text(errorText(error));
      this.#parts.reporter.warn('internal_error', () => `a fault of tidings: dropped ${eventType}: ${text}`);
      return this.#drop('internal_error', text);
    }
  }

  /**
   * Takes back what was told on this very stack: no driver has seen it yet. What was given up in the meantime (the queue
   * was full) stays counted as that.
   */
  retract(receipt: Receipt): void {
    if (receipt instanceof Draft) this.#parts.delivery.retract(receipt, receipt.recipients);
  }

  /**
   * Remembers in the spool that an operation has begun; `start`: what {@link tell} returned for its beginning. Should the
   * process die before {@link closeOperation}, the next one tells `errorType` in its place. Undefined, at next to no
   * cost, without a spool, and where the beginning was not accepted.
   */
  openOperation(start: Receipt, errorType: string): OpenOperation | undefined {
    if (!(start instanceof Draft)) return undefined;
    const { delivery } = this.#parts;
    return delivery.openOperation(start, errorType, this.#recipients(errorType, 'ERROR'));
  }

  /** The operation has ended, whatever becomes of what tells its end. */
  closeOperation(operation: OpenOperation): void {
    this.#parts.delivery.closeOperation(operation);
  }

  /** Says to the operator what is wrong with the use of tidings; once a minute per `key`. */
  complain(key: string, message: () => string): void {
    this.#parts.reporter.warn(key, message);
  }

  /** What the catalogs of this notifier say of an event type. */
  rulesOf(eventType: string): EventRules | undefined {
    return this.#parts.validation.find(eventType);
  }

  /** Where calls are counted that are not told because none of these, their event types, is enabled. */
  skips(eventTypes: readonly (string | undefined)[]): { skipped: number } {
    const { mode, events } = this.#parts;
    const isUnrouted = eventTypes.some((type) => type !== undefined && events.state(type) === 'enabled');
    return mode === 'delivers' && isUnrouted ? this.#counters.unrouted : this.#counters;
  }

  /** Counts an error that is not told again. */
  countAlreadyTold(): void {
    this.#counters.alreadyTold += 1;
  }

  /** Calls a user's function for an event; when it throws or gives a promise, that is counted and told, and `fallback` stands. */
  guard<A, T>(what: string, eventType: string, fn: (argument: A) => T, argument: A, fallback: T): T {
    const { building } = this.#counters;
    this.#counters.building = true;
    try {
      const given = fn(argument);
      if (!types.isPromise(given)) return given;
      // Nobody waits for it; unheard, its rejection would end the service.
      given.catch(() => {});
      throw new TypeError('it gave a promise, and must answer at once');
    } catch (error) {
      this.#counters.payloadErrors += 1;
      this.#parts.reporter.warn(
        `guard:${what} of ${eventType}`,
        () => `${what} of ${eventType} threw: ${this.#parts.redaction.text(errorText(error))}`,
      );
      return fallback;
    } finally {
      this.#counters.building = building;
    }
  }

  stats(): NotifierStats {
    const { delivery, mode } = this.#parts;
    const spool = delivery.spoolStats();
    const { broken } = this.#parts.validation;
    return { ...this.#counters.stats(mode), invalid: broken, drivers: delivery.stats(), ...(spool && { spool }) };
  }

  health(): NotifierHealth {
    const { mode, delivery } = this.#parts;
    return healthOf(mode, delivery.health(), delivery.spoolHealth());
  }

  /** Waits until what was told before is delivered or given up, at most `timeoutMs` (30 s). Never rejects. */
  flush(wait?: WaitOptions): Promise<DrainReport> {
    return this.#parts.delivery.flush(wait);
  }

  /**
   * Takes nothing more, delivers what it can within `timeoutMs` (10 s), counts the rest as dropped `closed`, closes the
   * drivers. Idempotent: the first call decides. Never rejects.
   */
  close(wait?: WaitOptions): Promise<DrainReport> {
    return this.#parts.delivery.close(wait);
  }

  #accept(
    eventType: string,
    priority: Priority,
    payload: unknown,
    options: NotifyOptions | undefined,
    outer: Surroundings | undefined,
    operation: Operation | undefined,
    durationMs: number | undefined,
    now: number,
    call: unknown,
    rules: EventRules | undefined,
  ): Receipt {
    const { delivery, publisherId, topics, limits, validation } = this.#parts;
    const defaults = this.#defaults;
    const recipients = this.#recipients(eventType, priority);
    if (recipients.names.length === 0) {
      this.#counters.unrouted.skipped += 1;
      return UNROUTED;
    }
    const captured = this.#capture(eventType, payload, call);
    const isCaptured = !(captured instanceof Error);
    // The caller may change its context after this call.
    const own = options?.context && { ...options.context };
    const draft = new Draft(
      rules === undefined ? this.#parts : this.#finisherBy(rules),
      recipients,
      eventType,
      priority,
      options?.publisherId ?? defaults.publisherId ?? publisherId,
      named(options?.topics) ?? named(defaults.topics) ?? topics,
      isCaptured ? captured.value : undefined,
      (isCaptured ? captured.bytes : 0) + ENVELOPE_BYTES,
      outer,
      operation ?? outer?.operation,
      operation === undefined ? ambientSpan() : operation.span,
      durationMs,
      now,
      own === undefined && defaults.context === undefined ? undefined : [defaults.context, own],
    );
    // On the caller's stack, where it can be thrown; else it is put together and checked in the background.
    if (isCaptured && validation.throws) void draft.notification;
    if (isCaptured) delivery.accept(draft, recipients);
    else if (captured instanceof TooLargeError) {
      delivery.reject(draft, recipients, 'too_large', `over ${limits.maxBytes} bytes (maxMessageBytes)`);
    } else delivery.reject(draft, recipients, 'unserializable', `the payload cannot be copied: ${errorText(captured)}`);
    return draft;
  }

  /** Made once for each rules of a catalog, not for each notification that it tells. */
  #finisherBy(rules: EventRules): Finisher {
    let finisher = this.#finishers.get(rules);
    if (finisher === undefined) {
      finisher = { ...this.#parts, rules };
      this.#finishers.set(rules, finisher);
    }
    return finisher;
  }

  #recipients(eventType: string, priority: Priority): Recipients {
    const { router, delivery } = this.#parts;
    return router === undefined ? delivery.everyone : router.recipients(eventType, priority);
  }

  #capture(eventType: string, payload: unknown, call: unknown): Captured | Error {
    const counters = this.#counters;
    let value = payload;
    if (typeof payload === 'function') {
      value = this.guard('the payload function', eventType, payload as (call: unknown) => unknown, call, undefined);
    }
    if (value === undefined) return NO_PAYLOAD;
    const { building } = counters;
    counters.building = true;
    try {
      if (isError(value)) value = errorText(value);
      return this.#capturer.capture(value);
    } catch (error) {
      if (error instanceof TooLargeError && this.#parts.oversized === 'marker') {
        return { ...NO_PAYLOAD, value: oversizedMarker(value) };
      }
      return error instanceof Error ? error : new Error(errorText(error));
    } finally {
      counters.building = building;
    }
  }

  #invalid(eventType: unknown): Receipt {
    this.#parts.reporter.warn(
      'invalid_event_type',
      () => `dropped: the event type ${shortened(eventType)} is not valid; it takes ${EVENT_TYPE_RULE}`,
    );
    return this.#drop('invalid_event_type', `it takes ${EVENT_TYPE_RULE}`);
  }

  #drop(reason: EarlyDropReason, why: string): Receipt {
    this.#counters.drop(reason);
    return new SettledReceipt('dropped', `${reason}: ${why}`);
  }
}

function isError(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  try {
    // Nearly every payload is a plain object, and the other questions cost more than this one.
    if (Object.getPrototypeOf(value) === Object.prototype) return false;
    return value instanceof Error || types.isNativeError(value);
  } catch {
    return false;
  }
}

function shortened(eventType: unknown): string {
  return typeof eventType === 'string' ? JSON.stringify(eventType.slice(0, 60)) : `of type ${typeof eventType}`;
}
