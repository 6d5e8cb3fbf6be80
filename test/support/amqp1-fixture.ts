import { afterEach, onTestFinished } from 'vitest';
import { Amqp1Driver, type Amqp1Options } from '../../src/drivers/amqp1/index.js';
import { AmqpProbe, RecordingHost, uniqueName } from './amqp-probe.js';
import { Amqp1Peer, type PeerTls } from './amqp1-peer.js';

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
