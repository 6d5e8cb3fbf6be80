import type { Driver, Notification, OutgoingMessage } from 'tidings';

/**
 * A driver of our own: it keeps every notification for the table at the end, and shows it when it comes. This is all
 * there is to a driver; tidings queues, encodes, retries and counts in front of it.
 */
export class Recorder implements Driver {
  readonly name = 'demo';
  readonly batchSize = 100;
  readonly notifications: Notification[] = [];
  readonly #show: (notification: Notification) => void;

  constructor(show: (notification: Notification) => void) {
    this.#show = show;
  }

  async deliver(batch: readonly OutgoingMessage[]): Promise<void> {
    for (const { notification } of batch) {
      this.notifications.push(notification);
      this.#show(notification);
    }
  }
}

/** For instance `07:18:08.114 INFO  image.send      bytes_sent=1000 destination_ip=127.0.0.1  op 2f1c9e44  3 ms`. */
export function line({ timestamp, priority, eventType, payload, context }: Notification): string {
  const parts = [`${timestamp.slice(11, 23)} ${priority.padEnd(5)} ${eventType.padEnd(19)}`, keyFields(payload)];
  if (context.operation_id !== undefined) parts.push(`op ${context.operation_id.slice(0, 8)}`);
  if (context.duration_ms !== undefined) parts.push(`${context.duration_ms.toFixed(1)} ms`);
  return parts.filter((part) => part !== '').join('  ');
}

const KEY_FIELDS = ['name', 'status', 'size', 'member_id', 'task_type', 'message', 'bytes_sent', 'receiver_user_id'];

function keyFields(payload: Notification['payload']): string {
  if (typeof payload !== 'object' || payload === null) return JSON.stringify(payload);
  return Object.entries(payload)
    .filter(([key, value]) => KEY_FIELDS.includes(key) && value !== null)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');
}
