import { describe, expect, test } from 'vitest';
import { decodeNotification } from '../../src/listener/index.js';
import { AmqpProbe, uniqueName } from '../support/amqp-probe.js';
import { Heard, listening, until } from '../support/listening.js';
import { isOsloPossible } from '../support/oslo-listener.js';
import { type OsloNotifierOptions, type Sent, sendByOslo } from '../support/oslo-notifier.js';
import { sharedBroker } from '../support/rabbit-fixture.js';
import { type BrokerAccess, createVhost } from '../support/rabbitmq.js';

const PRIORITIES = ['audit', 'debug', 'info', 'warn', 'error', 'critical', 'sample'];
const payload = {
  name: 'Zoë 東京 🚀 \u2028 "quoted" \\',
  nothing: null,
  deep: [[{ a: -2.5 }]],
  text: 'x'.repeat(2_000),
};
const sent: readonly Sent[] = [
  ...PRIORITIES.map((priority) => ({
    priority,
    context: {},
    publisher_id: 'image.localhost',
    event_type: `image.${priority}`,
    payload,
  })),
  {
    priority: 'info',
    context: { request_id: 'req-ü', user_id: 'u1', roles: ['member'], is_admin: true },
    publisher_id: 'compute.host-1',
    event_type: 'compute.instance.create.end',
    payload: 'only a text',
  },
];

describe.skipIf(!isOsloPossible())('an unmodified oslo.messaging notifier', () => {
  const forms: Pick<OsloNotifierOptions, 'driver' | 'compression'>[] = [
    { driver: 'messagingv2' },
    { driver: 'messaging' },
    { driver: 'messagingv2', compression: 'gzip' },
  ];

  test.each(forms)('is heard unchanged: %j', async (form) => {
    const url = await createVhost(sharedBroker() as BrokerAccess);
    const topic = uniqueName('notifications');
    const exchange = uniqueName('exchange');
    const { listener, reporter } = listening({ url, exchange, topics: topic, compat: 'oslo' });
    const pool = listening({ url, exchange, topics: topic, compat: 'oslo', pool: uniqueName('pool') });
    const [heard, copied] = [new Heard(), new Heard()];
    listener.on('*', heard.take);
    pool.listener.on('*', copied.take);
    await Promise.all([listener.start(), pool.listener.start()]);
    const before = Date.now();
    await sendByOslo({ url, topic, exchange, ...form }, sent);
    for (const { notifications } of [heard, copied]) {
      await until(() => notifications.length >= sent.length);
      const byType = new Map(notifications.map((each) => [each.eventType, each]));
      for (const each of sent) {
        const one = byType.get(each.event_type);
        expect(one).toEqual({
          messageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
          publisherId: each.publisher_id,
          eventType: each.event_type,
          priority: each.priority.toUpperCase(),
          timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.(\d{6}|\d{3})Z$/),
          payload: each.payload,
          context: each.context,
        });
        expect(Math.abs(Date.parse(one?.timestamp ?? '') - before)).toBeLessThan(60_000);
      }
      expect(notifications).toHaveLength(sent.length);
    }
    expect(reporter.lines).toEqual([]);
  });

  test('really compresses', async () => {
    const url = await createVhost(sharedBroker() as BrokerAccess);
    const probe = await AmqpProbe.open(url);
    await sendByOslo({ url, topic: 't', exchange: 'e', driver: 'messagingv2', compression: 'gzip' }, sent.slice(0, 1));
    const [message] = await probe.take('t.audit');
    await probe.close();
    expect(message?.properties.headers).toEqual({ compression: 'application/x-gzip' });
    expect(decodeNotification(message?.content ?? '', message?.properties.headers)).toMatchObject({ format: 'oslo' });
  });
});
