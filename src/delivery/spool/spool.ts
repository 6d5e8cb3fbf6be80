import { errorText } from '../../notification/errors.js';
import type { ThrottledReporter } from '../../notification/reporter.js';
import type { Accepted } from '../entry.js';
import type { DriverHealth } from '../health.js';
import type { Journal, JournalReader, JournalStats, OpenOperation } from '../journal.js';
import type { JournalRecord } from '../journal-record.js';
import type { DriverReport } from '../receipt.js';
import { DeadLetters } from './dead-letters.js';
import { writeExitFile } from './exit-file.js';
import { GroupCommit } from './group-commit.js';
import type { Instance } from './instance.js';
import { type Level, levelErrorText } from './level.js';
import { endElsewhere, keepElsewhere, SpooledOperation } from './open-operation.js';
import { PROCESS_ID } from './process-identity.js';
import { encodeDeadLetter, type StoredOperation } from './record-format.js';
import { loadStored } from './record-loader.js';
import { HELD_BY_OPERATION, SpoolRecords } from './records.js';
import { SetAside } from './set-aside.js';
import { SpoolDisk } from './spool-disk.js';
import { type SpoolRecord, storedNotification } from './spool-record.js';
import { Takeover } from './takeover.js';

export interface SpoolOptions {
  /** Created with mode 0700 where it is missing. */
  readonly directory: string;
  /** The most that undelivered notifications of one notifier take on disk, in bytes; dead letters as much again. */
  readonly maxBytes: number;
  /** How often directories of dead processes are looked for, in milliseconds; spread by half. */
  readonly scanMs: number;
  /** False for an event type that is turned off: then the operations that a dead process left open are not told of. */
  readonly isEnabled: (eventType: string) => boolean;
}

/** The most that may wait to be written, in bytes of memory (an estimate): more is taken by the rules of the queue. */
const MAX_UNWRITTEN_BYTES = 32 * 1024 ** 2;

/**
 * The journal on disk, in a LevelDB directory of its own. Every accepted notification is written by group commit, and
 * crossed out when all drivers are done with it. When the disk fails, everything goes on in memory, and a new directory
 * is begun as soon as that is possible.
 */
export class Spool implements Journal {
  readonly isNone = false;
  readonly #options: SpoolOptions;
  readonly #reporter: ThrottledReporter;
  readonly #commit = new GroupCommit((error) => this.#disk.fail(error));
  readonly #records = new SpoolRecords(this.#commit, () => this.#disk.works());
  readonly #operations = new Set<SpooledOperation>();
  readonly #disk: SpoolDisk;
  readonly #deadLetters: DeadLetters;
  readonly #setAside: SetAside;
  readonly #takeover: Takeover;
  /** The groups on disk whose damage is told. */
  readonly #damaged = new Set<number>();
  #drivers: readonly string[] = [];
  #unwritten = 0;
  #orphans = 0;
  #isClosed = false;
  #started: Promise<void> = Promise.resolve();

  constructor(level: Level, options: SpoolOptions, reporter: ThrottledReporter) {
    this.#options = options;
    this.#reporter = reporter;
    this.#deadLetters = new DeadLetters(options.directory, options.maxBytes, reporter);
    this.#setAside = new SetAside(options.directory, reporter);
    const tools = { level, setAside: this.#setAside, reporter };
    this.#disk = new SpoolDisk(options.directory, tools, {
      opened: (instance) => this.#writeAnew(instance),
      migrated: () => this.#records.wakeReaders(),
      failed: () => {
        this.#commit.use(undefined);
        this.#unwritten += this.#records.keepInMemory();
      },
      idle: () => this.#commit.idle(),
      isOnDiskOnly: (sequence) => this.#records.isOnDiskOnly(sequence),
      copied: (bytes) => this.#records.copied(bytes),
    });
    this.#takeover = new Takeover(options, tools, {
      names: () => this.#drivers,
      instance: () => this.#disk.instance,
      isOwn: (path) => this.#disk.isOwn(path),
      adopt: (stored) => this.#records.adopt(stored),
      adoptOperation: (key, operation) => this.#adoptOperation(key, operation),
      hasRoom: (bytes) => this.#hasRoom(bytes),
      flush: () => this.#commit.flush(),
    });
  }

  get isDirty(): boolean {
    return this.#disk.instance !== undefined && (this.#commit.isDirty || this.#deadLetters.isDirty);
  }

  attach(readers: readonly JournalReader[]): void {
    this.#drivers = readers.map(({ name }) => name);
    this.#records.attach(readers);
  }

  start(): void {
    this.#started = this.#open();
  }

  started(): Promise<void> {
    return this.#started;
  }

  append(accepted: Accepted, drivers: number): void {
    if (this.#canWrite(accepted.bytes)) this.#records.append(accepted, drivers, drivers);
    else this.#unwritten += 1;
  }

  hasRoom(bytes: number): boolean {
    if (this.#disk.instance === undefined) return false;
    return this.#records.unwrittenBytes + bytes <= MAX_UNWRITTEN_BYTES && this.#hasRoom(bytes);
  }

  settle(record: JournalRecord, driver: number): void {
    this.#records.settle(record as SpoolRecord, driver);
  }

  release(record: JournalRecord, driver: number): void {
    this.#records.release(record as SpoolRecord, 1 << driver);
  }

  deadLetter(accepted: Accepted, driver: number, reason: string): boolean {
    const record = accepted.record as SpoolRecord | undefined;
    if (record === undefined || (this.#disk.instance === undefined && !this.#disk.isOpening)) return false;
    const stored = storedNotification(accepted, [this.#records.nameOf(driver)]);
    const line = encodeDeadLetter({ ...stored, reason, refusedAt: Date.now() });
    return this.#deadLetters.add(line, () => this.#records.settle(record, driver));
  }

  async load(driver: number, sequences: readonly number[], maxBytes: number): Promise<(Accepted | undefined)[]> {
    const { store } = await this.#disk.readable();
    try {
      for (;;) {
        const missing = sequences.filter((sequence) => !this.#records.isResident(sequence));
        const loaded = await loadStored(store, missing, maxBytes, this.#setAside, this.#damaged);
        const taken = this.#records.take(driver, sequences, loaded);
        if (taken.length > 0 || sequences.length === 0) return taken;
      }
    } catch (error) {
      // A part of the database that cannot be read: what is readable goes to a new one.
      this.#disk.fail(error, true);
      throw error;
    }
  }

  report(driver: number, sequence: number, report: DriverReport): void {
    this.#records.report(driver, sequence, report);
  }

  onDisk(driver: number): number {
    return this.#records.onDisk(driver);
  }

  openOperation(start: Accepted, errorType: string, drivers: readonly string[]): OpenOperation | undefined {
    const record = start.record as SpoolRecord | undefined;
    if (record === undefined) return undefined;
    record.held |= HELD_BY_OPERATION;
    const release = () => this.#records.release(record, HELD_BY_OPERATION);
    const operation = SpooledOperation.begin(start, errorType, drivers, release);
    this.#operations.add(operation);
    this.#commit.touch(operation, 'soon');
    return operation;
  }

  closeOperation(operation: OpenOperation): void {
    const spooled = operation as SpooledOperation;
    if (!this.#operations.delete(spooled)) return;
    if (this.#isClosed) endElsewhere(spooled);
    else if (spooled.end()) this.#commit.touch(spooled, 'along');
    else this.#commit.forget(spooled);
  }

  async flush(): Promise<void> {
    if (this.#disk.isOpening) await this.#started;
    await this.#deadLetters.flush();
    await this.#commit.flush();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    await this.#takeover.close();
    await this.flush();
    this.#isClosed = true;
    this.#deadLetters.close();
    this.#commit.use(undefined);
    try {
      await this.#disk.close(this.#isEmpty);
    } catch (error) {
      this.#reporter.warn('spool:close', () => `spool: closing failed: ${levelErrorText(error)}`);
    }
  }

  closeNow(): void {
    const { instance } = this.#disk;
    if (instance === undefined) return;
    try {
      if (this.#isEmpty && instance.removeNow()) return;
      const records = [...this.#records.unwritten()];
      const operations = [...this.#commit.unwritten()].filter((item) => item instanceof SpooledOperation);
      const gone = this.#records.gone();
      writeExitFile(instance.path, { records, gone, operations }, (drivers) => this.#records.names(drivers));
      for (const record of records) record.isKept = true;
    } catch (error) {
      this.#reporter.warn('spool:exit', () => `spool: the last notifications cannot be written: ${errorText(error)}`);
    }
  }

  health(): DriverHealth {
    return this.#disk.health.current;
  }

  stats(): JournalStats {
    return {
      bytes: this.#records.bytes,
      unwritten: this.#unwritten,
      damaged: this.#setAside.count,
      takenOver: this.#takeover.takenOver,
      orphans: this.#orphans,
    };
  }

  async #open(): Promise<void> {
    await this.#disk.open();
    await this.#deadLetters.measure().catch(() => undefined);
    await this.#takeover.start();
  }

  #canWrite(bytes: number): boolean {
    if (this.#disk.instance === undefined && !this.#disk.isOpening) return false;
    if (this.#records.unwrittenBytes + bytes > MAX_UNWRITTEN_BYTES) return false;
    if (this.#hasRoom(bytes)) return true;
    this.#reporter.warn('spool:full', () => {
      const { maxBytes } = this.#options;
      return `spool: full, over ${maxBytes} bytes (spoolMaxBytes): what comes is kept in memory only`;
    });
    return false;
  }

  #hasRoom(bytes: number): boolean {
    return this.#records.bytes + this.#records.unwrittenBytes + bytes <= this.#options.maxBytes;
  }

  /** An operation that a process left open: closed by an error, unless that process is this one. */
  #adoptOperation(key: string, operation: StoredOperation): SpoolRecord | SpooledOperation | undefined {
    if (operation.process === PROCESS_ID) {
      const kept = SpooledOperation.keep(key, operation);
      if (!keepElsewhere(key, () => this.closeOperation(kept))) return undefined;
      this.#operations.add(kept);
      this.#commit.touch(kept, 'soon');
      return kept;
    }
    if (!this.#options.isEnabled(operation.notification.eventType)) return undefined;
    this.#orphans += 1;
    const now = Date.now();
    const notification = { ...operation.notification, timestamp: new Date(now).toISOString() };
    return this.#records.adopt({ ...operation, notification, acceptedAt: now });
  }

  /** There is a new directory: everything that is in memory is written there; the rest is copied from the old one. */
  #writeAnew({ store }: Instance): void {
    for (const item of this.#commit.unwritten()) {
      if (item instanceof SpooledOperation && !item.isOpen) this.#commit.forget(item);
    }
    for (const operation of this.#operations) {
      operation.reset();
      this.#commit.touch(operation, 'soon');
    }
    this.#records.writeAnew();
    this.#commit.use(store);
  }

  get #isEmpty(): boolean {
    return this.#operations.size === 0 && this.#records.isEmpty;
  }
}
