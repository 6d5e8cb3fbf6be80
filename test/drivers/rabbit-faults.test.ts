import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { RabbitDriver, type RabbitOptions } from '../../src/drivers/rabbit/index.js';
import { createNotifier } from '../../src/index.js';
import { AmqpProbe, messageIds, outgoing, RecordingHost, uniqueName } from '../support/amqp-probe.js';
import { isFull } from '../support/fault-run.js';
import { isRabbitmq3 } from '../support/rabbit-fixture.js';
import { type Broker, type BrokerAccess, ctl, startPrivateBroker } from '../support/rabbitmq.js';
import { TcpProxy } from '../support/tcp-proxy.js';

// The faults need a broker of one's own; where there is none for the run, there is none to be had.
const shared = inject('broker');

describe.skipIf('reason' in shared || shared.access.ctl === undefined)(
  'the rabbit driver, with a broker that fails',
  () => {
    let broker: Broker;
    let access: BrokerAccess;
    const opened: RabbitDriver[] = [];

    beforeAll(async () => {
      const found = await startPrivateBroker();
      if ('reason' in found) throw new Error(found.reason);
      ({ broker, access } = found);
    });
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((driver) => driver.close()));
    });
    afterAll(() => broker?.dispose());

    async function open(options: RabbitOptions = {}) {
      const host = new RecordingHost();
      const driver = new RabbitDriver({ url: access.url, ...options });
      opened.push(driver);
      await driver.open(host);
      return { driver, host, topic: uniqueName('topic') };
    }

    async function take(topic: string): Promise<string[]> {
      const probe = await AmqpProbe.open(access.url);
      try {
        return messageIds(await probe.take(`tidings.${topic}.info`));
      } finally {
        await probe.close();
      }
    }

    test('a connection that is lost while idle is told, with what to do; opening again works', async () => {
      const { driver, host, topic } = await open();
      await driver.deliver([outgoing([topic])]);
      const loss = host.nextLoss();
      await ctl(access, 'close_all_connections', 'maintenance');

      expect((await loss).message).toMatch(/^the broker at amqp:\/\/guest@127.*CONNECTION_FORCED - maintenance/);
      await expect(driver.deliver([outgoing([topic])])).rejects.toThrow('CONNECTION_FORCED - maintenance');
      expect(host.lost).toHaveLength(1);

      await Promise.all([driver.open(host), driver.open(host)]);
      expect(await driver.deliver([outgoing([topic])])).toBeUndefined();
      expect(JSON.parse(await ctl(access, 'list_connections', 'name', '--formatter', 'json'))).toHaveLength(1);
    });

    test('a broker that takes nothing more is waited for', async () => {
      const proxy = await TcpProxy.open(access.url);
      // A sign of life would be counted as written.
      const { driver, topic } = await open({ url: proxy.urlFor(access.url), heartbeat: '1h' });
      await driver.deliver([outgoing([topic])]);
      onTestFinished(() => ctl(access, 'set_vm_memory_high_watermark', '0.4').then(() => undefined));
      await ctl(access, 'set_vm_memory_high_watermark', '0.000001');
      // A connection is told that it is blocked when it publishes.
      const blocked = proxy.nextAnswer();
      const messages = Array.from({ length: 3 }, () => outgoing([topic]));
      const deliveries = [driver.deliver(messages.slice(0, 1))];
      await blocked;
      const states = () => ctl(access, 'list_connections', 'state');
      expect(await states()).toMatch(/^blocked$/m);

      const written = proxy.bytesFromClients;
      deliveries.push(driver.deliver(messages.slice(1, 2)), driver.deliver(messages.slice(2)));
      expect(await states()).toMatch(/^blocked$/m);
      expect(proxy.bytesFromClients).toBe(written);

      await ctl(access, 'set_vm_memory_high_watermark', '0.4');
      expect(await Promise.all(deliveries)).toEqual(deliveries.map(() => undefined));
      const ids = messages.map((message) => message.notification.messageId);
      expect((await take(topic)).slice(1)).toEqual(ids);
      proxy.close();
    });

    test('a message over the limit of the broker is refused, those beside it are tried again', async () => {
      // Where RabbitMQ 3 looks it up, and where 4 does.
      await ctl(
        access,
        'eval',
        'application:set_env(rabbit, max_message_size, 5000), persistent_term:put(max_message_size, 5000).',
      );
      const { driver, host, topic } = await open();
      await driver.deliver([outgoing([topic])]);
      const [large, small] = [outgoing([topic], { payload: 'x'.repeat(6_000) }), outgoing([topic])];

      const outcomes = await driver.deliver([large, small]);
      expect(outcomes).toEqual([
        expect.objectContaining({ code: 'DELIVERY_REFUSED', message: expect.stringContaining('message size') }),
        expect.objectContaining({ code: 'DELIVERY_FAILED' }),
      ]);
      await driver.open(host);
      expect(await driver.deliver([small])).toBeUndefined();
    });

    test.skipIf(isRabbitmq3)(
      'queues that the broker permits no more: the others go on, and so do they when it does',
      {
        timeout: 120_000,
      },
      async ({ skip }) => {
        const file = access.ctl?.env.RABBITMQ_ADVANCED_CONFIG_FILE;
        if (file === undefined) return skip('its configuration cannot be changed');
        const restartWith = async (text: string) => {
          await broker.stop();
          await writeFile(file, text);
          await broker.start();
        };
        const before = await readFile(file, 'utf8');
        await restartWith(before.replace('true', 'false'));

        const there = uniqueName('there');
        const probe = await AmqpProbe.open(access.url);
        await probe.channel.assertQueue(`${there}.info`, { durable: true });
        await probe.close();
        const { driver, host, topic } = await open({ compat: 'oslo' });
        const loss = host.nextLoss();
        const advice =
          /permits no queue .* deprecated_features\.permit\.transient_nonexcl_queues = true .* create the queues/;
        await expect(driver.deliver([outgoing([topic])])).rejects.toThrow(advice);
        await loss;
        await driver.open(host);
        expect(await driver.deliver([outgoing([topic]), outgoing([there])])).toEqual([
          expect.objectContaining({ code: 'DELIVERY_FAILED', message: expect.stringMatching(/cannot be declared/) }),
          undefined,
        ]);
        expect(host.warnings).toMatchObject([expect.stringMatching(advice)]);

        await restartWith(before);
        await driver.open(host);
        expect(await driver.deliver([outgoing([topic]), outgoing([there])])).toBeUndefined();
      },
    );

    // Through a notifier these happen in test/faults too; each starts a broker several times.
    test.skipIf(!isFull)('a broker that stops and comes back', async () => {
      const { driver, host, topic } = await open();
      await driver.deliver([outgoing([topic])]);
      const loss = host.nextLoss();
      await broker.stop();
      await loss;
      await expect(driver.open(host)).rejects.toThrow(/nothing listens on port/);
      await broker.start();
      await driver.open(host);
      expect(await driver.deliver([outgoing([topic])])).toBeUndefined();
      expect(await take(topic)).toHaveLength(2);
    });

    test.skipIf(!isFull)('a broker that is killed loses nothing that was confirmed', async () => {
      const { driver, host, topic } = await open();
      const message = outgoing([topic]);
      await driver.deliver([message]);
      const loss = host.nextLoss();
      await broker.kill();
      expect((await loss).message).toMatch(/was lost/);
      await broker.start();
      expect(await take(topic)).toEqual([message.notification.messageId]);
    });

    test.skipIf(!isFull)(
      'through a notifier, what is told during an outage arrives once the broker is back',
      async () => {
        const lines: string[] = [];
        const say = (line: string) => void lines.push(line);
        const topic = uniqueName('topic');
        const environment = { TIDINGS_DRIVERS: 'rabbit', TIDINGS_AMQP_URL: access.url, TIDINGS_TOPICS: topic };
        const options = { retryMinMs: 10, retryMaxMs: 100, reporter: { warn: say, info: say } };
        const notifier = createNotifier(options, environment);
        try {
          const receipts = [notifier.notify('image.create')];
          await receipts[0]?.delivered();
          await broker.stop();
          for (let count = 0; count < 500; count += 1) receipts.push(notifier.notify('image.update', { count }));
          await broker.start();

          const reports = await Promise.all(receipts.map((receipt) => receipt.delivered()));
          expect(new Set(reports.map(({ status }) => status))).toEqual(new Set(['delivered']));
          expect(new Set(await take(topic))).toEqual(new Set(receipts.map(({ messageId }) => messageId)));
          expect(notifier.stats().drivers.rabbit).toMatchObject({
            accepted: 501,
            delivered: 501,
            waiting: 0,
            inFlight: 0,
          });
          expect(lines.join('\n')).toMatch(/rabbit: cannot deliver.*the broker at amqp:\/\/guest@127/);
        } finally {
          await notifier.close();
        }
      },
    );
  },
);
