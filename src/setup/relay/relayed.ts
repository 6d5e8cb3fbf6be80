import type { Accepted } from '../../delivery/entry.js';
import type { JournalRecord } from '../../delivery/journal-record.js';
import { PendingReceipt, type ReceiptHome } from '../../delivery/receipt.js';
import type { Notification } from '../../notification/notification.js';

/** A notification of somebody else's on its way. */
export class Relayed extends PendingReceipt implements Accepted {
  readonly topics: readonly string[];
  readonly bytes: number;
  readonly acceptedAt = performance.now();
  readonly #messageId: string;
  readonly #eventType: string;
  #notification: Notification | undefined;
  record: JournalRecord | undefined = undefined;

  constructor(drivers: readonly string[], notification: Notification, topics: readonly string[], bytes: number) {
    super(drivers);
    this.topics = topics;
    this.bytes = bytes;
    this.#messageId = notification.messageId;
    this.#eventType = notification.eventType;
    this.#notification = notification;
  }

  override get messageId(): string {
    return this.#messageId;
  }

  get eventType(): string {
    return this.#eventType;
  }

  get receipt(): PendingReceipt {
    return this;
  }

  get notification(): Notification {
    if (this.#notification === undefined) throw new Error('it is on disk');
    return this.#notification;
  }

  /** Drivers only read it. */
  get content(): Notification {
    return this.notification;
  }

  evict(home: ReceiptHome, sequence: number, drivers: readonly string[]): void {
    this.#notification = undefined;
    this.leaveTo(home, sequence, drivers);
  }

  protected override onSettled(): void {
    this.#notification = undefined;
  }

  protected override onDurableAsked(): void {
    this.record?.hurry();
  }
}
