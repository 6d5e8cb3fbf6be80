import { isUtf8 } from 'node:buffer';
import type { Notification } from '../notification/notification.js';
import { decodeCloudEvent } from './decode-cloudevents.js';
import { decodeBare, decodeEnvelope, decodeRequest, isEnvelope } from './decode-oslo.js';
import { decompress } from './decompress.js';
import { type Fields, isFields, kindOf, Malformed } from './fields.js';
import { parseJson } from './parse-json.js';

/** How a message was written. `oslo` has two forms: the envelope and, as version 1 sends it, without. */
export type DecodedFormat = 'oslo' | 'plain' | 'cloudevents';

/** What came of a message: a notification, or the reason why it is none. */
export type Decoded =
  | { readonly notification: Notification; readonly format: DecodedFormat }
  | { readonly reason: string };

export interface DecodeOptions {
  /** A longer body, as it came or decompressed, is malformed: bytes. Default: 16 MiB. */
  readonly maxBytes?: number;
}

const DEFAULT_MAX_BYTES = 16 * 1024 ** 2;

/**
 * Reads a message in any of the formats, told apart by what is in it: oslo.messaging's envelope 2.0, its bare form
 * (version 1), the body of its AMQP 1.0 driver, our plain format, a CloudEvent in structured mode. `headers`: those of
 * the AMQP message, of which `compression` is heeded. Never throws, whatever the body: what is no notification gives a
 * reason, one short line with nothing of the payload.
 *
 * - A missing or null publisher id or event type is the empty text; a missing `message_id` becomes a new UUID at each
 *   call, a missing time the present.
 * - What our three formats wrote is read as it was, any JSON in payload and context, for times of the years 0 to 9999
 *   and message ids that are not empty. CloudEvents has no lone surrogates in `source`: those are replaced.
 * - Times keep their microseconds: `2026-11-20T07:18:08.114703Z`; those of whole milliseconds have three digits.
 */
export function decodeNotification(
  body: string | Uint8Array,
  headers: Readonly<Record<string, unknown>> | undefined = undefined,
  { maxBytes = DEFAULT_MAX_BYTES }: DecodeOptions = {},
): Decoded {
  const text = readBody(body, headers?.compression, maxBytes);
  if (text instanceof Malformed) return { reason: text.reason };
  const fields = parseJson(text, 'the body');
  if (fields instanceof Malformed) return { reason: fields.reason };
  if (!isFields(fields)) return { reason: `the body is JSON of ${kindOf(fields)}, not an object` };
  const format = formatOf(fields);
  const notification = decodeAs(format, fields);
  return notification instanceof Malformed ? { reason: notification.reason } : { notification, format };
}

function readBody(body: string | Uint8Array, compression: unknown, maxBytes: number): string | Malformed {
  // A character is at least one byte.
  if (body.length > maxBytes) return new Malformed(`over ${maxBytes} bytes`);
  let bytes = body;
  if (compression !== undefined && compression !== null && typeof bytes !== 'string') {
    const plain = decompress(bytes, compression, maxBytes);
    if (plain instanceof Malformed) return plain;
    bytes = plain;
  }
  if (typeof bytes === 'string') return bytes;
  if (!isUtf8(bytes)) return new Malformed('the body is not UTF-8');
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

function formatOf(fields: Fields): DecodedFormat {
  if ('specversion' in fields) return 'cloudevents';
  if (isEnvelope(fields) || 'request' in fields) return 'oslo';
  return 'context' in fields ? 'plain' : 'oslo';
}

function decodeAs(format: DecodedFormat, fields: Fields): Notification | Malformed {
  if (format === 'cloudevents') return decodeCloudEvent(fields);
  if (isEnvelope(fields)) return decodeEnvelope(fields);
  return 'request' in fields && !('event_type' in fields) ? decodeRequest(fields) : decodeBare(fields);
}
