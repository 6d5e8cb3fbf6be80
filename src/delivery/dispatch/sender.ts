import { type BackoffOptions, backoffDelay } from '../../notification/backoff.js';
import { runInBackground } from '../../notification/context-store.js';
import { DeliveryError, errorText } from '../../notification/errors.js';
import { isOversizedMarker } from '../../notification/oversized.js';
import { endTurn } from '../../notification/wall-clock.js';
import type { Account } from '../accounting.js';
import { CHANNELS, publishDiagnostic } from '../diagnostics.js';
import type { DeliveryOutcome, Driver, Encoder, OutgoingMessage } from '../driver.js';
import type { Entry } from '../entry.js';
import type { DriverHealth } from '../health.js';
import type { PendingEntries } from '../queue/pending-entries.js';
import { type ConditionBooks, DriverCondition } from './driver-condition.js';
import { CLOSING_BACKOFF } from './driver-lifecycle.js';
import { type Fates, LOST_ON_DISK } from './fates.js';
import { askedDelay, isRefusal } from './outcome.js';
import { type MessageLimits, prepareMessage } from './prepare-message.js';

export interface SenderOptions extends MessageLimits {
  /** A notification older than this is given up, in milliseconds. */
  readonly maxAgeMs: number;
  readonly backoff: BackoffOptions;
}

/**
 * After this long the sender lets the service run before it goes on, in milliseconds. What was handed over leaves only
 * then: a broker that has confirmed all would wait for it.
 */
const SLICE_MS = 1;

/** What a driver says nothing about may be lost: twice is better than never. */
const UNANSWERED = new DeliveryError('the driver gave fewer outcomes than it was given messages');

/** The background work in front of one driver: takes what is queued, encodes, delivers in batches, tries again. */
export class Sender {
  readonly #driver: Driver;
  readonly #encoder: Encoder;
  readonly #options: SenderOptions;
  readonly #account: Account;
  readonly #entries: PendingEntries;
  readonly #fates: Fates;
  readonly #condition: DriverCondition;
  readonly #batchSize: number;
  readonly #window: number;
  #pumpScheduled = false;
  #closing = false;

  constructor(driver: Driver, encoder: Encoder, options: SenderOptions, books: ConditionBooks, fates: Fates) {
    this.#driver = driver;
    this.#encoder = encoder;
    this.#options = options;
    this.#account = books.account;
    this.#entries = books.entries;
    this.#fates = fates;
    this.#batchSize = Math.max(1, driver.batchSize ?? 1);
    this.#window = Math.max(this.#batchSize, driver.window ?? 1);
    this.#condition = new DriverCondition(driver, options.backoff, books, {
      ready: () => this.wake(),
      reopening: () => {
        this.#expireWaiting();
        this.#entries.load(LOST_ON_DISK);
      },
    });
  }

  get health(): DriverHealth {
    return this.#condition.health;
  }

  /** There may be something to send: looks, in the background. Opens the driver, the first time. */
  wake(): void {
    if (this.#pumpScheduled || this.#condition.isClosed) return;
    this.#pumpScheduled = true;
    setImmediate(this.#pumpInBackground);
  }

  /** Cuts the waits between attempts short, once. */
  hurry(): void {
    this.#entries.hurry(performance.now());
    if (this.#account.pending > 0) this.#condition.hurry();
    this.wake();
  }

  /** From now on no wait is long: there is little time left. */
  beginClosing(): void {
    this.#closing = true;
    this.#condition.beginClosing();
    this.hurry();
  }

  /** Closes the driver; one that fails to is told of, never thrown. */
  close(): Promise<void> {
    return this.#condition.close();
  }

  readonly #pumpInBackground = () => {
    this.#pumpScheduled = false;
    endTurn();
    runInBackground(() => this.#pump());
  };

  #pump(): void {
    this.#condition.start();
    if (!this.#condition.isReady) return;
    this.#entries.load(LOST_ON_DISK);
    const begun = performance.now();
    this.#entries.queueDue(begun);
    while (this.#condition.isReady && this.#entries.queued > 0 && this.#entries.inFlight < this.#window) {
      if (performance.now() - begun > SLICE_MS) {
        this.wake();
        return;
      }
      this.#send(Math.min(this.#batchSize, this.#window - this.#entries.inFlight));
    }
  }

  /** What has become too old while the driver was down is given up then, not only when the driver is back. */
  #expireWaiting(): void {
    for (const entry of this.#entries.takeIf((each) => this.#isExpired(each))) {
      this.#fates.drop(entry, 'waiting', 'expired', 'older than maxAge');
    }
  }

  #send(limit: number): void {
    const entries: Entry[] = [];
    const messages: OutgoingMessage[] = [];
    while (entries.length < limit) {
      const entry = this.#entries.shift();
      if (entry === undefined) break;
      const message = this.#prepare(entry);
      if (message === undefined) continue;
      this.#account.send(entry.attempts > 1);
      if (entry.attempts > 1) publishDiagnostic(CHANNELS.retried, this.#driver.name, entry.accepted);
      this.#entries.fly(entry);
      entries.push(entry);
      messages.push(message);
    }
    if (entries.length === 0) return;
    // An async function, so that a driver that throws at once is one that rejects.
    const delivery = (async () => this.#driver.deliver(messages))();
    delivery.then(
      (outcomes) => this.#settle(entries, outcomes ?? undefined),
      (error) => this.#settleFailed(entries, error),
    );
  }

  /** The message to send, or undefined when it was given up. */
  #prepare(entry: Entry): OutgoingMessage | undefined {
    if (this.#isExpired(entry)) {
      this.#fates.drop(entry, 'waiting', 'expired', 'older than maxAge');
      return undefined;
    }
    const message = prepareMessage(entry, this.#encoder, this.#options);
    if ('body' in message) {
      if (message.attempt === 1 && isOversizedMarker(message.notification.payload)) this.#account.shorten();
      return message;
    }
    const { reason, why } = message;
    // Only as this driver is set up now: an operator may raise the limit, and have it sent after all.
    if (reason === 'too_large') this.#fates.bury(entry, 'waiting', reason, why);
    else this.#fates.drop(entry, 'waiting', reason, why);
    return undefined;
  }

  #isExpired(entry: Entry): boolean {
    return performance.now() - entry.accepted.acceptedAt > this.#options.maxAgeMs;
  }

  #settle(entries: readonly Entry[], outcomes: readonly DeliveryOutcome[] | undefined): void {
    let failed: Error | undefined;
    for (const [index, entry] of entries.entries()) {
      // Given up in the meantime: its account is closed, a late answer changes nothing.
      if (!this.#entries.land(entry)) continue;
      const error = (Array.isArray(outcomes) && index >= outcomes.length ? UNANSWERED : outcomes?.[index]) ?? undefined;
      if (error === undefined) this.#fates.delivered(entry);
      else if (isRefusal(error)) this.#fates.bury(entry, 'inFlight', 'refused', errorText(error));
      else {
        failed = error;
        this.#retryLater(entry, error);
      }
    }
    if (failed !== undefined) this.#condition.failsSome(errorText(failed));
    else if (this.#condition.isReady) this.#condition.works();
    this.wake();
  }

  #settleFailed(entries: readonly Entry[], error: unknown): void {
    const pending = entries.filter((entry) => this.#entries.land(entry));
    if (isRefusal(error)) {
      for (const entry of pending) this.#fates.bury(entry, 'inFlight', 'refused', errorText(error));
      this.wake();
      return;
    }
    for (const _ of pending) this.#account.returnToQueue();
    this.#entries.putBack(pending);
    // Of several batches that a lost connection rejects, the first one decides on the wait.
    this.#condition.lost(error);
  }

  #retryLater(entry: Entry, error: unknown): void {
    this.#account.returnToQueue();
    const backoff = this.#closing ? CLOSING_BACKOFF : this.#options.backoff;
    entry.heldUntil = performance.now() + askedDelay(error);
    entry.notBefore = entry.heldUntil + backoffDelay(entry.attempts, backoff);
    this.#entries.delay(entry);
  }
}
