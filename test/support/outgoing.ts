import type { DriverHost, OutgoingMessage } from '../../src/delivery/driver.js';
import type { Notification } from '../../src/notification/notification.js';
import { plainFormat } from '../../src/wire/plain.js';

let told = 0;

/** A notification as a driver of the `plain` wire format is handed it. */
export function outgoing(changes: Partial<Notification> = {}): OutgoingMessage {
  told += 1;
  const notification: Notification = {
    messageId: `00000000-0000-4000-8000-${String(told).padStart(12, '0')}`,
    publisherId: 'image.host-1',
    eventType: 'image.update',
    priority: 'INFO',
    timestamp: '2026-11-20T07:18:08.114Z',
    payload: { id: 'i-1' },
    context: {},
    ...changes,
  };
  return {
    notification,
    topics: ['notifications'],
    body: plainFormat.encode(notification, 'notifications'),
    contentType: plainFormat.contentType,
    attempt: 1,
    encode: (topic) => plainFormat.encode(notification, topic),
  };
}

/** A host for a driver that is tested alone. */
export const silentHost: DriverHost = { unavailable() {}, degraded() {}, warn() {} };
