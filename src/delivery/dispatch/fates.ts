import type { ThrottledReporter } from '../../notification/reporter.js';
import type { Account, DropReason } from '../accounting.js';
import { CHANNELS, publishDiagnostic } from '../diagnostics.js';
import type { Entry } from '../entry.js';
import type { Journal } from '../journal.js';
import type { Generation, Generations } from '../queue/generations.js';
import type { PendingEntries } from '../queue/pending-entries.js';
import { DELIVERED, type DeliveryStatus, type DriverReport } from '../receipt.js';

const STATUS_OF: Readonly<Record<DropReason, DeliveryStatus>> = {
  overflow: 'dropped',
  refused: 'refused',
  expired: 'expired',
  too_large: 'dropped',
  unserializable: 'dropped',
  invalid: 'dropped',
  closed: 'closed',
  damaged: 'dropped',
};

/** Why a notification becomes a dead letter. */
type DeadReason = 'refused' | 'too_large';

const IS: Readonly<Record<DeadReason, string>> = { refused: 'refused', too_large: 'too large' };

const UNREADABLE = 'its record in the spool cannot be read';

/** What the receipt of a notification says that was on disk only and cannot be read. */
export const LOST_ON_DISK: DriverReport = Object.freeze({ status: 'dropped', reason: UNREADABLE });

/** Where everything is kept that is told of the end of a notification. */
export interface FateBooks {
  readonly account: Account;
  readonly entries: PendingEntries;
  readonly generations: Generations;
  readonly journal: Journal;
  /** The driver's number in the journal. */
  readonly driver: number;
  readonly reporter: ThrottledReporter;
}

/** How notifications end at one driver: each end is written into all books, exactly once. */
export class Fates {
  readonly #name: string;
  readonly #books: FateBooks;
  /** The kind of warning of each reason. */
  readonly #warningOf: Readonly<Record<DropReason, string>>;
  #lastReport: DriverReport = LOST_ON_DISK;

  constructor(name: string, books: FateBooks) {
    this.#name = name;
    this.#books = books;
    const reasons = Object.keys(STATUS_OF) as DropReason[];
    const warnings = reasons.map((reason) => [reason, `${name}:dropped:${reason}`]);
    this.#warningOf = Object.fromEntries(warnings) as Record<DropReason, string>;
  }

  delivered(entry: Entry): void {
    this.#books.account.deliver();
    this.leave(entry);
    this.#settleRecord(entry);
    entry.accepted.receipt.settle(this.#name, DELIVERED);
    publishDiagnostic(CHANNELS.delivered, this.#name, entry.accepted);
  }

  drop(entry: Entry, from: 'waiting' | 'inFlight', reason: DropReason, why: string): void {
    this.#books.account.drop(from, reason);
    this.leave(entry);
    this.#settleRecord(entry);
    const { receipt, eventType } = entry.accepted;
    this.#books.reporter.warn(this.#warningOf[reason], () => `${this.#name}: dropped ${eventType} (${reason}): ${why}`);
    receipt.settle(this.#name, this.#reportOf(reason, why));
    publishDiagnostic(CHANNELS.dropped, this.#name, entry.accepted, reason);
  }

  /** One that will never be taken as it is: to the dead letters where there are any, else it is dropped. */
  bury(entry: Entry, from: 'waiting' | 'inFlight', reason: DeadReason, why: string): void {
    const { journal, driver, account, reporter } = this.#books;
    const { accepted } = entry;
    if (!journal.deadLetter(accepted, driver, why)) {
      this.drop(entry, from, reason, why);
      return;
    }
    account.bury(from);
    this.leave(entry);
    reporter.warn(
      `${this.#name}:dead:${reason}`,
      () => `${this.#name}: ${accepted.eventType} is ${IS[reason]}, and a dead letter now: ${why}`,
    );
    accepted.receipt.settle(this.#name, { status: 'refused', reason: why });
    publishDiagnostic(CHANNELS.dropped, this.#name, accepted, reason);
  }

  /** One that was on disk only and cannot be read; the journal has told its receipt. */
  lost(generation: Generation): void {
    const { account, generations, reporter } = this.#books;
    account.drop('waiting', 'damaged');
    generations.leave(generation);
    reporter.warn(`${this.#name}:dropped:damaged`, () => `${this.#name}: dropped (damaged): ${UNREADABLE}`);
  }

  /** While a queue is full, every emit ends here, on the caller's stack: nothing is made that was made before. */
  #reportOf(reason: DropReason, why: string): DriverReport {
    const status = STATUS_OF[reason];
    if (this.#lastReport.status !== status || this.#lastReport.reason !== why) {
      this.#lastReport = Object.freeze({ status, reason: why });
    }
    return this.#lastReport;
  }

  /** It is no longer pending in memory. */
  leave(entry: Entry): void {
    this.#books.entries.leave(entry);
    this.#books.generations.leave(entry.generation);
  }

  #settleRecord({ accepted: { record } }: Entry): void {
    if (record !== undefined) this.#books.journal.settle(record, this.#books.driver);
  }
}
