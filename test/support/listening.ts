import type { Channel } from 'amqplib';
import { afterEach, onTestFinished, vi } from 'vitest';
import { createListener, type Listener, type ListenerOptions, type Received } from '../../src/listener/index.js';
import type { Notification } from '../../src/notification/notification.js';
import { osloFormat } from '../../src/wire/oslo.js';
import { notification, uniqueName } from './amqp-probe.js';
import { RecordingReporter } from './recorded.js';

const open = new Set<Listener>();

afterEach(async () => {
  for (const listener of open) await listener.stop({ timeoutMs: 0 });
  open.clear();
});

/** A listener of its own exchange and topic, stopped after the test. */
export function listening(options: ListenerOptions) {
  const reporter = new RecordingReporter();
  const exchange = options.exchange ?? uniqueName('exchange');
  const topics = options.topics ?? uniqueName('topic');
  const listener = createListener({
    exchange,
    topics,
    retryDelays: [20, 40],
    reconnectMin: 20,
    reconnectMax: 200,
    reporter,
    ...options,
  });
  open.add(listener);
  return { listener, reporter, exchange, topic: String(topics) };
}

/** What a handler was called with. */
export class Heard {
  readonly notifications: Received[] = [];
  readonly take = (each: Received) => void this.notifications.push(each);

  get ids(): string[] {
    return this.notifications.map(({ messageId }) => messageId);
  }

  get types(): string[] {
    return this.notifications.map(({ eventType }) => eventType);
  }

  /** Resolves when there are so many. */
  async until(count: number): Promise<Received[]> {
    await until(() => this.notifications.length >= count);
    return this.notifications;
  }
}

export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  await vi.waitUntil(condition, { timeout: 20_000, interval: 5 });
}

/** Publishes notifications as a service would; resolves with what was published. */
export function publish(
  probe: { readonly channel: Pick<Channel, 'publish'> },
  exchange: string,
  topic: string,
  ...all: Partial<Notification>[]
): Notification[] {
  return all.map((parts) => {
    const told = notification(parts);
    const body = Buffer.from(osloFormat.encode(told, topic));
    const properties = { contentType: 'application/json', contentEncoding: 'utf-8', deliveryMode: 2, headers: {} };
    probe.channel.publish(exchange, `${topic}.${told.priority.toLowerCase()}`, body, properties);
    return told;
  });
}

/** Held back until it is opened; at the latest when the test ends. */
export function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  onTestFinished(open);
  return { opened, open };
}
