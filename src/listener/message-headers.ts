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

/** A frame of AMQP is at most 128 KiB, and headers are in one: longer ones of a sender are left out. */
const MAX_FOREIGN_HEADERS = 32_768;
/** The broker would send copies to other queues (CC, BCC), or has counted for another queue. */
const DROPPED = new Set(['CC', 'BCC', 'x-delivery-count', 'x-acquired-count', HELD_UNTIL, CAUSE, SUSPICIONS]);

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
  return {
    ...foreign(before),
    [QUEUE]: origin,
    [EXCHANGE]: before[EXCHANGE] ?? fields.exchange,
    [ROUTING_KEY]: before[ROUTING_KEY] ?? fields.routingKey,
    [ATTEMPTS]: fate.attempts,
    [REASON]: fate.reason,
    [FAILED_AT]: new Date().toISOString(),
    ...(fate.kind === 'dead'
      ? { [CAUSE]: fate.cause }
      : { [HANDLED_BY]: [...fate.handled], [SUSPICIONS]: fate.suspicions }),
    ...(heldUntil === undefined ? undefined : { [HELD_UNTIL]: heldUntil }),
  };
}

function foreign(headers: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(headers).filter(([name]) => !DROPPED.has(name));
  if (JSON.stringify(entries).length <= MAX_FOREIGN_HEADERS) return Object.fromEntries(entries);
  return 'compression' in headers ? { compression: headers.compression } : {};
}

/** The sender's properties, but for what would end the message before its time, or need the sender's login. */
export function propertiesFor({ properties }: ConsumeMessage, headers: Record<string, unknown>): Options.Publish {
  const { contentType, contentEncoding, priority, correlationId, replyTo, messageId, timestamp, type, appId } =
    properties;
  return { contentType, contentEncoding, priority, correlationId, replyTo, messageId, timestamp, type, appId, headers };
}
