import { beforeAll, describe, expect, test } from 'vitest';
import { AmqpProbe, messageIds, outgoing, RecordingHost, uniqueName } from '../support/amqp-probe.js';
import { amqp1Driver, closeDriversAfterEach } from '../support/amqp1-fixture.js';
import { isPrivateBrokerPossible } from '../support/broker-faults.js';
import { isRabbitmq3, sharedBroker } from '../support/rabbit-fixture.js';
import { type BrokerAccess, createVhost } from '../support/rabbitmq.js';

closeDriversAfterEach();

describe.skipIf(!isPrivateBrokerPossible())('queues of RabbitMQ', () => {
  let url: string;
  let probe: AmqpProbe;
  beforeAll(async () => {
    url = await createVhost(sharedBroker() as BrokerAccess);
    probe = await AmqpProbe.open(url);
    return () => probe.close();
  });

  async function open(address: string) {
    const driver = amqp1Driver({ url, address, hostname: `vhost:${new URL(url).pathname.slice(1)}` });
    await driver.open(new RecordingHost());
    return driver;
  }

  describe.skipIf(!isRabbitmq3)('3', () => {
    test.each(['queue', '/queue/{topic}.{priority}'])('by %s: declared, durable, and sent to', async (address) => {
      const driver = await open(address);
      const message = outgoing([uniqueName('topic')]);
      expect(await driver.deliver([message])).toBeUndefined();
      const queue = `${message.topics[0]}.info`;
      // Fails where it is not durable.
      await probe.channel.assertQueue(queue, { durable: true });
      const [got] = await probe.take(queue);
      expect(messageIds(got === undefined ? [] : [got])).toEqual([message.notification.messageId]);
      expect(got?.properties).toMatchObject({ contentType: 'application/json', deliveryMode: 2 });
    });

    test('that exist with arguments of their own: only as they are', async () => {
      const topic = uniqueName('topic');
      await probe.channel.assertQueue(`${topic}.info`, { durable: true, arguments: { 'x-max-length': 9 } });
      const message = outgoing([topic]);
      expect(await (await open('queue')).deliver([message])).toEqual([
        expect.objectContaining({
          code: 'DELIVERY_FAILED',
          message: expect.stringMatching(
            /amqp:precondition-failed: .*x-max-length.*it exists and differs; .*\/amq\/queue\//,
          ),
        }),
      ]);
      expect(await (await open('rabbitmq3-queue')).deliver([message])).toBeUndefined();
      expect(messageIds(await probe.take(`${topic}.info`))).toEqual([message.notification.messageId]);
    });
  });

  describe.skipIf(isRabbitmq3)('4', () => {
    test('by rabbitmq4-queue: those that exist, as they are', async () => {
      const topic = uniqueName('topic/of %');
      const queue = `${topic}.info`;
      const message = outgoing([topic]);
      const driver = await open('rabbitmq4-queue');
      expect(await driver.deliver([message])).toEqual([
        expect.objectContaining({ code: 'DELIVERY_FAILED', message: expect.stringMatching(/no queue .*: create it/) }),
      ]);
      await probe.channel.assertQueue(queue, { durable: true, arguments: { 'x-max-length': 9 } });
      expect(await driver.deliver([message])).toBeUndefined();
      const [got] = await probe.take(queue);
      expect(messageIds(got === undefined ? [] : [got])).toEqual([message.notification.messageId]);
      expect(got?.properties).toMatchObject({ contentType: 'application/json', deliveryMode: 2 });
    });

    test('by rabbitmq4: what the exchange leads to no queue is given back', async () => {
      const driver = await open('/exchanges/amq.topic/{topic}.{priority}');
      const [topic, queue] = [uniqueName('topic'), uniqueName('queue')];
      const message = outgoing([topic]);
      expect(await driver.deliver([message])).toEqual([
        expect.objectContaining({
          code: 'DELIVERY_FAILED',
          message: expect.stringMatching(/released.*leads to a queue/),
        }),
      ]);
      await probe.channel.assertQueue(queue);
      await probe.channel.bindQueue(queue, 'amq.topic', `${topic}.#`);
      expect(await driver.deliver([message])).toBeUndefined();
      expect(messageIds(await probe.take(queue))).toEqual([message.notification.messageId]);
    });

    test.each(['classic', 'quorum'])('full (%s): tried again, never thrown away', async (type) => {
      const topic = uniqueName('topic');
      const limits = { 'x-queue-type': type, 'x-max-length': 1, 'x-overflow': 'reject-publish' };
      await probe.channel.assertQueue(`${topic}.info`, { durable: true, arguments: limits });
      const driver = await open('rabbitmq4-queue');
      const refused = { code: 'DELIVERY_FAILED', message: expect.stringMatching(/the queue is full or out of order/) };
      // A quorum queue counts in its own time, and lets a few more in.
      await expect
        .poll(() => driver.deliver([outgoing([topic])]), { timeout: 20_000 })
        .toEqual([expect.objectContaining(refused)]);
    });
  });
});
