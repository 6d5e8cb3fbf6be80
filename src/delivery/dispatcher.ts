import { type BackoffOptions, backoffDelay } from '../notification/backoff.js';
import { runInBackground } from '../notification/context-store.js';
import { errorText } from '../notification/errors.js';
import { isOversizedMarker } from '../notification/oversized.js';
import type { ThrottledReporter } from '../notification/reporter.js';
import { endTurn } from '../notification/wall-clock.js';
import { Account, type DriverStats, type DropReason } from './accounting.js';
import { CHANNELS, publishDiagnostic } from './diagnostics.js';
import type { DeliveryOutcome, Driver, Encoder, OutgoingMessage } from './driver.js';
import { CLOSING_BACKOFF, DriverLifecycle } from './driver-lifecycle.js';
import type { Accepted, Entry } from './entry.js';
import { Fates, LOST_ON_DISK } from './fates.js';
import { Generations } from './generations.js';
import { type DriverHealth, HealthRecord } from './health.js';
import { type Journal, type JournalReader, NO_JOURNAL } from './journal.js';
import { askedDelay, isRefusal } from './outcome.js';
import { PendingEntries, type PendingLimits } from './pending-entries.js';
import { type MessageLimits, prepareMessage } from './prepare-message.js';
import type { DriverReport } from './receipt.js';

export interface DispatcherOptions extends PendingLimits, MessageLimits {
  /** What gives way when the queue is full. */
  readonly overflow: 'drop-newest' | 'drop-oldest';
  /** A notification older than this is given up, in milliseconds. */
  readonly maxAgeMs: number;
  readonly backoff: BackoffOptions;
}

/** After this long the dispatcher lets the service run before it goes on, in milliseconds. */
const SLICE_MS = 5;

const LEFT_ON_DISK: DriverReport = Object.freeze({
  status: 'durable',
  reason: 'on disk, for the next process to deliver',
});

/** What became of what was pending when time ran out. */
export interface Abandoned {
  /** Stays on disk for the next process. */
  readonly left: number;
  /** Dropped as `closed`. */
  readonly lost: number;
}

/**
 * One driver's queue and the background work in front of the driver: encode, deliver in batches, try again with
 * backoff, keep the account. `accept` is all that happens on the caller's stack. With a journal, what the queue has no
 * room for is only on disk, and is loaded when there is room again.
 */
export class Dispatcher implements JournalReader {
  readonly name: string;
  readonly #driver: Driver;
  readonly #encoder: Encoder;
  readonly #options: DispatcherOptions;
  readonly #reporter: ThrottledReporter;
  readonly #journal: Journal;
  /** This driver's number in the journal. */
  readonly #index: number;
  readonly #entries: PendingEntries;
  readonly #batchSize: number;
  readonly #window: number;
  readonly #lifecycle: DriverLifecycle;
  readonly #fates: Fates;
  readonly #account = new Account();
  readonly #health = new HealthRecord();
  readonly #generations = new Generations();
  /** Left on disk when time ran out: still in the account, no longer the business of this process. */
  #left = 0;
  #pumpScheduled = false;
  #closing = false;

  constructor(
    driver: Driver,
    encoder: Encoder,
    options: DispatcherOptions,
    reporter: ThrottledReporter,
    journal: Journal = NO_JOURNAL,
    index = 0,
  ) {
    this.name = driver.name;
    this.#driver = driver;
    this.#encoder = encoder;
    this.#options = options;
    this.#reporter = reporter;
    this.#journal = journal;
    this.#index = index;
    this.#entries = new PendingEntries(options, journal, index, {
      due: () => this.#wake(),
      lost: (generation) => this.#fates.lost(generation),
    });
    const books = { account: this.#account, entries: this.#entries, generations: this.#generations };
    this.#fates = new Fates(this.name, { ...books, journal, driver: index, reporter });
    this.#batchSize = Math.max(1, driver.batchSize ?? 1);
    this.#window = Math.max(this.#batchSize, driver.window ?? 1);
    const warn = (message: string) => reporter.warn(`${this.name}:${message}`, () => `${this.name}: ${message}`);
    this.#lifecycle = new DriverLifecycle(driver, options.backoff, warn, {
      ready: () => {
        // After a failure only a delivery shows that it works; where none is due, being open must do.
        if (this.#lifecycle.failures === 0 || this.pending === 0) this.#works();
        this.#wake();
      },
      impeded: (reason) => this.#health.impede(reason),
      lost: (reason) => {
        this.#health.set('down', reason);
        const { waiting } = this.#account;
        reporter.warn(
          `${this.name}:lost:${reason}`,
          () => `${this.name}: cannot deliver, trying again (${waiting} waiting): ${reason}`,
        );
      },
      reopening: () => {
        this.#expireWaiting();
        this.#entries.load(LOST_ON_DISK);
      },
    });
  }

  get pending(): number {
    return this.#account.pending - this.#left;
  }

  /** True while the queue is at most half full: what can wait must not push out what cannot. */
  hasRoom(bytes: number): boolean {
    return this.#entries.hasRoom(bytes);
  }

  stats(): DriverStats {
    return this.#account.stats(this.#journal.onDisk(this.#index));
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
      this.#fates.drop(entry, 'waiting', 'closed', 'the notifier is closed');
      return;
    }
    if (this.#entries.spill(entry)) {
      this.#wake();
      return;
    }
    // `entry` is counted but not yet queued, so what is shifted here is older.
    while (this.#options.overflow === 'drop-oldest' && this.#entries.isOver(1)) {
      const oldest = this.#entries.shift();
      if (oldest === undefined) break;
      this.#fates.drop(oldest, 'waiting', 'overflow', 'the queue is full');
    }
    if (this.#entries.isOver(1)) {
      this.#fates.drop(entry, 'waiting', 'overflow', 'the queue is full');
      return;
    }
    this.#entries.push(entry);
    this.#wake();
  }

  /** Counts a notification that cannot be sent for a reason that was found before it was queued. */
  reject(accepted: Accepted, reason: DropReason, why: string): void {
    this.#fates.drop(this.#enter(accepted), 'waiting', reason, why);
  }

  /** Takes back what was accepted on this very stack, before the background could see it; it leaves the account too. */
  retract(accepted: Accepted): void {
    const { record } = accepted;
    const entry = this.#entries.remove(accepted);
    const generation = record && entry === undefined ? this.#entries.removeOnDisk(record.sequence) : entry?.generation;
    if (generation === undefined) return;
    this.#account.retract();
    if (entry !== undefined) this.#entries.leave(entry);
    this.#generations.leave(generation);
    if (record !== undefined) this.#journal.settle(record, this.#index);
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

  /** Gives up all that is pending, what is in flight too; what is on disk stays there. */
  abandon(why: string): Abandoned {
    const [before, pending] = [this.#left, this.pending];
    const flying = this.#entries.landAll();
    for (const _ of flying) this.#account.returnToQueue();
    this.#entries.putBack(flying);
    this.#entries.queueDelayed();
    for (let entry = this.#entries.shift(); entry !== undefined; entry = this.#entries.shift()) {
      if (entry.accepted.record?.isOnDisk !== true) {
        this.#fates.drop(entry, 'waiting', 'closed', why);
        continue;
      }
      this.#left += 1;
      this.#fates.leave(entry);
      entry.accepted.receipt.settle(this.name, LEFT_ON_DISK);
    }
    this.#entries.forgetOnDisk((sequence, generation) => {
      this.#left += 1;
      this.#generations.leave(generation);
      this.#journal.report(this.#index, sequence, LEFT_ON_DISK);
    });
    const left = this.#left - before;
    return { left, lost: pending - left };
  }

  recover(sequence: number): void {
    this.#account.recover();
    this.#entries.addOnDisk(sequence, this.#generations.enter());
    this.#wake();
  }

  reclaim(sequence: number, accepted: Accepted): void {
    const generation = this.#entries.removeOnDisk(sequence);
    if (generation === undefined) return;
    const entry = this.#entries.enter(accepted, generation);
    if (this.#entries.isOver(1)) {
      this.#fates.drop(entry, 'waiting', 'overflow', 'the queue is full, and it could not be written to the spool');
      return;
    }
    this.#entries.push(entry);
    this.#wake();
  }

  isWaitingOnDisk(sequence: number): boolean {
    return this.#entries.isOnDiskOnly(sequence);
  }

  *unwritten(): Iterable<Accepted> {
    for (const { accepted } of this.#entries.inMemory()) if (accepted.record === undefined) yield accepted;
  }

  wake(): void {
    this.#wake();
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
    publishDiagnostic(CHANNELS.accepted, this.name, accepted);
    return this.#entries.enter(accepted, this.#generations.enter());
  }

  #wake(): void {
    if (this.#pumpScheduled || this.#lifecycle.isClosed) return;
    this.#pumpScheduled = true;
    setImmediate(this.#pumpInBackground);
  }

  readonly #pumpInBackground = () => {
    this.#pumpScheduled = false;
    endTurn();
    runInBackground(() => this.#pump());
  };

  #pump(): void {
    this.#lifecycle.start();
    if (!this.#lifecycle.isReady) return;
    this.#entries.load(LOST_ON_DISK);
    const begun = performance.now();
    this.#entries.queueDue(begun);
    while (this.#lifecycle.isReady && this.#entries.queued > 0 && this.#entries.inFlight < this.#window) {
      if (performance.now() - begun > SLICE_MS) {
        this.#wake();
        return;
      }
      this.#send(Math.min(this.#batchSize, this.#window - this.#entries.inFlight));
    }
  }

  #hurry(): void {
    this.#entries.hurry(performance.now());
    if (this.pending > 0) this.#lifecycle.hurry();
    this.#wake();
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
      if (entry.attempts > 1) publishDiagnostic(CHANNELS.retried, this.name, entry.accepted);
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
    this.#fates.drop(entry, 'waiting', message.reason, message.why);
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
      const error = outcomes?.[index] ?? undefined;
      if (error === undefined) this.#fates.delivered(entry);
      else if (isRefusal(error)) this.#fates.refused(entry, errorText(error));
      else {
        failed = error;
        this.#retryLater(entry, error);
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
    const pending = entries.filter((entry) => this.#entries.land(entry));
    if (isRefusal(error)) {
      for (const entry of pending) this.#fates.refused(entry, errorText(error));
      this.#wake();
      return;
    }
    for (const _ of pending) this.#account.returnToQueue();
    this.#entries.putBack(pending);
    // Of several batches that a lost connection rejects, the first one decides on the wait.
    this.#lifecycle.lost(error);
  }

  #works(): void {
    if (this.#entries.delayed === 0) this.#health.set('up');
    if (this.#lifecycle.failures === 0) return;
    this.#lifecycle.failures = 0;
    this.#reporter.info(`${this.name}: delivering again`);
  }

  #retryLater(entry: Entry, error: unknown): void {
    this.#account.returnToQueue();
    const backoff = this.#closing ? CLOSING_BACKOFF : this.#options.backoff;
    entry.heldUntil = performance.now() + askedDelay(error);
    entry.notBefore = entry.heldUntil + backoffDelay(entry.attempts, backoff);
    this.#entries.delay(entry);
  }
}
