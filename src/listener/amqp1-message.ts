import type { Rhea, RheaReceivedMessage } from '../transport/amqp1/rhea.js';
import { ATTEMPTS, CAUSE, FAILED_AT, QUEUE, REASON } from './message-headers.js';
import type { Fate } from './processor.js';

/** A message of AMQP 1.0, as the processor takes it. */
export interface Amqp1Message {
  readonly content: Uint8Array;
  readonly headers: Readonly<Record<string, unknown>>;
  /** How often the broker has given it to somebody who did not settle it for good; 0 where it does not count. */
  readonly deliveryCount: number;
  readonly isRedelivered: boolean;
  /** Why there is no notification in it; found before the body is looked at. */
  readonly reason: string | undefined;
  /** Absent where it is no message of AMQP 1.0. */
  readonly message: RheaReceivedMessage | undefined;
}

/** The typecode of a body of bytes (AMQP 1.0, part 3.2.6). */
const DATA = 0x75;
const GZIP = 'application/x-gzip';
/** What of the sender's goes with a dead letter: nothing that would end it before its time, or need the sender's login. */
const KEPT = [
  'priority',
  'message_id',
  'to',
  'subject',
  'reply_to',
  'correlation_id',
  'content_type',
  'content_encoding',
  'creation_time',
  'group_id',
] as const;

/** Never throws. `isRabbitmq`: there a first delivery is known by `first-acquirer`, others need not say so. */
export function readMessage(rhea: Rhea, encoded: Buffer, isRabbitmq: boolean): Amqp1Message {
  let message: RheaReceivedMessage;
  try {
    message = rhea.message.decode(encoded);
  } catch {
    const reason = 'it is no message of AMQP 1.0';
    return { content: encoded, headers: {}, deliveryCount: 0, isRedelivered: false, reason, message: undefined };
  }
  const {
    application_properties: properties = {},
    delivery_count: deliveryCount = 0,
    first_acquirer: isFirst,
  } = message;
  const content = contentOf(message.body);
  const isRedelivered = deliveryCount > 0 || (isRabbitmq && isFirst === false);
  const reason = content === undefined ? 'the body is neither text nor bytes' : undefined;
  if (content === undefined) {
    return { content: encoded, headers: properties, deliveryCount, isRedelivered, reason, message };
  }
  // RabbitMQ 3 loses the headers of what was published by AMQP 0-9-1; no JSON begins like this.
  const isGzip = content[0] === 0x1f && content[1] === 0x8b && properties.compression === undefined;
  const headers = isGzip ? { ...properties, compression: GZIP } : properties;
  return { content, headers, deliveryCount, isRedelivered, reason, message };
}

/** The message with why it is dead in its application properties, encoded. */
export function deadLetter(
  rhea: Rhea,
  { message, content }: Amqp1Message,
  address: string,
  fate: Extract<Fate, { kind: 'dead' }>,
): Buffer {
  const why = {
    [QUEUE]: address,
    [CAUSE]: fate.cause,
    [REASON]: fate.reason,
    [ATTEMPTS]: fate.attempts,
    [FAILED_AT]: new Date().toISOString(),
  };
  const kept = Object.fromEntries(
    KEPT.filter((name) => message?.[name] != null).map((name) => [name, message?.[name]]),
  );
  try {
    const body = message === undefined ? rhea.message.data_section(Buffer.from(content)) : message.body;
    const properties = { ...message?.application_properties, ...why };
    return rhea.message.encode({ ...kept, durable: true, application_properties: properties, body });
  } catch {
    // A property of the sender's that rhea reads and cannot write.
    const body = rhea.message.data_section(Buffer.from(content));
    return rhea.message.encode({ durable: true, application_properties: why, body });
  }
}

function contentOf(body: unknown): Uint8Array | undefined {
  if (typeof body === 'string') return Buffer.from(body);
  if (Buffer.isBuffer(body)) return body;
  if (typeof body !== 'object' || body === null) return undefined;
  const { typecode, content } = body as { readonly typecode?: unknown; readonly content?: unknown };
  if (typecode !== DATA) return undefined;
  if (Buffer.isBuffer(content)) return content;
  // Several sections of bytes are one body (AMQP 1.0, part 3.2.6).
  return Array.isArray(content) && content.every(Buffer.isBuffer) ? Buffer.concat(content) : undefined;
}
