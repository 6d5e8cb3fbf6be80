import { errorText, isTidingsError } from '../../notification/errors.js';
import type { Notification } from '../../notification/notification.js';
import { type Oversized, oversizedMarker } from '../../notification/oversized.js';
import type { DropReason } from '../accounting.js';
import type { Encoder, OutgoingMessage } from '../driver.js';
import type { Entry } from '../entry.js';

/** Why a notification cannot be sent, now or ever. */
export interface Unsendable {
  readonly reason: DropReason;
  readonly why: string;
}

export interface MessageLimits {
  /** The longest body, in bytes. */
  readonly maxMessageBytes: number;
  /** What is done with a longer one: dropped as `too_large`, or sent without its payload. */
  readonly oversized: Oversized;
}

/** What the driver gets for one more attempt. */
export function prepareMessage(entry: Entry, encoder: Encoder, limits: MessageLimits): OutgoingMessage | Unsendable {
  const { topics } = entry.accepted;
  const [topic] = topics as [string];
  const { maxMessageBytes: maxBytes } = limits;
  let notification: Notification;
  let body: string;
  try {
    notification = entry.accepted.notification;
    body = encoder.encode(notification, topic);
    if (limits.oversized === 'marker' && isLonger(body, maxBytes)) {
      notification = Object.freeze({ ...notification, payload: oversizedMarker(notification.payload) });
      body = encoder.encode(notification, topic);
    }
  } catch (error) {
    if (isTidingsError(error) && error.code === 'INVALID_PAYLOAD') return { reason: 'invalid', why: errorText(error) };
    return { reason: 'unserializable', why: `the wire format cannot hold it: ${errorText(error)}` };
  }
  if (isLonger(body, maxBytes)) return { reason: 'too_large', why: `over ${maxBytes} bytes (maxMessageBytes)` };
  entry.attempts += 1;
  const encode = (another: string) => encoder.encode(notification, another);
  return { notification, topics, body, contentType: encoder.contentType, attempt: entry.attempts, encode };
}

/** A character is at most three bytes: they are counted only where it matters. */
function isLonger(body: string, maxBytes: number): boolean {
  return body.length * 3 > maxBytes && Buffer.byteLength(body) > maxBytes;
}
