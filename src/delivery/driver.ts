import type { Notification } from '../notification/notification.js';

/** One notification on its way to one driver. */
export interface OutgoingMessage {
  readonly notification: Notification;
  /** Where it is published, for drivers that know topics; at least one. */
  readonly topics: readonly string[];
  /** The notification in the driver's wire format, for the first topic. */
  readonly body: string;
  /** The media type of `body`, for instance `application/json`. */
  readonly contentType: string;
  /** 1 at the first attempt. */
  readonly attempt: number;
  /** The notification in the driver's wire format for another topic (the oslo format differs by topic). */
  encode(topic: string): string;
}

/**
 * How one message of a batch fared: `undefined` when it was delivered, else the error. A `RefusedError` (any error whose
 * `code` is `DELIVERY_REFUSED`) is final; any other error means "try again later". One with a number `retryAfterMs`
 * (a `DeliveryError` takes it as an option) means "not before so many milliseconds, whatever happens": the delivery adds
 * its backoff to it and waits for at most one hour, `flush()` and `close()` included. Thrown by `deliver` or `open`, or
 * given to `unavailable()`, such an error holds back the whole driver.
 */
export type DeliveryOutcome = Error | undefined;

/** What a driver may tell the delivery that runs it. Every function may be called at any time and returns at once. */
export interface DriverHost {
  /** The connection is lost: deliveries wait until `open()` succeeds again. `error` must not hold a secret. */
  unavailable(error: Error): void;
  /**
   * Deliveries wait though the connection stands (the broker takes nothing for now): `health()` is `degraded` for this
   * reason, until the same is called with undefined. Never a secret.
   */
  degraded(reason: string | undefined): void;
  /** One line for the operator, said at most once a minute per line. Never a secret, never a payload. */
  warn(message: string): void;
}

/**
 * What delivers notifications: a broker, a log, a webhook. The delivery in front of it queues, encodes, retries, counts
 * and closes, so a driver only has to open, deliver and close.
 *
 * Obligations:
 * - `deliver` resolves only when the other end has taken responsibility (a confirm, a 2xx); never before.
 * - `deliver` must settle at some time: a lost connection rejects what was in flight.
 * - Where a lost connection leaves a batch with outcomes of its own, so that `deliver` does not reject, the driver calls
 *   `unavailable()` too: else it is not opened again.
 * - Up to `window` messages are in flight in several calls of `deliver` at once; they are sent in the order of the calls.
 * - No method is called after `close`; no timer or socket of the driver keeps a finished process alive. Whoever waits
 *   for a driver holds the process.
 */
export interface Driver {
  /** Names the driver in `stats()`, `health()`, receipts and warnings. */
  readonly name: string;
  /** True for a driver that throws everything away: nothing is queued, encoded or counted for it. */
  readonly discards?: boolean;
  /** The wire format of `body` unless the settings say otherwise. Default: `plain`. */
  readonly wireFormat?: string;
  /** The most messages in one `deliver` call. Default: 1. */
  readonly batchSize?: number;
  /** The most messages handed over and not yet settled, over all calls. Default: `batchSize`. */
  readonly window?: number;
  /**
   * Makes the driver ready: connects, declares. Called before the first `deliver`, and again after a `deliver` that
   * rejected or `unavailable()`; a rejection is tried again with backoff. Must do nothing when all is ready.
   */
  open?(host: DriverHost): Promise<void>;
  /**
   * Delivers one batch. Resolves with nothing when all of it was delivered, else with one outcome per message, in the
   * order of the batch; what the outcomes are too few for is tried again. Rejects when the other end cannot be reached:
   * then the whole batch is tried again after `open`.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: a driver's async function that returns nothing has delivered.
  deliver(batch: readonly OutgoingMessage[]): Promise<readonly DeliveryOutcome[] | void>;
  /** Releases everything; called once, after the last `deliver` has settled or its time was up. */
  close?(): Promise<void>;
}

/** Turns a notification into a driver's body; injected by the set-up. Pure: the same input gives the same text. */
export interface Encoder {
  readonly contentType: string;
  encode(notification: Notification, topic: string): string;
}
