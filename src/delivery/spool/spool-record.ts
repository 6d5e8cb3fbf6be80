import type { Accepted } from '../entry.js';
import type { JournalRecord } from '../journal-record.js';
import type { ReceiptSink } from '../receipt.js';
import type { StoredNotification } from './record-format.js';
import type { RecordGroup } from './record-group.js';

/** One notification of this process in the spool, while somebody keeps it in memory or it waits to be written. */
export class SpoolRecord implements JournalRecord {
  readonly sequence: number;
  readonly accepted: Accepted;
  readonly #hurry: (record: SpoolRecord) => void;
  /** The drivers that have neither delivered it nor given it up: one bit each. */
  pending: number;
  /** The drivers that keep it in memory: one bit each. */
  held: number;
  /** What it was written with, or is being written with. */
  group: RecordGroup | undefined = undefined;
  /** What is about to be written; it holds for {@link pending} as it is. */
  line: string | undefined = undefined;
  /** It is a group of its own: what was written around it is elsewhere. */
  isAlone = false;
  /** It was written beside the database, at the end of the process. */
  isKept = false;
  isDissolved = false;

  constructor(
    sequence: number,
    accepted: Accepted,
    pending: number,
    held: number,
    hurry: (record: SpoolRecord) => void,
  ) {
    this.sequence = sequence;
    this.accepted = accepted;
    this.pending = pending;
    this.held = held;
    this.#hurry = hurry;
  }

  get isOnDisk(): boolean {
    return this.isKept || this.group?.isOnDisk === true;
  }

  /** True when nobody waits for it. */
  get isDone(): boolean {
    return this.pending === 0;
  }

  hurry(): void {
    this.#hurry(this);
  }

  /** It is no record any longer, whatever becomes of what is on its way to the disk. */
  dissolve(): void {
    this.isDissolved = true;
    this.accepted.record = undefined;
  }
}

/** `drivers`: the names of those that it is to be delivered by. Throws when the notification cannot be put together. */
export function storedNotification(accepted: Accepted, drivers: readonly string[]): StoredNotification {
  const { content, topics, acceptedAt } = accepted;
  return {
    notification: content,
    topics,
    drivers,
    acceptedAt: Math.round(Date.now() - (performance.now() - acceptedAt)),
  };
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

  get content(): StoredNotification['notification'] {
    return this.notification;
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
