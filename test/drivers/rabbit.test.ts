import { describe, expect, test } from 'vitest';
import { innerMessage, messageIds, outgoing, uniqueName } from '../support/amqp-probe.js';
import { RabbitFixture, sharedBroker } from '../support/rabbit-fixture.js';

const access = sharedBroker();
const rabbit = new RabbitFixture();

describe.skipIf(access === undefined)('messages', () => {
  test('are published in the oslo envelope with the properties of oslo.messaging', async () => {
    const { driver, topic } = await rabbit.open();
    const message = outgoing([topic], { priority: 'WARN' });

    expect(await driver.deliver([message])).toBeUndefined();

    const [received, ...more] = await rabbit.probe.take(`tidings.${topic}.warn`);
    expect(more).toEqual([]);
    expect(received?.content.toString()).toBe(message.body);
    expect(received?.fields.routingKey).toBe(`${topic}.warn`);
    const { properties } = received as NonNullable<typeof received>;
    const present = Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined));
    expect(present).toEqual({
      contentType: 'application/json',
      contentEncoding: 'utf-8',
      deliveryMode: 2,
      priority: 0,
      headers: {},
      messageId: message.notification.messageId,
    });
  });

  test('go to each of their topics, encoded for it', async () => {
    const { driver, topic } = await rabbit.open();
    const other = uniqueName('topic');

    expect(await driver.deliver([outgoing([topic, other])])).toBeUndefined();

    const [one] = await rabbit.probe.take(`tidings.${topic}.info`);
    const [two] = await rabbit.probe.take(`tidings.${other}.info`);
    const { _unique_id: firstId, ...first } = innerMessage(one as NonNullable<typeof one>);
    const { _unique_id: secondId, ...second } = innerMessage(two as NonNullable<typeof two>);
    expect(first).toEqual(second);
    expect(firstId).not.toBe(secondId);
  });

  test('keep their order over batches, while the declaration for the first one is still under way', async () => {
    const { driver, topic } = await rabbit.open();
    const declared = uniqueName('topic');
    await driver.deliver([outgoing([declared])]);
    const messages = Array.from({ length: 20 }, () => outgoing([declared]));
    const first = outgoing([topic, declared]);

    await Promise.all([driver.deliver([first]), ...messages.map((message) => driver.deliver([message]))]);

    const ids = messageIds(await rabbit.probe.take(`tidings.${declared}.info`)).slice(1);
    expect(ids).toEqual([first, ...messages].map((message) => message.notification.messageId));
  });

  test('are confirmed a thousand at a time', async () => {
    const { driver, topic } = await rabbit.open();
    const messages = Array.from({ length: 1_000 }, () => outgoing([topic]));
    expect(await driver.deliver(messages)).toBeUndefined();
    const ids = messageIds(await rabbit.probe.take(`tidings.${topic}.info`));
    expect(ids).toEqual(messages.map((message) => message.notification.messageId));
  });

  test('that AMQP cannot carry are refused, and only those', async () => {
    const { driver, host, topic } = await rabbit.open();

    const outcomes = await driver.deliver([outgoing(['t'.repeat(300)]), outgoing([topic])]);

    expect(outcomes).toEqual([expect.objectContaining({ code: 'DELIVERY_REFUSED' }), undefined]);
    expect(host.warnings).toEqual([expect.stringContaining('cannot declare the queue')]);
  });
});
