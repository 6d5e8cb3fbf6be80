import { randomBytes, randomUUID } from 'node:crypto';
import { type Channel, type ChannelModel, connect, type GetMessage } from 'amqplib';
import type { DriverHost, OutgoingMessage } from '../../src/delivery/driver.js';
import type { Notification } from '../../src/notification/notification.js';
import { osloFormat } from '../../src/wire/oslo.js';

/** A name that no other test uses, also where all tests share a virtual host. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomBytes(4).toString('hex')}`;
}

export function notification(parts: Partial<Notification> = {}): Notification {
  return {
    messageId: randomUUID(),
    publisherId: 'image.host-1',
    eventType: 'image.update',
    priority: 'INFO',
    timestamp: '2026-11-20T07:18:08.114Z',
    payload: { id: 'a1', name: 'Grüße' },
    context: { request_id: 'req-1' },
    ...parts,
  };
}

/** A message in the oslo format, as delivery hands it to a driver. */
export function outgoing(topics: readonly string[], parts: Partial<Notification> = {}): OutgoingMessage {
  const told = notification(parts);
  const encode = (topic: string) => osloFormat.encode(told, topic);
  const body = encode(topics[0] ?? '');
  return { notification: told, topics, body, contentType: osloFormat.contentType, attempt: 1, encode };
}

/** A driver's host that remembers what it was told. */
export class RecordingHost implements DriverHost {
  readonly warnings: string[] = [];
  readonly lost: Error[] = [];
  impediment: string | undefined;
  #waiting: ((error: Error) => void)[] = [];

  warn(message: string): void {
    this.warnings.push(message);
  }

  degraded(reason: string | undefined): void {
    this.impediment = reason;
  }

  unavailable(error: Error): void {
    this.lost.push(error);
    for (const tell of this.#waiting.splice(0)) tell(error);
  }

  /** The next time the driver says that it is not available. */
  nextLoss(): Promise<Error> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** The test's own connection, to prepare and to look at what the driver did. */
export class AmqpProbe {
  readonly #model: ChannelModel;
  /** For operations that succeed; a failing one closes it. */
  readonly channel: Channel;

  private constructor(model: ChannelModel, channel: Channel) {
    this.#model = model;
    this.channel = channel;
  }

  static async open(url: string): Promise<AmqpProbe> {
    const model = await connect(url);
    // A test that stops the broker ends this connection too.
    model.on('error', () => undefined);
    const channel = await model.createChannel();
    channel.on('error', () => undefined);
    return new AmqpProbe(model, channel);
  }

  /** Takes all messages out of a queue. */
  async take(queue: string): Promise<GetMessage[]> {
    const messages: GetMessage[] = [];
    for (;;) {
      const message = await this.channel.get(queue, { noAck: true });
      if (message === false) return messages;
      messages.push(message);
    }
  }

  async close(): Promise<void> {
    await this.#model.close().catch(() => undefined);
  }
}

/** The message ids in oslo envelopes, in their order. */
export function messageIds(messages: readonly GetMessage[]): string[] {
  return messages.map((message) => innerMessage(message).message_id as string);
}

/** The notification inside of an oslo envelope. */
export function innerMessage({ content }: GetMessage): Record<string, unknown> {
  const envelope = JSON.parse(content.toString()) as { 'oslo.message': string };
  return JSON.parse(envelope['oslo.message']) as Record<string, unknown>;
}
