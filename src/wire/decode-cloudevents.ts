import type { JsonValue } from '../notification/json.js';
import type { Notification } from '../notification/notification.js';
import { NAMELESS } from './cloudevents.js';
import { contextOf } from './cloudevents-context.js';
import {
  asJson,
  type Fields,
  isDeeper,
  kindOf,
  Malformed,
  readId,
  readPriority,
  readText,
  readTime,
} from './fields.js';
import { MAX_DEPTH, parseJson } from './parse-json.js';

/**
 * A CloudEvent in structured mode, ours or another sender's: without the extension `priority` it is `INFO`, extensions
 * that we do not know keep their names in the context, and `subject` and `dataschema` stay behind.
 */
export function decodeCloudEvent(fields: Fields): Notification | Malformed {
  if (fields.specversion !== '1.0') {
    const { specversion } = fields;
    const found = typeof specversion === 'string' ? JSON.stringify(specversion.slice(0, 20)) : kindOf(specversion);
    return new Malformed(`specversion is ${found}, not the text "1.0"`);
  }
  const messageId = readId(fields, 'id');
  if (messageId instanceof Malformed) return messageId;
  const source = readText(fields, 'source');
  if (source instanceof Malformed) return source;
  const type = readText(fields, 'type');
  if (type instanceof Malformed) return type;
  const priority = readPriority(fields.priority ?? 'INFO');
  if (priority instanceof Malformed) return priority;
  const timestamp = readTime(fields, 'time');
  if (timestamp instanceof Malformed) return timestamp;
  const payload = readData(fields);
  if (payload instanceof Malformed) return payload;
  const context = contextOf(Object.entries(fields).filter(([name]) => name !== 'data_base64'));
  if (context === undefined) return new Malformed('the extension tidingscontext is not a JSON object in a text');
  if (isDeeper(context, MAX_DEPTH))
    return new Malformed(`the extension tidingscontext is over ${MAX_DEPTH} levels deep`);
  return {
    messageId,
    publisherId: source === NAMELESS ? '' : percentDecoded(source),
    eventType: type === NAMELESS ? '' : type,
    priority,
    timestamp,
    payload,
    context,
  };
}

/** Binary data: parsed where it is JSON, a text where it is one, else the Base64 as it came. */
function readData(fields: Fields): JsonValue | Malformed {
  const { data_base64: base64, datacontenttype: type = 'application/json' } = fields;
  if (base64 === undefined || base64 === null) return asJson(fields.data);
  if (typeof base64 !== 'string') return new Malformed(`data_base64 is ${kindOf(base64)}, not a text`);
  if (typeof type === 'string' && /^[^;]*[/+]json\b/i.test(type)) {
    const parsed = parseJson(Buffer.from(base64, 'base64').toString(), 'data_base64');
    return parsed instanceof Malformed ? parsed : asJson(parsed);
  }
  return typeof type === 'string' && /^text\//i.test(type) ? Buffer.from(base64, 'base64').toString() : base64;
}

/** Another sender's `source` may be any URI; one that is not percent-encoded is taken as it is. */
function percentDecoded(source: string): string {
  try {
    return decodeURIComponent(source);
  } catch {
    return source;
  }
}
