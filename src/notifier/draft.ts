import type { Accepted } from '../delivery/entry.js';
import type { JournalRecord } from '../delivery/journal-record.js';
import { PendingReceipt, type ReceiptHome } from '../delivery/receipt.js';
import type { Recipients } from '../delivery/recipients.js';
import type { Surroundings } from '../notification/context-store.js';
import type { InvalidPayloadError } from '../notification/errors.js';
import type { EventRules } from '../notification/event-rules.js';
import type { Notification, NotificationContext } from '../notification/notification.js';
import type { Operation } from '../notification/operation.js';
import { isOversizedMarker } from '../notification/oversized.js';
import type { Priority } from '../notification/priority.js';
import type { Redaction } from '../notification/redaction.js';
import { type SpanIds, traceParent } from '../notification/trace-parent.js';
import { turnClock } from '../notification/wall-clock.js';
import type { ContextPicker } from './context-picker.js';
import { finishPayload } from './finish-payload.js';
import type { Validation } from './validation.js';

/** What turns drafts into notifications; shared by all drafts of a notifier. */
export interface Finisher {
  readonly redaction: Redaction;
  readonly contextPicker: ContextPicker;
  readonly validation: Validation;
  /** What the catalog says that tells it itself; undefined: those of the notifier are asked, in the background. */
  readonly rules?: EventRules;
}

/**
 * A notification that was accepted and is not yet put together: what the caller's stack took, kept until the background
 * finishes it. It is its own receipt, since each has one; its fields are private so that a printed receipt shows no
 * payload.
 */
export class Draft extends PendingReceipt implements Accepted {
  readonly #finisher: Finisher;
  readonly #recipients: Recipients;
  readonly #eventType: string;
  readonly #priority: Priority;
  readonly #publisherId: string;
  readonly #topics: readonly string[];
  #captured: unknown;
  readonly #bytes: number;
  readonly #clock = turnClock();
  readonly #acceptedAt: number;
  #outer: Surroundings | undefined;
  #operation: Operation | undefined;
  readonly #span: SpanIds | undefined;
  readonly #durationMs: number | undefined;
  #added: readonly (NotificationContext | undefined)[] | undefined;
  /** An error: it must not go. */
  #notification: Notification | InvalidPayloadError | undefined = undefined;
  #record: JournalRecord | undefined = undefined;

  /**
   * `captured`, `bytes`: the payload as a Capturer gave it. `durationMs`: how long the operation took, at its end.
   * `acceptedAt`: now, by the monotonic clock. `added`: the contexts of the notifier and of the call, on top of those
   * that surround it.
   */
  constructor(
    finisher: Finisher,
    recipients: Recipients,
    eventType: string,
    priority: Priority,
    publisherId: string,
    topics: readonly string[],
    captured: unknown,
    bytes: number,
    outer: Surroundings | undefined,
    operation: Operation | undefined,
    span: SpanIds | undefined,
    durationMs: number | undefined,
    acceptedAt: number,
    added: readonly (NotificationContext | undefined)[] | undefined,
  ) {
    super(recipients.names);
    this.#finisher = finisher;
    this.#recipients = recipients;
    this.#eventType = eventType;
    this.#priority = priority;
    this.#publisherId = publisherId;
    this.#topics = topics;
    this.#captured = captured;
    this.#bytes = bytes;
    this.#outer = outer;
    this.#operation = operation;
    this.#span = span;
    this.#durationMs = durationMs;
    this.#acceptedAt = acceptedAt;
    this.#added = added;
  }

  get receipt(): PendingReceipt {
    return this;
  }

  /** The drivers that it goes to. */
  get recipients(): Recipients {
    return this.#recipients;
  }

  get eventType(): string {
    return this.#eventType;
  }

  get topics(): readonly string[] {
    return this.#topics;
  }

  /** About how much memory it holds, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Milliseconds of the monotonic clock. */
  get acceptedAt(): number {
    return this.#acceptedAt;
  }

  /** Made and checked once; every driver gets the same one, frozen. Throws an InvalidPayloadError if it must not go. */
  get notification(): Notification {
    return deepFreeze(this.content);
  }

  /** The same, which is frozen only when a driver gets it. */
  get content(): Notification {
    this.#notification ??= this.#finish();
    if (this.#notification instanceof Error) throw this.#notification;
    return this.#notification;
  }

  get record(): JournalRecord | undefined {
    return this.#record;
  }

  set record(record: JournalRecord | undefined) {
    this.#record = record;
  }

  evict(home: ReceiptHome, sequence: number, drivers: readonly string[]): void {
    this.#captured = undefined;
    this.#notification = undefined;
    this.#outer = undefined;
    this.#operation = undefined;
    this.#added = undefined;
    this.leaveTo(home, sequence, drivers);
  }

  /** A caller that keeps its receipt must not keep the payload alive. */
  protected override onSettled(): void {
    this.#captured = undefined;
    this.#notification = undefined;
  }

  protected override onDurableAsked(): void {
    this.#record?.hurry();
  }

  #finish(): Notification | InvalidPayloadError {
    const { redaction, contextPicker, validation } = this.#finisher;
    // What stands for a payload that is too large is not the service's.
    const isMarker = isOversizedMarker(this.#captured);
    const rules = isMarker ? undefined : (this.#finisher.rules ?? validation.find(this.#eventType));
    const payload = finishPayload(this.#captured, redaction, rules?.redacted);
    const invalid = isMarker ? undefined : validation.check(rules, this.#eventType, this.#priority, payload);
    if (invalid !== undefined) return invalid;
    const notification: Notification = {
      messageId: this.messageId,
      publisherId: this.#publisherId,
      eventType: this.#eventType,
      priority: this.#priority,
      timestamp: isoText(Math.trunc(this.#clock.wallTime(this.#acceptedAt))),
      payload,
      context: contextPicker.pick(this.#outer?.context, this.#operationContext(), ...(this.#added ?? [])),
    };
    this.#captured = undefined;
    return notification;
  }

  #operationContext(): NotificationContext | undefined {
    const operation = this.#operation;
    const durationMs = this.#durationMs;
    const traceparent = this.#span && traceParent(this.#span);
    if (operation === undefined && traceparent === undefined) return undefined;
    return {
      ...(operation && { operation_id: operation.id }),
      ...(operation?.parent && { parent_operation_id: operation.parent.id }),
      ...(durationMs !== undefined && { duration_ms: Math.round(durationMs * 1_000) / 1_000 }),
      ...(traceparent !== undefined && { traceparent }),
    };
  }
}

let lastMoment = Number.NaN;
let lastText = '';

/** What is told in one millisecond has one text: at a high rate that is most of it. */
function isoText(moment: number): string {
  if (moment !== lastMoment) {
    lastText = new Date(moment).toISOString();
    lastMoment = moment;
  }
  return lastText;
}

/** One driver must not be able to change what the next one sends. */
function deepFreeze<T extends object>(value: T): T {
  if (Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const field of Object.values(value)) if (typeof field === 'object' && field !== null) deepFreeze(field);
  return value;
}
