import { randomUUID } from 'node:crypto';
import type { Notification } from '../../notification/notification.js';
import { processSlot } from '../../notification/process-slot.js';
import type { Accepted } from '../entry.js';
import type { OpenOperation } from '../journal.js';
import type { Writable } from './group-commit.js';
import { operationKey } from './keys.js';
import type { BatchOperation } from './level.js';
import { PROCESS_ID } from './process-identity.js';
import { encodeOperation, type StoredOperation } from './record-format.js';
import { storedNotification } from './spool-record.js';

/** The payload of what is told in place of the end that never came: the text of the error. */
export const CUT_OFF = 'the process ended before the operation did';

/** An operation that has begun. One that ends before its turn to be written costs nothing on disk. */
export class SpooledOperation implements OpenOperation, Writable {
  /** Its key on disk. */
  readonly key: string;
  readonly #encode: () => string;
  readonly #onEncoded: () => void;
  #value: string | undefined;
  #isWriting = false;
  isOpen = true;
  isOnDisk = false;

  private constructor(key: string, encode: () => string, onEncoded: () => void) {
    this.key = key;
    this.#encode = encode;
    this.#onEncoded = onEncoded;
  }

  /**
   * `start`: the notification that told the beginning; it must be kept whole until `onEncoded` is called. `drivers`: the
   * names of those that its end is told by.
   */
  static begin(
    start: Accepted,
    errorType: string,
    drivers: readonly string[],
    onEncoded: () => void,
  ): SpooledOperation {
    return new SpooledOperation(
      operationKey(randomUUID()),
      () => encodeOperation(cutOffOperation(start, errorType, drivers)),
      onEncoded,
    );
  }

  /** One that another notifier of this process has left open. */
  static keep(key: string, stored: StoredOperation): SpooledOperation {
    return new SpooledOperation(
      key,
      () => encodeOperation(stored),
      () => {},
    );
  }

  get isDone(): boolean {
    return !this.isOpen;
  }

  prepare(operations: BatchOperation[]): boolean {
    if (this.isOpen === this.isOnDisk) return false;
    const { key } = this;
    if (!this.isOpen) {
      this.#isWriting = true;
      operations.push({ type: 'del', key });
      return false;
    }
    try {
      this.encode();
    } catch {
      // Its start cannot be put together either, and is dropped.
      this.isOpen = false;
      return false;
    } finally {
      this.#onEncoded();
    }
    this.#isWriting = true;
    operations.push({ type: 'put', key, value: this.encode() });
    return true;
  }

  /** What is written of it. Throws when its start cannot be put together. */
  encode(): string {
    this.#value ??= this.#encode();
    return this.#value;
  }

  committed(): void {
    if (this.#isWriting) this.isOnDisk = !this.isOnDisk;
    this.#isWriting = false;
  }

  failed(): void {
    this.#isWriting = false;
  }

  /** The database that it was in is no more. */
  reset(): void {
    this.#isWriting = false;
    this.isOnDisk = false;
  }

  /** True when something has to be written since it ended. */
  end(): boolean {
    this.isOpen = false;
    if (this.#value === undefined) this.#onEncoded();
    return this.isOnDisk || this.#isWriting;
  }
}

/** The id of the notification is fixed here, so that it stays the same however often its telling is begun. */
function cutOffOperation(start: Accepted, errorType: string, drivers: readonly string[]): StoredOperation {
  const stored = storedNotification(start, drivers);
  const { context, publisherId, timestamp } = stored.notification;
  const { duration_ms: _, ...kept } = context;
  const notification: Notification = {
    messageId: randomUUID(),
    publisherId,
    eventType: errorType,
    priority: 'ERROR',
    timestamp,
    payload: CUT_OFF,
    context: kept,
  };
  return { ...stored, notification, process: PROCESS_ID };
}

/**
 * The operations whose notifier was closed while they ran, by their keys: how to end them where they are kept now, or
 * that they have ended. The process lives on, so they are not cut off.
 */
const outliving = processSlot('outliving-operations', () => new Map<string, 'ended' | (() => void)>());

/** The notifier of this operation is closed, and now it has ended. */
export function endElsewhere({ key }: SpooledOperation): void {
  const end = outliving.get(key);
  if (typeof end === 'function') {
    outliving.delete(key);
    end();
  } else outliving.set(key, 'ended');
}

/** True when it goes on, and `end` will be called when it ends. */
export function keepElsewhere(key: string, end: () => void): boolean {
  if (outliving.get(key) === 'ended') {
    outliving.delete(key);
    return false;
  }
  outliving.set(key, end);
  return true;
}
