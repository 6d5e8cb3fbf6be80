import type { ConsumeMessage } from 'amqplib';
import { describe, expect, it } from 'vitest';
import { headersFor } from '../../src/listener/message-headers.js';
import { osloFormat } from '../../src/wire/oslo.js';
import { notification } from '../support/amqp-probe.js';
import { listening, until } from '../support/listening.js';
import { RabbitFixture, sharedBroker } from '../support/rabbit-fixture.js';

// RabbitMQ takes no number that is none, so no test can send one through it; other brokers hand them out.
it.each([NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
  'a header with %s is left out by its name',
  (odd) => {
    const headers = { good: 1, odd, deep: { list: [1, { odd }] }, moment: { '!': 'timestamp', value: 5 }, none: null };
    const message = {
      properties: { headers },
      fields: { exchange: 'e', routingKey: 'k' },
    } as unknown as ConsumeMessage;
    const fate = { kind: 'dead', cause: 'failed', attempts: 1, reason: 'because' } as const;
    const written = headersFor('queue', message, fate, undefined);
    expect(written).toMatchObject({ good: 1, moment: headers.moment, none: null, 'x-tidings-reason': 'because' });
    expect(written).not.toHaveProperty('odd');
    expect(written).not.toHaveProperty('deep');
    expect(written['x-tidings-omitted-headers']).toEqual(['odd', 'deep']);
  },
);

describe.skipIf(sharedBroker() === undefined)('a message whose headers amqplib reads and cannot write', () => {
  const rabbit = new RabbitFixture();
  const huge = { '!': 'double', value: -1e300 };

  it.each([
    [
      'one number too far below zero',
      { huge, nested: { huge } },
      { huge: -1e300, nested: { huge: -1e300 } },
      undefined,
    ],
    ['a moment too far away', { at: { '!': 'timestamp', value: 2n ** 64n - 1n }, other: 1 }, {}, ['*']],
    ['a type that is none', { table: { '!': 'object', value: { '!': 'x' } } }, {}, ['*']],
  ])('is tried again and becomes a dead letter: %s', async (_, headers, kept, omitted) => {
    const { listener, exchange, topic, reporter } = listening({ url: rabbit.url, retryDelays: [1] });
    let attempts = 0;
    listener.on('*', () => {
      attempts += 1;
      throw new Error('not this one');
    });
    await listener.start();
    const body = Buffer.from(osloFormat.encode(notification({}), topic));
    rabbit.probe.channel.publish(exchange, `${topic}.info`, body, { contentType: 'application/json', headers });
    await until(() => listener.stats().dead.failed === 1);
    expect(attempts).toBe(2);
    const [letter] = await rabbit.probe.take(`tidings.${topic}.info.dead`);
    expect(letter?.content).toEqual(body);
    expect(letter?.properties.contentType).toBe('application/json');
    expect(letter?.properties.headers).toMatchObject({ ...kept, 'x-tidings-reason': 'not this one' });
    expect(letter?.properties.headers?.['x-tidings-omitted-headers']).toEqual(omitted);
    expect(reporter.lines.some((line) => line.includes("without the sender's headers"))).toBe(omitted !== undefined);
  });
});
