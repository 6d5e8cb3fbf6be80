import type { EventPayloads, PayloadOf } from '../notification/event-payloads.js';
import type { JsonValue } from '../notification/json.js';
import type { Notification } from '../notification/notification.js';
import type { DecodedFormat } from '../wire/decode.js';
import type { Filters } from './filter.js';

/** The handler is done with the notification; so is one that returns anything but the two below. */
export const HANDLED = 'HANDLED';
/** It could not be handled now: it comes again later, as if the handler had thrown. */
export const REQUEUE = 'REQUEUE';
/** It will never be handled: it goes to the dead letters. A thrown `RefusedError` does so too, and says why. */
export const DEAD = 'DEAD';

export type HandlerResult = typeof HANDLED | typeof REQUEUE | typeof DEAD;

/** A notification as a listener hands it over. */
export interface Received<P = JsonValue> extends Omit<Notification, 'payload'> {
  readonly payload: P;
}

/**
 * The payload that a handler of the event type `T` gets: the one that the program knows (`interface EventPayloads`), else
 * what the handler says it takes, `P`; any JSON where it says nothing, as for patterns such as `image.*`.
 */
export type ReceivedPayload<T, P = JsonValue> =
  unknown extends PayloadOf<T, EventPayloads> ? P : PayloadOf<T, EventPayloads>;

/** How a notification came. */
export interface Delivery {
  /** 1 when it is handled for the first time. */
  readonly attempt: number;
  /** True where somebody may have begun to handle it before: the broker says so, or it is a further attempt. */
  readonly redelivered: boolean;
  /** The queue that it was in first, whatever retries it went through. */
  readonly queue: string;
  readonly format: DecodedFormat;
  /**
   * Aborted, with a `TimeoutError` as its reason, when the handler takes longer than `handlerTimeout`: it is tried again,
   * and what the handler still does is no longer heeded. Aborted too when the listener stops and its time is up: what is
   * still running is given back then.
   */
  readonly signal: AbortSignal;
}

/** Called with one notification. A throw or a rejection: it comes again later, and at last goes to the dead letters. */
export type Handler<P = JsonValue> = (notification: Received<P>, delivery: Delivery) => unknown;

/**
 * Called with several notifications, in the order that they came. What it returns or throws is for all of them; an
 * array, as long as theirs, for each. An array of another length that has `REQUEUE` or `DEAD` in it: all come again.
 */
export type BatchHandler<P = JsonValue> = (
  notifications: readonly Received<P>[],
  deliveries: readonly Delivery[],
) => unknown;

export interface HandlerOptions extends Filters {
  /**
   * Tells the handler apart from others of the listener over restarts: one that succeeded is not called again where
   * another one failed. Default: `Class.method`, or the patterns.
   */
  readonly name?: string;
}

export interface BatchOptions {
  /** The most notifications in one call: 1 to `prefetch`. */
  readonly size: number;
  /** The longest that the first of them waits for more: milliseconds or text, 1 ms to 10 min. Default: 1 s. */
  readonly timeout?: number | string;
}
