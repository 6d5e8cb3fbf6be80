import { describe, expect, test } from 'vitest';
import { RabbitDriver } from '../../src/drivers/rabbit/index.js';
import { messageIds, outgoing, RecordingHost } from '../support/amqp-probe.js';
import { RabbitFixture, sharedBroker } from '../support/rabbit-fixture.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const rabbit = new RabbitFixture();

describe.skipIf(sharedBroker() === undefined)('a connection of the rabbit driver', () => {
  test('in the middle of a batch: what was confirmed is delivered, the rest failed', async () => {
    const proxy = await TcpProxy.open(rabbit.url);
    const { driver, host, topic } = await rabbit.open({ url: proxy.urlFor(rabbit.url) });
    await driver.deliver([outgoing([topic])]);
    const batch = Array.from({ length: 3 }, () => outgoing([topic], { payload: 'x'.repeat(10_000) }));
    // The first of them gets through, and the confirmation of it gets back.
    const confirmed = proxy.holdAfter(15_000);
    const delivery = driver.deliver(batch);
    await confirmed;
    proxy.cut();

    const outcomes = await delivery;
    const failure = expect.objectContaining({ code: 'DELIVERY_FAILED', message: expect.stringMatching(/was lost/) });
    expect(outcomes).toEqual([undefined, failure, failure]);
    expect(host.lost).toHaveLength(1);

    await driver.open(host);
    expect(await driver.deliver(batch.slice(1))).toBeUndefined();
    expect(messageIds(await rabbit.probe.take(`tidings.${topic}.info`)).slice(1)).toEqual(
      batch.map((message) => message.notification.messageId),
    );
    proxy.close();
  });

  test('with nothing of the batch confirmed, the batch is rejected', async () => {
    const proxy = await TcpProxy.open(rabbit.url);
    const { driver, host, topic } = await rabbit.open({ url: proxy.urlFor(rabbit.url) });
    await driver.deliver([outgoing([topic])]);
    void proxy.holdAfter(0);
    const loss = host.nextLoss();
    const delivery = driver.deliver([outgoing([topic]), outgoing([topic])]);
    proxy.cut();
    await expect(delivery).rejects.toMatchObject({
      code: 'DELIVERY_FAILED',
      message: expect.stringMatching(/was lost/),
    });
    await loss;
    proxy.close();
  });

  describe('closing', () => {
    test('works at any time and more than once', async () => {
      const never = new RabbitDriver({ url: rabbit.url });
      await never.close();

      const { driver, host } = await rabbit.open();
      const opening = driver.open(host);
      await Promise.all([driver.close(), driver.close()]);
      await opening;
      await driver.close();
      expect(host.lost).toEqual([]);
    });

    test('ends an opening, and what is in flight', async () => {
      const proxy = await TcpProxy.open(rabbit.url);
      const url = proxy.urlFor(rabbit.url);
      const { driver, topic } = await rabbit.open({ url });
      await driver.deliver([outgoing([topic])]);
      void proxy.holdAfter(0);
      const delivery = expect(driver.deliver([outgoing([topic])])).rejects.toMatchObject({ code: 'DELIVERY_FAILED' });
      const second = new RabbitDriver({ url });
      const opening = expect(second.open(new RecordingHost())).rejects.toThrow('given up');

      await Promise.all([driver.close(), second.close()]);
      await delivery;
      await opening;
      proxy.close();
    });

    test('after the broker has gone', async () => {
      const proxy = await TcpProxy.open(rabbit.url);
      const { driver, host } = await rabbit.open({ url: proxy.urlFor(rabbit.url) });
      const loss = host.nextLoss();
      proxy.cut();
      await loss;
      await driver.close();
      proxy.close();
    });
  });
});
