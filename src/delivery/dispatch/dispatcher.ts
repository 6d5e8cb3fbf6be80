import type { ThrottledReporter } from '../../notification/reporter.js';
import { Account, type DriverStats, type DropReason } from '../accounting.js';
import { CHANNELS, publishDiagnostic } from '../diagnostics.js';
import type { Driver, Encoder } from '../driver.js';
import type { Accepted, Entry } from '../entry.js';
import type { DriverHealth } from '../health.js';
import { type Journal, type JournalReader, NO_JOURNAL } from '../journal.js';
import { Generations } from '../queue/generations.js';
import { PendingEntries, type PendingLimits } from '../queue/pending-entries.js';
import type { DriverReport } from '../receipt.js';
import { Fates } from './fates.js';
import { Sender, type SenderOptions } from './sender.js';

export interface DispatcherOptions extends PendingLimits, SenderOptions {
  /** What gives way when the queue is full. */
  readonly overflow: 'drop-newest' | 'drop-oldest';
}

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
 * One driver's queue and what is taken in and given up there; its {@link Sender} does the background work. `accept` is
 * all that happens on the caller's stack. With a journal, what the queue has no room for is only on disk, and is loaded
 * when there is room again.
 */
export class Dispatcher implements JournalReader {
  readonly name: string;
  readonly #options: DispatcherOptions;
  readonly #journal: Journal;
  /** This driver's number in the journal. */
  readonly #index: number;
  readonly #account = new Account();
  readonly #generations = new Generations();
  readonly #entries: PendingEntries;
  readonly #fates: Fates;
  readonly #sender: Sender;
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
    this.#options = options;
    this.#journal = journal;
    this.#index = index;
    this.#entries = new PendingEntries(options, journal, index, {
      due: () => this.wake(),
      lost: (generation) => this.#fates.lost(generation),
    });
    const books = { account: this.#account, entries: this.#entries, reporter };
    this.#fates = new Fates(this.name, { ...books, generations: this.#generations, journal, driver: index });
    this.#sender = new Sender(driver, encoder, options, books, this.#fates);
  }

  /** Not yet delivered and not given up, but for what was left on disk. */
  get pending(): number {
    return this.#account.pending;
  }

  /** True while the queue is at most half full: what can wait must not push out what cannot. */
  hasRoom(bytes: number): boolean {
    return this.#entries.hasRoom(bytes);
  }

  stats(): DriverStats {
    return this.#account.stats(this.#journal.onDisk(this.#index));
  }

  health(): DriverHealth {
    return this.#sender.health;
  }

  /** Opens the driver before it is needed, so that a wrong password is told at start. */
  start(): void {
    this.wake();
  }

  wake(): void {
    this.#sender.wake();
  }

  /** Takes one notification over: it is counted from here on, and this driver settles its receipt exactly once. */
  accept(accepted: Accepted): void {
    const entry = this.#enter(accepted);
    if (this.#closing) {
      this.#fates.drop(entry, 'waiting', 'closed', 'the notifier is closed');
      return;
    }
    if (this.#entries.spill(entry)) {
      this.wake();
      return;
    }
    if (this.#options.overflow === 'drop-oldest') this.#dropSurplus();
    this.#queue(entry, 'the queue is full');
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

  recover(sequence: number): void {
    this.#account.recover();
    this.#entries.addOnDisk(sequence, this.#generations.enter());
    this.wake();
  }

  reclaim(sequence: number, accepted: Accepted): void {
    const generation = this.#entries.removeOnDisk(sequence);
    if (generation === undefined) return;
    const entry = this.#entries.enter(accepted, generation);
    this.#queue(entry, 'the queue is full, and it could not be written to the spool');
  }

  isWaitingOnDisk(sequence: number): boolean {
    return this.#entries.isOnDiskOnly(sequence);
  }

  *unwritten(): Iterable<Accepted> {
    for (const { accepted } of this.#entries.inMemory()) if (accepted.record === undefined) yield accepted;
  }

  /** Resolves when everything that is pending now is delivered or given up. Cuts the waits between attempts short, once. */
  drained(): Promise<void> {
    this.#sender.hurry();
    return this.#generations.drained();
  }

  /** Accepts nothing more and hurries; what is pending stays so until it is delivered or {@link abandon}ed. */
  beginClosing(): void {
    this.#closing = true;
    this.#sender.beginClosing();
  }

  /** Gives up all that is pending, what is in flight too; what is on disk stays there. */
  abandon(why: string): Abandoned {
    const { pending } = this;
    let left = 0;
    const leave = () => {
      left += 1;
      this.#account.leaveOnDisk();
    };
    const flying = this.#entries.landAll();
    for (const _ of flying) this.#account.returnToQueue();
    this.#entries.putBack(flying);
    this.#entries.queueDelayed();
    for (let entry = this.#entries.shift(); entry !== undefined; entry = this.#entries.shift()) {
      if (entry.accepted.record?.isOnDisk !== true) {
        this.#fates.drop(entry, 'waiting', 'closed', why);
        continue;
      }
      leave();
      this.#fates.leave(entry);
      entry.accepted.receipt.settle(this.name, LEFT_ON_DISK);
    }
    this.#entries.forgetOnDisk((sequence, generation) => {
      leave();
      this.#generations.leave(generation);
      this.#journal.report(this.#index, sequence, LEFT_ON_DISK);
    });
    return { left, lost: pending - left };
  }

  /** Closes the driver; one that fails to is told of, never thrown. */
  closeDriver(): Promise<void> {
    return this.#sender.close();
  }

  #enter(accepted: Accepted): Entry {
    this.#account.accept();
    publishDiagnostic(CHANNELS.accepted, this.name, accepted);
    return this.#entries.enter(accepted, this.#generations.enter());
  }

  /** The newest is counted but not yet queued, so what is shifted here is older. */
  #dropSurplus(): void {
    for (let surplus = this.#entries.surplus; surplus > 0; surplus -= 1) {
      this.#fates.drop(this.#entries.shift() as Entry, 'waiting', 'overflow', 'the queue is full');
    }
  }

  /** `full`: what is said where there is no room for it. */
  #queue(entry: Entry, full: string): void {
    if (this.#entries.isOver(1)) {
      this.#fates.drop(entry, 'waiting', 'overflow', full);
      return;
    }
    this.#entries.push(entry);
    this.wake();
  }
}
