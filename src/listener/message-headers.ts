import type { ConsumeMessage, Options } from 'amqplib';
import type { Fate } from './processor.js';

/** How often the message has failed. */
export const ATTEMPTS = 'x-tidings-attempts';
/** How often the process that had it ended without an answer. */
export const SUSPICIONS = 'x-tidings-suspicions';
/** The handlers that are done with it. */
export const HANDLED_BY = 'x-tidings-handled';
/** When the next attempt is due: milliseconds since 1970. */
export const HELD_UNTIL = 'x-tidings-held-until';
/** Why it failed. */
export const REASON = 'x-tidings-reason';
/** Why it is a dead letter: malformed, failed or refused. */
export const CAUSE = 'x-tidings-cause';
/** The queue, exchange and routing key that it was in first, and when it failed. */
export const QUEUE = 'x-tidings-queue';
export const EXCHANGE = 'x-tidings-exchange';
export const ROUTING_KEY = 'x-tidings-routing-key';
export const FAILED_AT = 'x-tidings-failed-at';
/** The sender's headers that could not go along, by their names; `*` for all, and the properties too. */
export const OMITTED = 'x-tidings-omitted-headers';

/** A frame of AMQP is at most 128 KiB, and headers are in one: longer ones of a sender are left out. */
const MAX_FOREIGN_HEADERS = 32_768;
const ALL = '*';
/** Without it a body cannot be read. */
const COMPRESSION = 'compression';
const MAX_NAMES = 20;
const LEAST_LONG = -(2 ** 63);
/** The broker would send copies to other queues (CC, BCC), or has counted for another queue. */
const DROPPED = new Set(['CC', 'BCC', 'x-delivery-count', 'x-acquired-count', HELD_UNTIL, CAUSE, SUSPICIONS]);

/** What a listener writes itself. */
const OWN = new Set([
  ATTEMPTS,
  SUSPICIONS,
  HANDLED_BY,
  HELD_UNTIL,
  REASON,
  CAUSE,
  QUEUE,
  EXCHANGE,
  ROUTING_KEY,
  FAILED_AT,
]);

/** {@link ATTEMPTS} or {@link SUSPICIONS}; 0 where it is not said. */
export function countOf(headers: Readonly<Record<string, unknown>>, name: string): number {
  const count = headers[name];
  return typeof count === 'number' && Number.isSafeInteger(count) && count > 0 ? count : 0;
}

export function handledOf(headers: Readonly<Record<string, unknown>>): readonly string[] {
  const names = headers[HANDLED_BY];
  return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
}

/** The headers of a message that is put aside: the sender's, and why it is there. */
export function headersFor(
  origin: string,
  { properties, fields }: ConsumeMessage,
  fate: Extract<Fate, { reason: string }>,
  heldUntil: number | undefined,
): Record<string, unknown> {
  const before: Record<string, unknown> = properties.headers ?? {};
  const { headers, omitted } = foreign(before);
  return {
    ...headers,
    ...(omitted.length > 0 && { [OMITTED]: omitted.slice(0, MAX_NAMES) }),
    [QUEUE]: origin,
    [EXCHANGE]: textOf(before[EXCHANGE]) ?? fields.exchange,
    [ROUTING_KEY]: textOf(before[ROUTING_KEY]) ?? fields.routingKey,
    [ATTEMPTS]: fate.attempts,
    [REASON]: fate.reason,
    [FAILED_AT]: new Date().toISOString(),
    ...(fate.kind === 'dead'
      ? { [CAUSE]: fate.cause }
      : { [HANDLED_BY]: [...fate.handled], [SUSPICIONS]: fate.suspicions }),
    ...(heldUntil === undefined ? undefined : { [HELD_UNTIL]: heldUntil }),
  };
}

/** Anybody may have written it. */
function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.length <= 1_000 ? value : undefined;
}

/** The sender's headers as they can be written again, and the names of those that cannot. */
function foreign(headers: Record<string, unknown>): { headers: Record<string, unknown>; omitted: readonly string[] } {
  const entries = Object.entries(headers)
    .filter(([name]) => !DROPPED.has(name))
    .map(([name, value]): [string, unknown] => [name, writable(value)]);
  const kept = entries.filter(([, value]) => value !== undefined);
  if (JSON.stringify(kept).length > MAX_FOREIGN_HEADERS) return { headers: needed(headers), omitted: [ALL] };
  const omitted = entries.filter(([, value]) => value === undefined).map(([name]) => name);
  return { headers: Object.fromEntries(kept), omitted };
}

function needed(headers: Record<string, unknown>): Record<string, unknown> {
  const { [COMPRESSION]: compression } = headers;
  return typeof compression === 'string' ? { [COMPRESSION]: compression } : {};
}

/**
 * What was read of a header, as amqplib writes it; undefined where there is no writing it: RabbitMQ closes the connection
 * of who sends it a number that is none (NaN, Infinity), and others hand them out.
 */
function writable(value: unknown): unknown {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return undefined;
    // A whole number is written as an integer of at most 64 bits, which this one was not.
    return value < LEAST_LONG ? { '!': 'double', value } : value;
  }
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value;
  if (Array.isArray(value)) {
    const items = value.map(writable);
    return items.includes(undefined) ? undefined : items;
  }
  const fields = Object.entries(value).map(([name, field]) => [name, writable(field)]);
  return fields.some(([, field]) => field === undefined) ? undefined : Object.fromEntries(fields);
}

/**
 * The message with nothing of the sender's but what its body is read by, for one whose headers or properties cannot be
 * written again at all. `headers`: of {@link headersFor}.
 */
export function bareProperties(properties: Options.Publish): Options.Publish {
  const { contentType, contentEncoding } = properties;
  const headers: Record<string, unknown> = properties.headers ?? {};
  const own = Object.entries(headers).filter(([name]) => OWN.has(name));
  return {
    ...(isShort(contentType) && { contentType }),
    ...(isShort(contentEncoding) && { contentEncoding }),
    headers: { ...needed(headers), ...Object.fromEntries(own), [OMITTED]: [ALL] },
  };
}

function isShort(text: unknown): text is string {
  return typeof text === 'string' && Buffer.byteLength(text) <= 255;
}

/** The sender's properties, but for what would end the message before its time, or need the sender's login. */
export function propertiesFor({ properties }: ConsumeMessage, headers: Record<string, unknown>): Options.Publish {
  const { contentType, contentEncoding, priority, correlationId, replyTo, messageId, timestamp, type, appId } =
    properties;
  return { contentType, contentEncoding, priority, correlationId, replyTo, messageId, timestamp, type, appId, headers };
}
