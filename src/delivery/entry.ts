import type { Notification } from '../notification/notification.js';
import type { JournalRecord } from './journal-record.js';
import type { Generation } from './queue/generations.js';
import type { ReceiptHome, ReceiptSink } from './receipt.js';

/** One notification that was accepted, shared by the queues of all drivers. */
export interface Accepted {
  readonly eventType: string;
  /** Made when it is first asked for. */
  readonly messageId: string;
  /**
   * Put together when a driver first asks for it, in the background. May throw when it cannot be, and throws an
   * InvalidPayloadError each time when it must not be sent.
   */
  readonly notification: Notification;
  /** The same for who only reads it: it need not be frozen yet. */
  readonly content: Notification;
  readonly topics: readonly string[];
  /** About how much memory it holds, in bytes. */
  readonly bytes: number;
  /** When it was accepted, in milliseconds of the monotonic clock. */
  readonly acceptedAt: number;
  readonly receipt: ReceiptSink;
  /** Its place in the journal, which sets it; undefined while it is in memory only. */
  record: JournalRecord | undefined;
  /** Called when it is on disk and no driver keeps it in memory: `home` knows from now on what becomes of it. */
  evict(home: ReceiptHome, sequence: number, drivers: readonly string[]): void;
}

/** The same notification in the queue of one driver. */
export interface Entry {
  readonly accepted: Accepted;
  /** Its place in the order of this driver. */
  readonly sequence: number;
  readonly generation: Generation;
  attempts: number;
  /** Not to be sent again before this moment of the monotonic clock; 0 when it may go at once. */
  notBefore: number;
  /** The other end asked for it not to be sent again before this moment, so that no hurry moves it up; 0: did not. */
  heldUntil: number;
}
