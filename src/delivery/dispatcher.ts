import { runInBackground } from '../notification/context-store.js';
import { errorText, isTidingsError } from '../notification/errors.js';
import type { Notification } from '../notification/notification.js';
import type { ThrottledReporter } from '../notification/reporter.js';
import { Account, type DriverStats, type DropReason } from './accounting.js';
import { type BackoffOptions, backoffDelay } from './backoff.js';
import { DelayQueue } from './delay-queue.js';
import type { DeliveryOutcome, Driver, Encoder, OutgoingMessage } from './driver.js';
import { CLOSING_BACKOFF, DriverLifecycle } from './driver-lifecycle.js';
import type { Accepted, Entry } from './entry.js';
import { EntryQueue } from './entry-queue.js';
import { Generations } from './generations.js';
import { type DriverHealth, HealthRecord } from './health.js';
import { DELIVERED, type DeliveryStatus } from './receipt.js';

export interface DispatcherOptions {
  /** The most notifications that may be pending, in the queue, delayed or in flight. */
  readonly queueMessages: number;
  /** The most memory that pending notifications may hold, in bytes (an estimate). */
  readonly queueBytes: number;
  /** What gives way when the queue is full. */
  readonly overflow: 'drop-newest' | 'drop-oldest';
  /** A body longer than this is dropped as `too_large`, in bytes. */
  readonly maxMessageBytes: number;
  /** A notification older than this is given up, in milliseconds. */
  readonly maxAgeMs: number;
  readonly backoff: BackoffOptions;
}

/** After this long the dispatcher lets the service run before it goes on, in milliseconds. */
const SLICE_MS = 5;

const STATUS_OF: Readonly<Record<DropReason, DeliveryStatus>> = {
  overflow: 'dropped',
  refused: 'refused',
  expired: 'expired',
  too_large: 'dropped',
  unserializable: 'dropped',
  closed: 'closed',
};

/**
 * One driver's queue and the background work in front of the driver: encode, deliver in batches, try again with
 * backoff, keep the account. `accept` is all that happens on the caller's stack.
 */
export class Dispatcher {
  readonly name: string;
  readonly #driver: Driver;
  readonly #encoder: Encoder;
  readonly #options: DispatcherOptions;
  readonly #reporter: ThrottledReporter;
  readonly #batchSize: number;
  readonly #window: number;
  readonly #lifecycle: DriverLifecycle;

  readonly #account = new Account();
  readonly #health = new HealthRecord();
  readonly #generations = new Generations();
  readonly #queue = new EntryQueue();
  readonly #delayed = new DelayQueue(() => this.#wake());
  /** Kept to give up what is in flight when time runs out, and to ignore an answer that comes later. */
  readonly #inFlight = new Set<Entry>();
  #pendingBytes = 0;
  #sequence = 0;
  #pumpScheduled = false;
  #closing = false;

  constructor(driver: Driver, encoder: Encoder, options: DispatcherOptions, reporter: ThrottledReporter) {
    this.name = driver.name;
    this.#driver = driver;
    this.#encoder = encoder;
    this.#options = options;
    this.#reporter = reporter;
    this.#batchSize = Math.max(1, driver.batchSize ?? 1);
    this.#window = Math.max(this.#batchSize, driver.window ?? 1);
    const warn = (message: string) => reporter.warn(`${this.name}:${message}`, () => `${this.name}: ${message}`);
    this.#lifecycle = new DriverLifecycle(driver, options.backoff, warn, {
      ready: () => {
        this.#health.set('up');
        if (this.pending === 0) this.#works();
        this.#wake();
      },
      lost: (reason) => {
        this.#health.set('down', reason);
        const { waiting } = this.#account;
        reporter.warn(
          `${this.name}:lost:${reason}`,
          () => `${this.name}: cannot deliver, trying again (${waiting} waiting): ${reason}`,
        );
      },
      reopening: () => this.#expireWaiting(),
    });
  }

  get pending(): number {
    return this.#account.pending;
  }

  stats(): DriverStats {
    return this.#account.stats();
  }

  health(): DriverHealth {
    return this.#health.current;
  }

  /** Opens the driver before it is needed, so that a wrong password is told at start. */
  start(): void {
    this.#wake();
  }

  /** Takes one notification over: it is counted from here on, and this driver settles its receipt exactly once. */
  accept(accepted: Accepted): void {
    const entry = this.#enter(accepted);
    if (this.#closing) {
      this.#drop(entry, 'waiting', 'closed', 'the notifier is closed');
      return;
    }
    // `entry` is counted but not yet queued, so what is shifted here is older.
    while (this.#options.overflow === 'drop-oldest' && this.#isOver()) {
      const oldest = this.#queue.shift();
      if (oldest === undefined) break;
      this.#drop(oldest, 'waiting', 'overflow', 'the queue is full');
    }
    if (this.#isOver()) {
      this.#drop(entry, 'waiting', 'overflow', 'the queue is full');
      return;
    }
    this.#queue.push(entry);
    this.#wake();
  }

  /** Counts a notification that cannot be sent for a reason that was found before it was queued. */
  reject(accepted: Accepted, reason: DropReason, why: string): void {
    this.#drop(this.#enter(accepted), 'waiting', reason, why);
  }

  /** Resolves when everything that is pending now is delivered or given up. Cuts the waits between attempts short, once. */
  drained(): Promise<void> {
    this.#hurry();
    return this.#generations.drained();
  }

  /** Accepts nothing more and hurries; what is pending stays so until it is delivered or {@link abandon}ed. */
  beginClosing(): void {
    this.#closing = true;
    this.#lifecycle.beginClosing();
    this.#hurry();
  }

  /** Gives up all that is pending, what is in flight too. Returns how many. */
  abandon(why: string): number {
    const pending = this.#account.pending;
    this.#queue.putBack(this.#delayed.takeAll());
    for (let entry = this.#queue.shift(); entry !== undefined; entry = this.#queue.shift()) {
      this.#drop(entry, 'waiting', 'closed', why);
    }
    for (const entry of [...this.#inFlight]) {
      this.#inFlight.delete(entry);
      this.#drop(entry, 'inFlight', 'closed', why);
    }
    return pending;
  }

  /** Closes the driver; a driver that fails to is told of, never thrown. */
  async closeDriver(): Promise<void> {
    try {
      await this.#lifecycle.close();
    } catch (error) {
      this.#reporter.warn(`${this.name}:close`, () => `${this.name}: closing failed: ${errorText(error)}`);
    }
  }

  #enter(accepted: Accepted): Entry {
    this.#account.accept();
    this.#pendingBytes += accepted.bytes;
    const generation = this.#generations.enter();
    return { accepted, sequence: this.#sequence++, generation, attempts: 0, notBefore: 0 };
  }

  #isOver(): boolean {
    return this.#account.pending > this.#options.queueMessages || this.#pendingBytes > this.#options.queueBytes;
  }

  #wake(): void {
    if (this.#pumpScheduled || this.#lifecycle.isClosed) return;
    this.#pumpScheduled = true;
    setImmediate(this.#pumpInBackground);
  }

  readonly #pumpInBackground = () => {
    this.#pumpScheduled = false;
    runInBackground(() => this.#pump());
  };

  #pump(): void {
    this.#lifecycle.start();
    if (!this.#lifecycle.isReady) return;
    const begun = performance.now();
    this.#queue.putBack(this.#delayed.takeDue(begun));
    while (this.#lifecycle.isReady && this.#queue.length > 0 && this.#inFlight.size < this.#window) {
      if (performance.now() - begun > SLICE_MS) {
        this.#wake();
        return;
      }
      this.#send(Math.min(this.#batchSize, this.#window - this.#inFlight.size));
    }
  }

  #hurry(): void {
    this.#queue.putBack(this.#delayed.takeAll());
    if (this.pending > 0) this.#lifecycle.hurry();
    this.#wake();
  }

  /** What has become too old while the driver was down is given up then, not only when the driver is back. */
  #expireWaiting(): void {
    const kept: Entry[] = [];
    this.#queue.putBack(this.#delayed.takeAll());
    for (let entry = this.#queue.shift(); entry !== undefined; entry = this.#queue.shift()) {
      if (this.#isExpired(entry)) this.#drop(entry, 'waiting', 'expired', 'older than maxAge');
      else kept.push(entry);
    }
    this.#queue.putBack(kept);
  }

  #send(limit: number): void {
    const entries: Entry[] = [];
    const messages: OutgoingMessage[] = [];
    while (entries.length < limit) {
      const entry = this.#queue.shift();
      if (entry === undefined) break;
      const message = this.#prepare(entry);
      if (message === undefined) continue;
      this.#account.send(entry.attempts > 1);
      this.#inFlight.add(entry);
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
      this.#drop(entry, 'waiting', 'expired', 'older than maxAge');
      return undefined;
    }
    const { topics } = entry.accepted;
    const encoder = this.#encoder;
    let notification: Notification;
    let body: string;
    try {
      notification = entry.accepted.notification;
      body = encoder.encode(notification, topics[0] as string);
    } catch (error) {
      this.#drop(entry, 'waiting', 'unserializable', `the wire format cannot hold it: ${errorText(error)}`);
      return undefined;
    }
    const { maxMessageBytes } = this.#options;
    // A character is at most three bytes: count them only where it matters.
    if (body.length * 3 > maxMessageBytes && Buffer.byteLength(body) > maxMessageBytes) {
      this.#drop(entry, 'waiting', 'too_large', `over ${maxMessageBytes} bytes (maxMessageBytes)`);
      return undefined;
    }
    entry.attempts += 1;
    const encode = (topic: string) => encoder.encode(notification, topic);
    return { notification, topics, body, contentType: encoder.contentType, attempt: entry.attempts, encode };
  }

  #isExpired(entry: Entry): boolean {
    return performance.now() - entry.accepted.acceptedAt > this.#options.maxAgeMs;
  }

  #settle(entries: readonly Entry[], outcomes: readonly DeliveryOutcome[] | undefined): void {
    let failed: Error | undefined;
    for (const [index, entry] of entries.entries()) {
      // Given up in the meantime: its account is closed, a late answer changes nothing.
      if (!this.#inFlight.delete(entry)) continue;
      const error = outcomes?.[index] ?? undefined;
      if (error === undefined) this.#delivered(entry);
      else if (isRefusal(error)) this.#drop(entry, 'inFlight', 'refused', errorText(error));
      else {
        failed = error;
        this.#retryLater(entry);
      }
    }
    if (failed === undefined) {
      if (this.#lifecycle.isReady) this.#works();
    } else {
      const reason = errorText(failed);
      if (this.#lifecycle.isReady) this.#health.set('degraded', reason);
      this.#reporter.warn(`${this.name}:retry:${reason}`, () => `${this.name}: trying some again: ${reason}`);
    }
    this.#wake();
  }

  #settleFailed(entries: readonly Entry[], error: unknown): void {
    const pending = entries.filter((entry) => this.#inFlight.delete(entry));
    if (isRefusal(error)) {
      for (const entry of pending) this.#drop(entry, 'inFlight', 'refused', errorText(error));
      this.#wake();
      return;
    }
    for (const _ of pending) this.#account.returnToQueue();
    this.#queue.putBack(pending);
    // Of several batches that a lost connection rejects, the first one decides on the wait.
    this.#lifecycle.lost(error);
  }

  #works(): void {
    if (this.#delayed.length === 0) this.#health.set('up');
    if (this.#lifecycle.failures === 0) return;
    this.#lifecycle.failures = 0;
    this.#reporter.info(`${this.name}: delivering again`);
  }

  #retryLater(entry: Entry): void {
    this.#account.returnToQueue();
    const backoff = this.#closing ? CLOSING_BACKOFF : this.#options.backoff;
    entry.notBefore = performance.now() + backoffDelay(entry.attempts, backoff);
    this.#delayed.add(entry);
  }

  #delivered(entry: Entry): void {
    this.#account.deliver();
    this.#leave(entry);
    entry.accepted.receipt.settle(this.name, DELIVERED);
  }

  #drop(entry: Entry, from: 'waiting' | 'inFlight', reason: DropReason, why: string): void {
    this.#account.drop(from, reason);
    this.#leave(entry);
    const { receipt, eventType } = entry.accepted;
    this.#reporter.warn(
      `${this.name}:dropped:${reason}`,
      () => `${this.name}: dropped ${eventType} (${reason}): ${why}`,
    );
    receipt.settle(this.name, { status: STATUS_OF[reason], reason: why });
  }

  #leave(entry: Entry): void {
    this.#pendingBytes -= entry.accepted.bytes;
    this.#generations.leave(entry.generation);
  }
}

function isRefusal(error: unknown): boolean {
  return isTidingsError(error) && error.code === 'DELIVERY_REFUSED';
}
