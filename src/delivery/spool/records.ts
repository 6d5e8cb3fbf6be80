import type { Accepted } from '../entry.js';
import type { JournalReader } from '../journal.js';
import type { DriverReport } from '../receipt.js';
import { EvictedReceipts } from './evicted-receipts.js';
import { type FreshOwner, FreshRecords, lineOf, MAX_RECORDS } from './fresh-records.js';
import type { GroupCommit } from './group-commit.js';
import type { StoredNotification } from './record-format.js';
import { RecordGroup } from './record-group.js';
import type { Loaded, LoadedRow, StoredGroup } from './record-loader.js';
import { SpoolRecord, StoredAccepted } from './spool-record.js';

/** Sets of drivers are numbers, one bit each; the last bits are for other holders. */
export const MAX_DRIVERS = 29;
export const HELD_BY_OPERATION = 1 << 30;
const MAX_REMEMBERED_SETS = 1_000;

/**
 * The records of one notifier: those that somebody has in memory or that wait to be written are here, with the groups
 * that they are in; the others are on disk only. Keeps count of both.
 */
export class SpoolRecords implements FreshOwner {
  readonly #commit: GroupCommit;
  readonly #onWritten: () => void;
  readonly #receipts = new EvictedReceipts((sequence, driver) => this.#isPending(sequence, driver));
  /** Those that somebody waits for. */
  readonly #resident = new Map<number, SpoolRecord>();
  readonly #fresh = new FreshRecords(this);
  readonly #groups = new Map<number, RecordGroup>();
  #readers: readonly JournalReader[] = [];
  readonly #namesOf = new Map<number, readonly string[]>();
  #onDisk: number[] = [];
  #sequence = 0;
  #bytes = 0;
  #wanted = 0;
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

  get driverNames(): readonly string[] {
    return this.#readers.map(({ name }) => name);
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
    return this.#wanted === 0;
  }

  /** How many are on disk for this driver. */
  onDisk(driver: number): number {
    return this.#onDisk[driver] ?? 0;
  }

  names(drivers: number): readonly string[] {
    // Nearly always the same few sets.
    const known = this.#namesOf.get(drivers);
    if (known !== undefined) return known;
    const names = this.#readers.filter((_, driver) => (drivers & (1 << driver)) !== 0).map(({ name }) => name);
    if (this.#namesOf.size < MAX_REMEMBERED_SETS) this.#namesOf.set(drivers, names);
    return names;
  }

  nameOf(driver: number): string {
    return this.#readers[driver]?.name ?? '';
  }

  /** Begins a record, to be written soon. `held`: the drivers that have it in memory. */
  append(accepted: Accepted, pending: number, held: number): SpoolRecord {
    this.#sequence += 1;
    const record = new SpoolRecord(this.#sequence, accepted, pending, held, this.#hurry);
    accepted.record = record;
    this.#wanted += 1;
    this.#write(record);
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
    const { group } = record;
    const bit = 1 << driver;
    if (record.isDissolved || (record.pending & bit) === 0) return;
    record.pending &= ~bit;
    record.held &= ~bit;
    record.line = undefined;
    if (record.isDone) this.#leave(record);
    if (group?.settle(record.sequence, driver)) this.#touchGroup(group);
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
      const row = found.get(sequence);
      const record = this.#resident.get(sequence) ?? (row && this.#load(sequence, row));
      if (record === undefined) {
        // Not looked for: there was no room for more, or somebody else had it in memory a moment ago.
        if (sequence > end || !asked.has(sequence)) break;
        this.#lose(sequence, driver);
      } else record.held |= 1 << driver;
      taken.push(record?.accepted);
    }
    return taken;
  }

  written(group: RecordGroup, records: readonly SpoolRecord[]): void {
    this.#groups.set(group.key, group);
    for (const record of records) {
      if (record.isDissolved || record.isDone) continue;
      this.#unwrittenBytes -= record.accepted.bytes;
      group.residents += 1;
      record.accepted.receipt.written();
      this.#letGo(record);
    }
    if (this.#fresh.length > 0) this.#touchFresh();
    if (!group.isClean) this.#touchGroup(group);
    this.#drop(group);
  }

  changed(group: RecordGroup, counts: readonly number[], bytes: number): void {
    this.#onWritten();
    this.#bytes += bytes;
    for (const [driver, count] of counts.entries()) this.#count(driver, count);
    this.#drop(group);
  }

  unwritable(record: SpoolRecord): void {
    this.#dissolve(record);
  }

  lineOf(sequence: number): string | undefined {
    const record = this.#resident.get(sequence);
    return record && lineOf(record, this.names(record.pending));
  }

  /** Those that somebody waits for and that are not on disk. */
  unwritten(): Iterable<SpoolRecord> {
    return this.#fresh.unwritten();
  }

  /** The numbers of those that may be on disk and that nobody waits for. */
  *gone(): Iterable<number> {
    for (const group of [...this.#groups.values(), ...this.#fresh.groups]) if (!group.isClean) yield* group.done();
  }

  /** The disk fails: what is not on it is in memory only. Returns how many notifications that are. */
  keepInMemory(): number {
    const records = [...this.#fresh.unwritten()];
    for (const record of records) this.#dissolve(record);
    this.#fresh.clear();
    return records.length;
  }

  /** There is a new database: everything in memory is written there, also what came while there was none. */
  writeAnew(): void {
    this.#fresh.clear();
    for (const group of this.#groups.values()) {
      this.#commit.forget(group);
      for (const [driver, count] of group.counts.entries()) this.#count(driver, -count);
      for (const sequence of group.remaining()) {
        if (this.#resident.has(sequence)) continue;
        for (const [driver, reader] of this.#readers.entries()) {
          if (reader.isWaitingOnDisk(sequence)) this.#count(driver, 1);
        }
      }
    }
    this.#groups.clear();
    // What is on disk only is counted when it is copied.
    this.#bytes = 0;
    this.#unwrittenBytes = 0;
    for (const record of this.#resident.values()) {
      record.isAlone = record.group !== undefined;
      record.group = undefined;
      this.#write(record);
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

  /** What was on disk only is in the new database too. */
  copied(bytes: number): void {
    this.#bytes += bytes;
  }

  wakeReaders(): void {
    for (const reader of this.#readers) reader.wake();
  }

  #driversOf({ drivers }: StoredNotification): number {
    return this.#readers.reduce((bits, { name }, driver) => (drivers.includes(name) ? bits | (1 << driver) : bits), 0);
  }

  #write(record: SpoolRecord): void {
    this.#unwrittenBytes += record.accepted.bytes;
    this.#resident.set(record.sequence, record);
    this.#fresh.add(record);
    this.#touchFresh();
  }

  #touchFresh(): void {
    this.#commit.touch(this.#fresh, this.#fresh.length >= MAX_RECORDS ? 'now' : 'soon');
  }

  #touchGroup(group: RecordGroup): void {
    if (group.isOnDisk) this.#commit.touch(group, group.isDone ? 'along' : 'late');
  }

  /** Somebody waits until it is on disk. */
  readonly #hurry = (record: SpoolRecord): void => {
    if (record.group === undefined && !record.isDone && !record.isDissolved) this.#commit.touch(this.#fresh, 'now');
  };

  /** A record from disk. */
  #load(sequence: number, { stored, bytes, group: found }: LoadedRow): SpoolRecord {
    const group = this.#groups.get(found.key) ?? this.#found(found);
    const accepted = new StoredAccepted(stored, bytes, this.#receipts.receiptOf(sequence));
    const record = new SpoolRecord(sequence, accepted, this.#waiting(sequence), 0, this.#hurry);
    record.group = group;
    group.residents += 1;
    accepted.record = record;
    this.#resident.set(sequence, record);
    return record;
  }

  /** What was read may be older than what is known here: who waits for what is. */
  #found({ key, bytes, rows }: StoredGroup): RecordGroup {
    const sequences = rows.map(({ sequence }) => sequence);
    const pending = sequences.map((sequence) => this.#waiting(sequence));
    const group = RecordGroup.found(this, key, sequences, pending, bytes);
    this.#groups.set(key, group);
    return group;
  }

  /** The drivers that wait for a notification that is on disk. */
  #waiting(sequence: number): number {
    let drivers = this.#resident.get(sequence)?.pending ?? 0;
    for (const [driver, reader] of this.#readers.entries())
      if (reader.isWaitingOnDisk(sequence)) drivers |= 1 << driver;
    return drivers;
  }

  /** One on disk cannot be read. */
  #lose(sequence: number, driver: number): void {
    const group = [...this.#groups.values()].find((each) => each.settle(sequence, driver));
    if (group === undefined) this.#count(driver, -1);
    else this.#touchGroup(group);
    if (!this.#readers.some((reader, index) => index !== driver && reader.isWaitingOnDisk(sequence))) this.#wanted -= 1;
  }

  /** Frees the memory of what is on disk, and nobody holds. */
  #letGo(record: SpoolRecord): void {
    if (record.held !== 0 || record.isDissolved || record.isDone || !record.isOnDisk) return;
    if (!this.#resident.delete(record.sequence)) return;
    const { group } = record;
    record.accepted.evict(this.#receipts, record.sequence, this.names(record.pending));
    if (group === undefined) return;
    group.residents -= 1;
    this.#drop(group);
  }

  /** Nobody waits for it any longer. */
  #leave(record: SpoolRecord): void {
    this.#wanted -= 1;
    if (!this.#resident.delete(record.sequence)) return;
    if (record.isOnDisk) {
      if (record.group !== undefined) record.group.residents -= 1;
    } else this.#unwrittenBytes -= record.accepted.bytes;
  }

  /** Forgets a group that is on disk as it should be, and of which nothing is in memory. */
  #drop(group: RecordGroup): void {
    if (group.isClean && (group.isDone || group.residents === 0)) this.#groups.delete(group.key);
  }

  /** From now on it is in memory only: the drivers that counted on the disk get it back. */
  #dissolve(record: SpoolRecord): void {
    this.#leave(record);
    record.dissolve();
    // It may be on its way to the disk, where nobody waits for it any longer.
    for (let driver = 0; record.group !== undefined && driver < this.#readers.length; driver += 1) {
      record.group.settle(record.sequence, driver);
    }
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

  #count(driver: number, change: number): void {
    this.#onDisk[driver] = (this.#onDisk[driver] ?? 0) + change;
  }
}
