import type { JsonValue } from '../notification/json.js';
import type { Notification, NotificationContext } from '../notification/notification.js';
import {
  asJson,
  type Fields,
  isFields,
  kindOf,
  Malformed,
  readId,
  readPriority,
  readText,
  readTime,
} from './fields.js';
import { parseJson } from './parse-json.js';

const CONTEXT_PREFIX = '_context_';

/**
 * oslo.messaging's envelope 2.0: the notification as JSON in a text. As Python's listeners, only the text "2.0" is
 * taken: another version may mean something else by the same names.
 */
export function decodeEnvelope(envelope: Fields): Notification | Malformed {
  const version = envelope['oslo.version'];
  const message = envelope['oslo.message'];
  if (version !== '2.0') {
    const found = typeof version === 'string' ? JSON.stringify(version.slice(0, 20)) : kindOf(version);
    return new Malformed(`oslo.version is ${found}, not the text "2.0"`);
  }
  if (typeof message !== 'string') return new Malformed(`oslo.message is ${kindOf(message)}, not JSON in a text`);
  const inner = parseJson(message, 'oslo.message');
  if (inner instanceof Malformed) return inner;
  return isFields(inner) ? decodeBare(inner) : new Malformed(`oslo.message is JSON of ${kindOf(inner)}, not an object`);
}

/**
 * The six attributes by their names on the wire: oslo.messaging's version 1 with the context as `_context_<key>`, and
 * our plain format with the context as one object. `_unique_id`, `_msg_id`, `_reply_q`, `_timeout` and all else that is
 * about the transport stays behind.
 */
export function decodeBare(fields: Fields): Notification | Malformed {
  const messageId = readId(fields, 'message_id');
  if (messageId instanceof Malformed) return messageId;
  const publisherId = readText(fields, 'publisher_id');
  if (publisherId instanceof Malformed) return publisherId;
  const eventType = readText(fields, 'event_type');
  if (eventType instanceof Malformed) return eventType;
  const priority = readPriority(fields.priority);
  if (priority instanceof Malformed) return priority;
  const timestamp = readTime(fields, 'timestamp');
  if (timestamp instanceof Malformed) return timestamp;
  const context = contextOf(fields);
  if (context instanceof Malformed) return context;
  return { messageId, publisherId, eventType, priority, timestamp, payload: asJson(fields.payload), context };
}

/** The body of oslo.messaging's AMQP 1.0 driver: the message and, apart from it, its context. */
export function decodeRequest(fields: Fields): Notification | Malformed {
  const { request, context } = fields;
  if (!isFields(request)) return new Malformed(`request is ${kindOf(request)}, not an object`);
  if (context !== undefined && context !== null && !isFields(context)) {
    return new Malformed(`context is ${kindOf(context)}, not an object`);
  }
  const decoded = isEnvelope(request) ? decodeEnvelope(request) : decodeBare(request);
  if (decoded instanceof Malformed || !isFields(context)) return decoded;
  const added = Object.entries(context).map(([key, value]) => [
    key.startsWith(CONTEXT_PREFIX) ? key.slice(CONTEXT_PREFIX.length) : key,
    asJson(value),
  ]);
  return { ...decoded, context: { ...Object.fromEntries(added), ...decoded.context } };
}

export function isEnvelope(fields: Fields): boolean {
  return 'oslo.version' in fields || 'oslo.message' in fields;
}

function contextOf(fields: Fields): NotificationContext | Malformed {
  const { context } = fields;
  if (context !== undefined && context !== null && !isFields(context)) {
    return new Malformed(`context is ${kindOf(context)}, not an object`);
  }
  const lifted: [string, JsonValue][] = [];
  for (const key in fields) {
    if (key.startsWith(CONTEXT_PREFIX)) lifted.push([key.slice(CONTEXT_PREFIX.length), asJson(fields[key])]);
  }
  if (lifted.length === 0) return isFields(context) ? (context as NotificationContext) : {};
  // Defines what it is given, `__proto__` too.
  return { ...(context as NotificationContext | undefined), ...Object.fromEntries(lifted) };
}
