import { beforeAll, describe, vi } from 'vitest';
import { Amqp1Driver } from '../../src/drivers/amqp1/index.js';
import { PRIORITIES, type Priority } from '../../src/index.js';
import { AmqpProbe, uniqueName } from '../support/amqp-probe.js';
import { EXCHANGE_ADDRESS } from '../support/amqp1-fixture.js';
import { Amqp1Peer, isPeerPossible } from '../support/amqp1-peer.js';
import { isPrivateBrokerPossible } from '../support/broker-faults.js';
import { type Consumed, describeDriverConformance } from '../support/driver-conformance.js';
import { sharedBroker } from '../support/rabbit-fixture.js';
import { type BrokerAccess, createVhost } from '../support/rabbitmq.js';

const broker = sharedBroker();

function consumedFrom(fields: Record<string, unknown>): Consumed {
  return {
    messageId: fields.message_id as string,
    publisherId: fields.publisher_id as string,
    eventType: fields.event_type as string,
    priority: PRIORITIES.find((each) => each === fields.priority) as Priority,
    payload: fields.payload,
  };
}

async function atLeast(count: number, consumed: () => readonly Consumed[]): Promise<readonly Consumed[]> {
  await vi.waitUntil(() => consumed().length >= count, { timeout: 20_000, interval: 5 });
  return consumed();
}

// A broker that was given by its URL need not speak AMQP 1.0.
describe.skipIf(!isPrivateBrokerPossible())('against RabbitMQ', () => {
  let url: string;
  beforeAll(async () => {
    url = await createVhost(broker as BrokerAccess);
  });
  describeDriverConformance('amqp1', async () => {
    const probe = await AmqpProbe.open(url);
    const exchange = uniqueName('exchange/of %');
    await probe.channel.assertExchange(exchange, 'topic', { durable: true });
    const { queue } = await probe.channel.assertQueue('', { exclusive: true });
    await probe.channel.bindQueue(queue, exchange, 'notifications.#');
    const consumed: Consumed[] = [];
    const onMessage = (message: { content: Buffer } | null) => {
      const { 'oslo.message': inner } = JSON.parse(message?.content.toString() ?? '');
      consumed.push(consumedFrom(JSON.parse(inner)));
    };
    await probe.channel.consume(queue, onMessage, { noAck: true });
    return {
      driver: new Amqp1Driver({ url, exchange, address: EXCHANGE_ADDRESS }),
      consumed: (count) => atLeast(count, () => consumed),
      dispose: () => probe.close(),
    };
  });
});

describe.skipIf(!isPeerPossible())('against qpid-proton', () => {
  describeDriverConformance('amqp1', async () => {
    const peer = await Amqp1Peer.start();
    const consumed = () => peer.messages().map(({ body }) => consumedFrom(JSON.parse(body)));
    return {
      driver: new Amqp1Driver({ url: peer.url }),
      consumed: (count) => atLeast(count, consumed),
      dispose: () => peer.stop(),
    };
  });
});
