import type { Channel } from 'amqplib';
import { afterEach, onTestFinished } from 'vitest';
import { Amqp1Driver, type Amqp1Options } from '../../src/drivers/amqp1/index.js';
import { AmqpProbe, RecordingHost, uniqueName } from './amqp-probe.js';
import { Amqp1Peer, type PeerTls } from './amqp1-peer.js';
import { isRabbitmq3 } from './rabbit-fixture.js';

/** What RabbitMQ 3 has as addresses, by its plugin, RabbitMQ 4 takes no more. */
export const EXCHANGE_ADDRESS = isRabbitmq3 ? 'rabbitmq3' : 'rabbitmq4';
export const QUEUE_ADDRESS = isRabbitmq3 ? 'rabbitmq3-queue' : 'rabbitmq4-queue';
/** A queue by its name alone. RabbitMQ 3 declares it then, durable; with 4 it must exist: {@link declareOnRabbitmq4}. */
export const NAME_ADDRESS = isRabbitmq3 ? '{topic}.{priority}' : '/queues/{topic}.{priority}';

/** Declares queues, and those of their dead letters, as RabbitMQ 3 does by itself for addresses that are names. */
export async function declareOnRabbitmq4(channel: Channel, ...queues: string[]): Promise<void> {
  if (isRabbitmq3) return;
  for (const queue of queues) {
    for (const name of [queue, `${queue}.dead`]) await channel.assertQueue(name, { durable: true });
  }
}

/** The address of a queue that exists, by its name or a template. */
export function addressOfQueue(queue: string): string {
  return `${isRabbitmq3 ? '/amq/queue/' : '/queues/'}${queue}`;
}

const opened: Amqp1Driver[] = [];

/** A driver that is closed after the test. */
export function amqp1Driver(options: Amqp1Options): Amqp1Driver {
  const driver = new Amqp1Driver(options);
  opened.push(driver);
  return driver;
}

/** Closes the drivers of a test file after each test. Call it once, outside of tests. */
export function closeDriversAfterEach(): void {
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((driver) => driver.close()));
  });
}

/** A peer of the test's own, and an open driver that sends to it. */
export async function openWithPeer(options: Amqp1Options = {}, tls?: PeerTls) {
  const peer = await Amqp1Peer.start(tls);
  onTestFinished(() => peer.stop());
  const host = new RecordingHost();
  const driver = amqp1Driver({ url: peer.url, ...options });
  await driver.open(host);
  return { peer, driver, host };
}

/** An exchange of RabbitMQ with a queue that takes everything from it: AMQP 1.0 declares nothing. */
export async function boundQueue(url: string): Promise<{ exchange: string; queue: string }> {
  const probe = await AmqpProbe.open(url);
  const [exchange, queue] = [uniqueName('exchange'), uniqueName('queue')];
  await probe.channel.assertExchange(exchange, 'topic', { durable: true });
  await probe.channel.assertQueue(queue, { durable: true });
  await probe.channel.bindQueue(queue, exchange, '#');
  await probe.close();
  return { exchange, queue };
}
