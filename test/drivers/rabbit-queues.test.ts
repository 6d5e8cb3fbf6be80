import { describe, expect, test } from 'vitest';
import type { DeliveryOutcome } from '../../src/delivery/driver.js';
import { RabbitDriver, type RabbitOptions } from '../../src/drivers/rabbit/index.js';
import { outgoing } from '../support/amqp-probe.js';
import { RabbitFixture, sharedBroker } from '../support/rabbit-fixture.js';

const access = sharedBroker();
const rabbit = new RabbitFixture();
const DEFAULTS = { 'x-queue-type': 'classic', 'x-max-length-bytes': 1024 ** 3, 'x-overflow': 'reject-publish' };

describe.skipIf(access === undefined)('a queue that is declared', () => {
  const declared: [string, RabbitOptions, Record<string, unknown>][] = [
    ['by default', {}, DEFAULTS],
    ['as classic', { queueType: 'classic' }, DEFAULTS],
    [
      'as quorum, with everything',
      { queueType: 'quorum', queueMaxMessages: 5, messageTtl: '7d', queueMaxBytes: '1MiB' },
      {
        'x-queue-type': 'quorum',
        'x-max-length-bytes': 1024 ** 2,
        'x-max-length': 5,
        'x-overflow': 'reject-publish',
        'x-message-ttl': 604_800_000,
      },
    ],
    [
      'as the default type, with everything',
      { queueMaxMessages: 5, messageTtl: 60_000 },
      { ...DEFAULTS, 'x-max-length': 5, 'x-message-ttl': 60_000 },
    ],
  ];
  test.skipIf(access?.ctl === undefined).each(declared)(
    '%s has the arguments that were asked for',
    async (_, options, args) => {
      const { driver, host, topic } = await rabbit.open(options);
      expect(await driver.deliver([outgoing([topic])])).toBeUndefined();
      const name = `tidings.${topic}.info`;
      expect(await rabbit.queues()).toContainEqual({ name, durable: true, auto_delete: false, arguments: args });
      expect(host.warnings).toEqual([]);
    },
  );

  test.each(['classic', 'quorum'] as const)(
    'as %s refuses what is over its number of messages, and takes it when there is room',
    async (queueType) => {
      const { driver, topic } = await rabbit.open({ queueType, queueMaxMessages: 3 });
      const queue = `tidings.${topic}.info`;
      let [delivered, refused]: [number, DeliveryOutcome[]] = [0, []];
      // A quorum queue counts in its own time, and lets a few more in.
      while (refused.length === 0) {
        const outcomes = (await driver.deliver(Array.from({ length: 10 }, () => outgoing([topic])))) ?? [];
        refused = outcomes.filter((outcome) => outcome !== undefined);
        delivered += 10 - refused.length;
      }
      expect(delivered).toBeGreaterThanOrEqual(3);
      expect(refused[0]).toMatchObject({ code: 'DELIVERY_FAILED', message: expect.stringContaining('is full') });
      expect(await rabbit.probe.take(queue)).toHaveLength(delivered);
      expect(await driver.deliver([outgoing([topic])])).toBeUndefined();
    },
  );

  test.each(['classic', 'quorum'] as const)('as %s lets go of what is too old', async (queueType) => {
    const { driver, topic } = await rabbit.open({ queueType, messageTtl: 100 });
    expect(await driver.deliver([outgoing([topic])])).toBeUndefined();
    const queue = `tidings.${topic}.info`;
    const left = async () => (await rabbit.probe.channel.checkQueue(queue)).messageCount;
    await expect.poll(left, { timeout: 10_000 }).toBe(0);
  });

  test.skipIf(access?.ctl === undefined)('leaves the queues of compat oslo as they are', async () => {
    const { driver, topic } = await rabbit.open({
      compat: 'oslo',
      queueType: 'quorum',
      queueMaxMessages: 5,
      messageTtl: '1d',
    });
    expect(await driver.deliver([outgoing([topic])])).toBeUndefined();
    expect(await rabbit.queues()).toContainEqual({
      name: `${topic}.info`,
      durable: false,
      auto_delete: false,
      arguments: { 'x-queue-type': 'classic' },
    });
  });
});

test.each([
  ['queueType', 'stream', /^rabbit\.queueType is "stream"; it takes one of classic, quorum$/],
  ['queueMaxMessages', 0, /^rabbit\.queueMaxMessages is 0; it takes a whole number from 1 to 2147483647$/],
  ['messageTtl', '50d', /^rabbit\.messageTtl is "50d"; it takes a time from 1ms/],
  ['messageTtl', 0, /^rabbit\.messageTtl is 0/],
])('%s: %s is refused', (option, value, message) => {
  expect(() => new RabbitDriver({ [option]: value })).toThrow(
    expect.objectContaining({ code: 'CONFIGURATION', message: expect.stringMatching(message) }),
  );
});
