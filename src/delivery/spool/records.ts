import type { Accepted } from '../entry.js';
import type { JournalReader } from '../journal.js';
import type { DriverReport } from '../receipt.js';
import { EvictedReceipts } from './evicted-receipts.js';
import type { GroupCommit } from './group-commit.js';
import type { StoredNotification } from './record-format.js';
import type { Loaded } from './record-loader.js';
import { type RecordOwner, SpoolRecord, StoredAccepted } from './spool-record.js';

/** Sets of drivers are numbers, one bit each; the last bits are for other holders. */
export const MAX_DRIVERS = 29;
export const HELD_BY_OPERATION = 1 << 30;

/**
 * The records of one notifier: those that somebody has in memory or that have changes to be written are here, the
 * others are on disk only. Keeps count of both.
 */
export class SpoolRecords implements RecordOwner {
  readonly #commit: GroupCommit;
  readonly #onWritten: () => void;
  readonly #receipts = new EvictedReceipts((sequence, driver) => this.#isPending(sequence, driver));
  readonly #resident = new Map<number, SpoolRecord>();
  #readers: readonly JournalReader[] = [];
  #onDisk: number[] = [];
  #sequence = 0;
  #bytes = 0;
  #stored = 0;
  #unwrittenBytes = 0;

  /** `onWritten` is called when the disk has proved to work. */
  constructor(commit: GroupCommit, onWritten: () => void) {
    this.#commit = commit;
    this.#onWritten = onWritten;
  }

  attach(readers: readonly JournalReader[]): void {
    this.#readers = readers;
    this.#onDisk = readers.map(() => 0);
  }

  get allDrivers(): number {
    return 2 ** this.#readers.length - 1;
  }

  /** What is on disk, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What waits to be written, in bytes of memory (an estimate). */
  get unwrittenBytes(): number {
    return this.#unwrittenBytes;
  }

  /** True when nobody waits for anything that is on disk, or is about to be. */
  get isEmpty(): boolean {
    let done = 0;
    for (const record of this.#resident.values()) {
      if (!record.isDone) return false;
      if (record.isOnDisk) done += 1;
    }
    return this.#stored === done;
  }

  /** How many are on disk for this driver. */
  onDisk(driver: number): number {
    return this.#onDisk[driver] ?? 0;
  }

  names(drivers: number): string[] {
    return this.#readers.filter((_, driver) => (drivers & (1 << driver)) !== 0).map(({ name }) => name);
  }

  nameOf(driver: number): string {
    return this.#readers[driver]?.name ?? '';
  }

  /** Begins a record, to be written soon. `held`: the drivers that have it in memory. */
  append(accepted: Accepted, pending: number, held: number): SpoolRecord {
    this.#sequence += 1;
    const record = new SpoolRecord(this, this.#sequence, accepted, pending, held);
    accepted.record = record;
    this.#unwrittenBytes += accepted.bytes;
    this.#resident.set(record.sequence, record);
    this.#commit.touch(record, true);
    return record;
  }

  /** Takes over a notification of another process, for those of its drivers that are here. */
  adopt(stored: StoredNotification): SpoolRecord {
    const bytes = JSON.stringify(stored.notification.payload).length;
    const accepted = new StoredAccepted(stored, bytes, this.#receipts.receiptOf(this.#sequence + 1));
    const drivers = this.#driversOf(stored);
    const record = this.append(accepted, drivers, 0);
    for (const [driver, reader] of this.#readers.entries()) {
      if ((drivers & (1 << driver)) !== 0) reader.recover(record.sequence);
    }
    return record;
  }

  settle(record: SpoolRecord, driver: number): void {
    if (record.isDissolved) return;
    record.pending &= ~(1 << driver);
    record.held &= ~(1 << driver);
    if (record.isDone && !record.isOnDisk && !record.isBeingWritten) {
      this.#commit.forget(record);
      this.#forget(record);
    } else this.#commit.touch(record, false);
  }

  release(record: SpoolRecord, holder: number): void {
    record.held &= ~holder;
    this.#letGo(record);
  }

  /** A notification that is on disk only is at its end: who keeps its receipt is told. */
  report(driver: number, sequence: number, report: DriverReport): void {
    this.#receipts.settle(sequence, this.nameOf(driver), report);
  }

  isResident(sequence: number): boolean {
    return this.#resident.has(sequence);
  }

  isOnDiskOnly(sequence: number): boolean {
    return !this.#resident.has(sequence) && this.#readers.some((reader) => reader.isWaitingOnDisk(sequence));
  }

  /** The driver now keeps these, those that were loaded included; undefined for those that are lost. */
  take(driver: number, sequences: readonly number[], { found, asked, end }: Loaded): (Accepted | undefined)[] {
    const taken: (Accepted | undefined)[] = [];
    for (const sequence of sequences) {
      let record = this.#resident.get(sequence);
      const row = found.get(sequence);
      if (record === undefined && row !== undefined) {
        const accepted = new StoredAccepted(row.stored, row.bytes, this.#receipts.receiptOf(sequence));
        const drivers = this.#driversOf(row.stored) | (1 << driver);
        record = new SpoolRecord(this, sequence, accepted, drivers, 0, drivers);
        record.bytes = row.bytes;
        accepted.record = record;
        this.#resident.set(sequence, record);
      }
      if (record === undefined) {
        // Not looked for: there was no room for more, or somebody else had it in memory a moment ago.
        if (sequence > end || !asked.has(sequence)) break;
        this.#count(1 << driver, -1);
        if (!this.#readers.some((reader, index) => index !== driver && reader.isWaitingOnDisk(sequence))) {
          this.#stored -= 1;
        }
      } else record.held |= 1 << driver;
      taken.push(record?.accepted);
    }
    return taken;
  }

  written(record: SpoolRecord, before: number, drivers: number): void {
    this.#onWritten();
    this.#count(before, -1);
    this.#count(drivers, 1);
    if (before === 0 && drivers !== 0) {
      this.#bytes += record.bytes;
      this.#stored += 1;
      this.#unwrittenBytes -= record.accepted.bytes;
      record.accepted.receipt.written();
    } else if (drivers === 0) {
      this.#bytes -= record.bytes;
      this.#stored -= 1;
    }
    if (record.pending !== drivers) this.#commit.touch(record, false);
    else this.#letGo(record);
  }

  unwritable(record: SpoolRecord): void {
    this.#dissolve(record);
  }

  /** The disk fails: what is not on it is in memory only. Returns how many notifications that are. */
  keepInMemory(): number {
    let count = 0;
    for (const item of this.#commit.unwritten()) {
      if (!(item instanceof SpoolRecord) || item.isOnDisk) continue;
      if (!item.isDone) count += 1;
      this.#dissolve(item);
    }
    return count;
  }

  /** There is a new database: everything in memory is written there, also what came while there was none. */
  writeAnew(): void {
    for (const record of this.#resident.values()) {
      if (record.isOnDisk) {
        this.#count(record.onDisk, -1);
        this.#bytes -= record.bytes;
        this.#stored -= 1;
        this.#unwrittenBytes += record.accepted.bytes;
        record.onDisk = 0;
      }
      if (!record.isDone) this.#commit.touch(record, true);
      else {
        this.#commit.forget(record);
        this.#forget(record);
      }
    }
    const unwritten = new Map<Accepted, number>();
    for (const [driver, reader] of this.#readers.entries()) {
      for (const accepted of reader.unwritten()) {
        unwritten.set(accepted, (unwritten.get(accepted) ?? 0) | (1 << driver));
      }
    }
    for (const [accepted, drivers] of unwritten) this.append(accepted, drivers, drivers);
    this.wakeReaders();
  }

  wakeReaders(): void {
    for (const reader of this.#readers) reader.wake();
  }

  #driversOf({ drivers }: StoredNotification): number {
    return this.#readers.reduce((bits, { name }, driver) => (drivers.includes(name) ? bits | (1 << driver) : bits), 0);
  }

  /** Frees the memory of what is on disk as it is, and nobody holds. */
  #letGo(record: SpoolRecord): void {
    if (record.held !== 0 || record.isBeingWritten || record.pending !== record.onDisk) return;
    if (!this.#resident.delete(record.sequence) || record.isDone) return;
    record.accepted.evict(this.#receipts, record.sequence, this.names(record.pending));
  }

  /** A record that is not on disk, and is not going to be. */
  #forget(record: SpoolRecord): void {
    if (this.#resident.delete(record.sequence)) this.#unwrittenBytes -= record.accepted.bytes;
  }

  /** From now on it is in memory only: the drivers that counted on the disk get it back. */
  #dissolve(record: SpoolRecord): void {
    this.#commit.forget(record);
    this.#forget(record);
    record.dissolve();
    for (const [driver, reader] of this.#readers.entries()) {
      const bit = 1 << driver;
      if ((record.pending & bit) !== 0 && (record.held & bit) === 0) reader.reclaim(record.sequence, record.accepted);
    }
  }

  #isPending(sequence: number, driver: string): boolean {
    const index = this.#readers.findIndex(({ name }) => name === driver);
    const record = this.#resident.get(sequence);
    if (record !== undefined && (record.pending & (1 << index)) !== 0) return true;
    return this.#readers[index]?.isWaitingOnDisk(sequence) ?? false;
  }

  #count(drivers: number, change: number): void {
    for (let driver = 0; driver < this.#onDisk.length; driver += 1) {
      if ((drivers & (1 << driver)) !== 0) this.#onDisk[driver] = (this.#onDisk[driver] ?? 0) + change;
    }
  }
}
