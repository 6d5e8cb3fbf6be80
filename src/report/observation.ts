import { isPriority, type Priority } from '../notification/priority.js';
import { decodeNotification } from '../wire/decode.js';
import { readTimestamp } from './read-time.js';

/** What a report looks at in one notification. Texts are at most {@link MAX_TEXT} long. */
export interface Observation {
  readonly messageId: string | undefined;
  readonly eventType: string;
  readonly publisherId: string;
  readonly priority: Priority;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly operationId: string | undefined;
  readonly parentId: string | undefined;
  /** What the sender measured, by its monotonic clock. */
  readonly durationMs: number | undefined;
  readonly requestId: string | undefined;
  readonly userId: string | undefined;
  readonly projectId: string | undefined;
  /** Where there is no operation id, what is needed to tell resources apart: the payload. */
  readonly payload: unknown;
}

/** A line that is no notification; the reason says why, with nothing of the line. */
export class MalformedLine {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** Longer names are cut off: whoever writes a log could fill the memory of who reads it. */
const MAX_TEXT = 255;

/** Ten years: what says that it took longer is wrong, and would make all quantiles worthless. */
export const LONGEST_MS = 10 * 365 * 86_400_000;

/** Reads one line in any of the wire formats, most of all that of the log driver. Never throws. */
export function observe(line: string): Observation | MalformedLine {
  let fields: Fields;
  try {
    fields = JSON.parse(line);
  } catch {
    return new MalformedLine('it is not JSON');
  }
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
    return new MalformedLine('it is no JSON object');
  }
  const { event_type, timestamp, context } = fields;
  // Our own plain format needs no more than this; it is what a log has in it.
  if (typeof event_type === 'string' && typeof timestamp === 'string' && typeof context === 'object') {
    const { message_id, publisher_id, priority, payload } = fields;
    return observation(message_id, event_type, publisher_id, priority, timestamp, context, payload);
  }
  const decoded = decodeNotification(line);
  if ('reason' in decoded) return new MalformedLine(decoded.reason);
  if (decoded.notification.eventType === '') return new MalformedLine('it has no event type');
  const { messageId, publisherId, eventType, ...rest } = decoded.notification;
  return observation(messageId, eventType, publisherId, rest.priority, rest.timestamp, rest.context, rest.payload);
}

function observation(
  messageId: unknown,
  eventType: string,
  publisherId: unknown,
  priority: unknown,
  timestamp: string,
  context: unknown,
  payload: unknown,
): Observation | MalformedLine {
  const time = readTimestamp(timestamp);
  if (time === undefined) return new MalformedLine('its timestamp is no time');
  if (eventType === '') return new MalformedLine('it has no event type');
  if (!isPriority(priority)) return new MalformedLine('its priority is none');
  const ids = (context ?? {}) as Fields;
  const { duration_ms } = ids;
  return {
    messageId: id(messageId),
    eventType: clipped(eventType),
    publisherId: id(publisherId) ?? '',
    priority,
    time,
    operationId: id(ids.operation_id),
    parentId: id(ids.parent_operation_id),
    durationMs:
      typeof duration_ms === 'number' && duration_ms >= 0 && duration_ms < LONGEST_MS ? duration_ms : undefined,
    requestId: id(ids.request_id),
    // As OpenStack's older services call them.
    userId: id(ids.user_id) ?? id(ids.user),
    projectId: id(ids.project_id) ?? id(ids.tenant) ?? id(ids.project),
    payload,
  };
}

const RESOURCE_KEYS = [
  'resource_id',
  'instance_id',
  'image_id',
  'volume_id',
  'task_id',
  'snapshot_id',
  'server_id',
  'network_id',
  'port_id',
  'stack_id',
  'uuid',
  'id',
] as const;

/** The id of what a notification without an operation id is about, by the names that OpenStack's services have. */
export function resourceId(payload: unknown): string | undefined {
  if (typeof payload !== 'object' || payload === null) return undefined;
  const fields = payload as Fields;
  // Nova's versioned notifications have theirs inside of it.
  const inner = fields['nova_object.data'];
  if (typeof inner === 'object' && inner !== null) return resourceId(inner);
  for (const key of RESOURCE_KEYS) {
    const value = fields[key];
    if (typeof value === 'string' && value !== '') return clipped(value);
    if (typeof value === 'number') return String(value);
  }
  return undefined;
}

function id(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : clipped(value);
  return typeof value === 'number' ? String(value) : undefined;
}

/** A copy: a slice would keep the whole text in memory. */
function clipped(text: string): string {
  return text.length <= MAX_TEXT ? text : `${Buffer.from(text.slice(0, MAX_TEXT - 1)).toString()}…`;
}
