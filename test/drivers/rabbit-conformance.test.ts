import { describe } from 'vitest';
import { RabbitDriver } from '../../src/drivers/rabbit/index.js';
import { PRIORITIES, type Priority } from '../../src/index.js';
import { AmqpProbe, uniqueName } from '../support/amqp-probe.js';
import { type Consumed, describeDriverConformance } from '../support/driver-conformance.js';
import { sharedBroker } from '../support/rabbit-fixture.js';
import { createVhost } from '../support/rabbitmq.js';

const broker = sharedBroker();
let vhost: Promise<string> | undefined;

describe.skipIf(broker === undefined)('against RabbitMQ', () => {
  describeDriverConformance('rabbit', async () => {
    if (broker === undefined) throw new Error('there is no broker');
    vhost ??= createVhost(broker);
    const url = await vhost;
    const probe = await AmqpProbe.open(url);
    const exchange = uniqueName('exchange');
    // One queue for every priority, so that what a consumer sees is in the order that it came.
    await probe.channel.assertExchange(exchange, 'topic', { durable: true });
    const { queue } = await probe.channel.assertQueue('', { exclusive: true });
    await probe.channel.bindQueue(queue, exchange, 'notifications.#');
    const consumed: Consumed[] = [];
    let arrived = () => {};
    await probe.channel.consume(
      queue,
      (message) => {
        const inner = JSON.parse(JSON.parse(message?.content.toString() ?? '')['oslo.message']);
        consumed.push({
          messageId: inner.message_id,
          publisherId: inner.publisher_id,
          eventType: inner.event_type,
          priority: PRIORITIES.find((each) => each === inner.priority) as Priority,
          payload: inner.payload,
        });
        arrived();
      },
      { noAck: true },
    );
    return {
      driver: new RabbitDriver({ url, exchange }),
      async consumed(count) {
        while (consumed.length < count) {
          await new Promise<void>((resolve) => {
            arrived = resolve;
          });
        }
        return consumed;
      },
      dispose: () => probe.close(),
    };
  });
});
