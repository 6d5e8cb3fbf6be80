import type { Accepted } from '../entry.js';
import type { JournalRecord } from '../journal-record.js';
import type { ReceiptSink } from '../receipt.js';
import type { Writable } from './group-commit.js';
import { notificationKey, partialKey } from './keys.js';
import type { BatchOperation } from './level.js';
import { encodeNotification, type StoredNotification } from './record-format.js';

/** What a record needs of the spool. Sets of drivers are numbers, one bit each. */
export interface RecordOwner {
  names(drivers: number): string[];
  /** It is written that the record waits for `drivers`; `before`: for which it did so until now. */
  written(record: SpoolRecord, before: number, drivers: number): void;
  /** It cannot be put together or written down. */
  unwritable(record: SpoolRecord): void;
}

/** One notification of this process in the spool, while somebody keeps it in memory or it waits to be written. */
export class SpoolRecord implements JournalRecord, Writable {
  readonly sequence: number;
  readonly accepted: Accepted;
  readonly #owner: RecordOwner;
  /** The drivers that have neither delivered it nor given it up. */
  pending: number;
  /** The drivers that keep it in memory. */
  held: number;
  /** The drivers that it waits for by what is on disk; none: it is not there. */
  onDisk: number;
  /** What it takes on disk, in bytes. */
  bytes = 0;
  #writing: number | undefined;
  isDissolved = false;

  constructor(owner: RecordOwner, sequence: number, accepted: Accepted, pending: number, held: number, onDisk = 0) {
    this.#owner = owner;
    this.sequence = sequence;
    this.accepted = accepted;
    this.pending = pending;
    this.held = held;
    this.onDisk = onDisk;
  }

  get isOnDisk(): boolean {
    return this.onDisk !== 0;
  }

  /** True when nobody waits for it. */
  get isDone(): boolean {
    return this.pending === 0;
  }

  /** True while the disk may hold less or more than {@link onDisk} says. */
  get isBeingWritten(): boolean {
    return this.#writing !== undefined;
  }

  prepare(operations: BatchOperation[]): boolean {
    const { sequence, pending, onDisk } = this;
    if (pending === onDisk) return false;
    if (pending === 0) {
      this.#writing = 0;
      operations.push({ type: 'del', key: notificationKey(sequence) }, { type: 'del', key: partialKey(sequence) });
      return false;
    }
    if (onDisk !== 0) {
      this.#writing = pending;
      const value = JSON.stringify(this.#owner.names(pending));
      operations.push({ type: 'put', key: partialKey(sequence), value });
      return false;
    }
    let value: string;
    try {
      value = encodeNotification(storedNotification(this.accepted, this.#owner.names(pending)));
    } catch {
      // What the wire format cannot hold either: its driver finds out, and counts it.
      this.#owner.unwritable(this);
      return false;
    }
    this.#writing = pending;
    this.bytes = Buffer.byteLength(value);
    operations.push({ type: 'put', key: notificationKey(sequence), value });
    return true;
  }

  committed(): void {
    const writing = this.#writing;
    this.#writing = undefined;
    if (writing === undefined || this.isDissolved) return;
    const before = this.onDisk;
    this.onDisk = writing;
    this.#owner.written(this, before, writing);
  }

  failed(): void {
    this.#writing = undefined;
  }

  /** It is no record any longer, whatever becomes of what is on its way to the disk. */
  dissolve(): void {
    this.isDissolved = true;
    this.accepted.record = undefined;
  }
}

/** `drivers`: the names of those that it is to be delivered by. Throws when the notification cannot be put together. */
export function storedNotification(accepted: Accepted, drivers: readonly string[]): StoredNotification {
  const { notification, topics, acceptedAt } = accepted;
  return { notification, topics, drivers, acceptedAt: Math.round(Date.now() - (performance.now() - acceptedAt)) };
}

/** A notification that was read from disk. */
export class StoredAccepted implements Accepted {
  readonly notification: StoredNotification['notification'];
  readonly topics: readonly string[];
  readonly bytes: number;
  readonly acceptedAt: number;
  readonly receipt: ReceiptSink;
  record: JournalRecord | undefined = undefined;

  constructor({ notification, topics, acceptedAt }: StoredNotification, bytes: number, receipt: ReceiptSink) {
    this.notification = notification;
    this.topics = topics;
    this.bytes = bytes;
    // A clock that was set back must not make it younger than new.
    this.acceptedAt = performance.now() - Math.max(0, Date.now() - acceptedAt);
    this.receipt = receipt;
  }

  get eventType(): string {
    return this.notification.eventType;
  }

  get messageId(): string {
    return this.notification.messageId;
  }

  /** Its receipt is asked by number already. */
  evict(): void {}
}
