import type { OutgoingMessage } from '../../delivery/driver.js';
import type { Rhea, RheaMessage } from '../../transport/amqp1/rhea.js';

export interface MessageSettings {
  readonly durable: boolean;
  readonly messageTtlMs: number | undefined;
  /** `value`: a string, `data`: bytes. */
  readonly body: 'value' | 'data';
  /** True where a body is put into the request of oslo.messaging's amqp1 driver. */
  readonly isRequest: boolean;
}

/** A notification as an AMQP 1.0 message, in bytes. */
export function encodeMessage(rhea: Rhea, settings: MessageSettings, outgoing: OutgoingMessage, topic: string): Buffer {
  const { notification, contentType, topics } = outgoing;
  const written = topic === topics[0] ? outgoing.body : outgoing.encode(topic);
  const body = settings.isRequest ? request(written, notification.context) : written;
  const message: RheaMessage = {
    durable: settings.durable,
    message_id: notification.messageId,
    subject: notification.eventType,
    body: settings.body === 'value' ? body : rhea.message.data_section(Buffer.from(body)),
  };
  // The media type is that of bytes: a string has none (AMQP 1.0, part 3.2.4).
  if (settings.body === 'data') message.content_type = contentType;
  if (settings.messageTtlMs !== undefined) message.ttl = settings.messageTtlMs;
  return rhea.message.encode(message);
}

/** As oslo_messaging/_drivers/impl_amqp1.py (marshal_request) writes it. */
function request(body: string, context: object): string {
  return `{"request":${body},"context":${JSON.stringify(context)}}`;
}
