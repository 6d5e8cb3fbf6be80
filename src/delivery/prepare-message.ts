import { errorText } from '../notification/errors.js';
import type { Notification } from '../notification/notification.js';
import type { DropReason } from './accounting.js';
import type { Encoder, OutgoingMessage } from './driver.js';
import type { Entry } from './entry.js';

/** Why a notification cannot be sent, now or ever. */
export interface Unsendable {
  readonly reason: DropReason;
  readonly why: string;
}

/** What the driver gets for one more attempt. `maxBytes`: a longer body is not sent. */
export function prepareMessage(entry: Entry, encoder: Encoder, maxBytes: number): OutgoingMessage | Unsendable {
  const { topics } = entry.accepted;
  let notification: Notification;
  let body: string;
  try {
    notification = entry.accepted.notification;
    body = encoder.encode(notification, topics[0] as string);
  } catch (error) {
    return { reason: 'unserializable', why: `the wire format cannot hold it: ${errorText(error)}` };
  }
  // A character is at most three bytes: count them only where it matters.
  if (body.length * 3 > maxBytes && Buffer.byteLength(body) > maxBytes) {
    return { reason: 'too_large', why: `over ${maxBytes} bytes (maxMessageBytes)` };
  }
  entry.attempts += 1;
  const encode = (topic: string) => encoder.encode(notification, topic);
  return { notification, topics, body, contentType: encoder.contentType, attempt: entry.attempts, encode };
}
