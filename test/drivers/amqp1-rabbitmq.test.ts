import { beforeAll, describe, expect, test } from 'vitest';
import { AmqpProbe, messageIds, outgoing, RecordingHost, uniqueName } from '../support/amqp-probe.js';
import { amqp1Driver, closeDriversAfterEach } from '../support/amqp1-fixture.js';
import { isPrivateBrokerPossible } from '../support/broker-faults.js';
import { sharedBroker } from '../support/rabbit-fixture.js';
import { type BrokerAccess, createVhost } from '../support/rabbitmq.js';

closeDriversAfterEach();

describe.skipIf(!isPrivateBrokerPossible())('queues of RabbitMQ 3', () => {
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
