import type { Accepted } from './entry.js';
import type { DriverHealth } from './health.js';
import type { JournalRecord } from './journal-record.js';
import type { DriverReport } from './receipt.js';

/** An instrumented call that has begun and not ended, as the journal remembers it. */
export interface OpenOperation {
  readonly isOpen: boolean;
}

/** What the journal needs of the dispatcher of one driver. */
export interface JournalReader {
  readonly name: string;
  /** There may be something to load. */
  wake(): void;
  /** Takes over a notification of an earlier process that is on disk, and not in memory. */
  recover(sequence: number): void;
  /** A notification that was to be only on disk cannot be written: it is kept in memory, or dropped. */
  reclaim(sequence: number, accepted: Accepted): void;
  /** What is in memory and has no record: to be written when the disk works again. */
  unwritten(): Iterable<Accepted>;
  /** True when the notification is on disk only and waits for this driver. */
  isWaitingOnDisk(sequence: number): boolean;
}

/** What a journal holds beside the accounts of the drivers. */
export interface JournalStats {
  /** Bytes of the notifications on disk that are not delivered. */
  readonly bytes: number;
  /** Accepted while the spool was full or its disk failed: kept in memory only, by the rules of the queue. */
  readonly unwritten: number;
  /** Records that could not be read; they are in the folder `damaged`. */
  readonly damaged: number;
  /** Directories of dead processes that were taken over. */
  readonly takenOver: number;
  /** Operations that a dead process left open and this one closed. */
  readonly orphans: number;
}

/**
 * Where accepted notifications are written down until they are delivered. The dispatchers work without one
 * ({@link NO_JOURNAL}); with one, a full queue frees memory, and what is left at the end stays on disk. A driver is
 * meant by its index, as given to {@link attach}. Nothing here throws or waits, but for what returns a promise.
 */
export interface Journal {
  /** True for {@link NO_JOURNAL}. */
  readonly isNone: boolean;
  /** Made known once, before anything else. */
  attach(readers: readonly JournalReader[]): void;
  start(): void;
  /** Resolves when the journal is open, or failed to, and what dead processes left was looked at. */
  started(): Promise<void>;
  /**
   * Writes it down, soon, for a set of drivers, one bit each: `accepted.record` is set; not when there is no room or the
   * disk fails.
   */
  append(accepted: Accepted, drivers: number): void;
  /** True while {@link append} has room for so many bytes. */
  hasRoom(bytes: number): boolean;
  /** The driver has delivered it or given it up. */
  settle(record: JournalRecord, driver: number): void;
  /** The driver no longer keeps it in memory; it is still to be delivered. */
  release(record: JournalRecord, driver: number): void;
  /** Sets it aside for an operator, and settles it. False when that cannot be done. */
  deadLetter(accepted: Accepted, driver: number, reason: string): boolean;
  /**
   * The first of these notifications, in their order, that fit into `maxBytes` (at least one): each as the driver now
   * keeps it, or undefined when it is lost. Rejects when the disk fails.
   */
  load(driver: number, sequences: readonly number[], maxBytes: number): Promise<(Accepted | undefined)[]>;
  /** Told of the end of a notification that was on disk only: who keeps its receipt learns of it. */
  report(driver: number, sequence: number, report: DriverReport): void;
  /** How many notifications for this driver are on disk. */
  onDisk(driver: number): number;
  /**
   * Remembers that an operation has begun: one whose process dies is closed by the next one, by `errorType`, which goes
   * to the `drivers` of these names.
   */
  openOperation(start: Accepted, errorType: string, drivers: readonly string[]): OpenOperation | undefined;
  closeOperation(operation: OpenOperation): void;
  /** True while something is not written. */
  readonly isDirty: boolean;
  /** Resolves when all is written, or cannot be. */
  flush(): Promise<void>;
  /** Releases everything. What is not delivered stays for the next process. */
  close(): Promise<void>;
  /** The process ends in this very moment: writes down what can still be. */
  closeNow(): void;
  health(): DriverHealth | undefined;
  stats(): JournalStats | undefined;
}

/** Without a spool everything is in memory only. */
export const NO_JOURNAL: Journal = Object.freeze({
  isNone: true,
  isDirty: false,
  attach() {},
  start() {},
  started: () => Promise.resolve(),
  append() {},
  hasRoom: () => false,
  settle() {},
  release() {},
  deadLetter: () => false,
  load: () => Promise.resolve([]),
  report() {},
  onDisk: () => 0,
  openOperation: () => undefined,
  closeOperation() {},
  flush: () => Promise.resolve(),
  close: () => Promise.resolve(),
  closeNow() {},
  health: () => undefined,
  stats: () => undefined,
});
