import { hash } from 'node:crypto';
import type { Notification } from '../notification/notification.js';
import type { WireFormat } from './wire-format.js';

/**
 * oslo.messaging's envelope 2.0, as its `messagingv2` driver sends it: the notification as a JSON *string* inside of a
 * JSON object, ASCII only, the context flattened to `_context_<key>`.
 * Source: oslo_messaging/_drivers/common.py (serialize_msg) and oslo_messaging/notify/notifier.py.
 */
export const osloFormat: WireFormat = {
  name: 'oslo',
  contentType: 'application/json',
  encode(notification, topic) {
    const inner: Record<string, unknown> = {
      message_id: notification.messageId,
      publisher_id: notification.publisherId,
      event_type: notification.eventType,
      priority: notification.priority,
      payload: notification.payload,
      timestamp: pythonTimestamp(notification.timestamp),
      _unique_id: uniqueId(notification, topic),
    };
    for (const key of Object.keys(notification.context)) inner[`_context_${key}`] = notification.context[key];
    return `{"oslo.version":"2.0","oslo.message":${JSON.stringify(asciiJson(inner))}}`;
  },
};

/** `2026-11-20 07:18:08.114000`: naive UTC, a space, six digits, as Python's `str(datetime.utcnow())`. */
function pythonTimestamp(timestamp: string): string {
  // Nearly all are of this length: those of a year with four digits.
  if (timestamp.length === 24) return `${timestamp.slice(0, 10)} ${timestamp.slice(11, 23)}000`;
  const [date = '', time = ''] = timestamp.replace(/Z$/, '').split('T');
  const [seconds = '', fraction = ''] = time.split('.');
  return `${date} ${seconds}.${fraction.padEnd(6, '0')}`;
}

/**
 * Consumers drop a message whose `_unique_id` they have seen. It is derived, so that it stays the same over retries and
 * restarts, and differs by topic, so that a consumer of two topics gets both.
 */
function uniqueId({ messageId }: Notification, topic: string): string {
  return hash('sha256', `${messageId} ${topic}`, 'hex').slice(0, 32);
}

/** JSON with everything outside of ASCII escaped, as Python's `json.dumps` writes it. */
function asciiJson(value: unknown): string {
  const json = JSON.stringify(value);
  if (Buffer.byteLength(json) === json.length) return json;
  // DEL (0x7f) is ASCII and stays, as in Python.
  return json.replace(/[\u0080-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
