import { Delivery, type DrainReport, type WaitOptions } from '../delivery/delivery.js';
import type { Driver } from '../delivery/driver.js';
import type { Accepted } from '../delivery/entry.js';
import type { Recipients } from '../delivery/recipients.js';
import type { Notification } from '../notification/notification.js';
import { processSlot } from '../notification/process-slot.js';

/** What a test is shown of everything that is told, on the stack that tells it. */
export interface Capture {
  take(notification: Notification): void;
  /** What was taken on this very stack is not told after all. */
  takeBack(notification: Notification): void;
}

const slot = processSlot<{ capture: Capture | undefined }>('capture', () => ({ capture: undefined }));

/**
 * From now on the notifiers that are made in this process deliver to `capture` and to no driver: no broker is connected
 * in a test, whatever is configured. Returns what ends it; the notifiers that were made until then stay as they are.
 */
export function beginCapture(capture: Capture): () => void {
  const before = slot.capture;
  slot.capture = capture;
  return () => {
    if (slot.capture === capture) slot.capture = before;
  };
}

export function currentCapture(): Capture | undefined {
  return slot.capture;
}

/** Stands in the place of all drivers. */
export function capturingDriver(): Driver {
  return { name: 'capture', batchSize: 100, async deliver() {} };
}

/** Shows what is accepted at once: a test must not have to wait for the background. */
export class CapturedDelivery extends Delivery {
  readonly #capture: Capture;
  #isClosed = false;

  constructor(capture: Capture, ...parts: ConstructorParameters<typeof Delivery>) {
    super(...parts);
    this.#capture = capture;
  }

  override accept(accepted: Accepted, recipients: Recipients): void {
    const notification = this.#isClosed ? undefined : sendable(accepted);
    if (notification !== undefined) this.#capture.take(notification);
    super.accept(accepted, recipients);
  }

  override retract(accepted: Accepted, recipients: Recipients): void {
    const notification = sendable(accepted);
    if (notification !== undefined) this.#capture.takeBack(notification);
    super.retract(accepted, recipients);
  }

  /** What is told from now on is dropped, as it is by every closed notifier. */
  override close(wait?: WaitOptions): Promise<DrainReport> {
    this.#isClosed = true;
    return super.close(wait);
  }
}

/** Undefined for what `validation: 'drop'` gives up: the background drops and counts it, and who tells it goes on. */
function sendable(accepted: Accepted): Notification | undefined {
  try {
    return accepted.notification;
  } catch {
    return undefined;
  }
}
