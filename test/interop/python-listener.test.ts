import { afterEach, describe, expect, test } from 'vitest';
import { RabbitDriver, type RabbitOptions } from '../../src/drivers/rabbit/index.js';
import type { Notification } from '../../src/notification/notification.js';
import { PRIORITIES } from '../../src/notification/priority.js';
import { outgoing, RecordingHost, uniqueName } from '../support/amqp-probe.js';
import { isOsloPossible, startOsloListener } from '../support/oslo-listener.js';
import { sharedBroker } from '../support/rabbit-fixture.js';
import { type BrokerAccess, createVhost } from '../support/rabbitmq.js';

describe.skipIf(!isOsloPossible())('an unmodified oslo.messaging listener', () => {
  const drivers: RabbitDriver[] = [];
  afterEach(async () => {
    await Promise.all(drivers.splice(0).map((driver) => driver.close()));
  });

  async function openDriver(options: RabbitOptions) {
    const driver = new RabbitDriver({ compat: 'oslo', ...options });
    const host = new RecordingHost();
    drivers.push(driver);
    await driver.open(host);
    return { driver, host };
  }

  const told = (topic: string): readonly Partial<Notification>[] => [
    ...PRIORITIES.map((priority) => ({ eventType: `${topic}.${priority.toLowerCase()}`, priority })),
    { eventType: `${topic}.text`, payload: { name: 'Zoë 東京 🚀 \u2028 "quoted" \\', empty: '', nothing: null } },
    { eventType: `${topic}.list`, payload: [1, -2.5, true, { deep: [[]] }] },
    { eventType: `${topic}.bare`, payload: 'only a text', context: {} },
    {
      eventType: `${topic}.context`,
      context: { request_id: 'req-ü', user_id: 'u1', project_id: 'p1', operation_id: 'op', duration_ms: 12.5 },
    },
    { eventType: `${topic}.second`, timestamp: '2026-11-20T07:18:08.000Z' },
  ];

  test.each(['the listener', 'the driver'])(
    'hears every notification unchanged, when %s was there first',
    async (first) => {
      const url = await createVhost(sharedBroker() as BrokerAccess);
      const topic = uniqueName('notifications');
      const exchange = uniqueName('exchange');
      const messages = told(topic).map((parts) => outgoing([topic], parts));

      const early = first === 'the listener' ? await startOsloListener(url, topic, exchange) : undefined;
      const { driver, host } = await openDriver({ url, exchange });
      expect(await driver.deliver(messages)).toBeUndefined();
      const listener = early ?? (await startOsloListener(url, topic, exchange));

      const heard = new Map((await listener.hear(messages.length)).map((one) => [one.event_type, one]));
      for (const { notification } of messages) {
        expect(heard.get(notification.eventType)).toEqual({
          priority: notification.priority.toLowerCase(),
          // oslo.messaging itself adds the time that a caller would wait for an answer.
          ctxt: { client_timeout: null, ...notification.context },
          publisher_id: notification.publisherId,
          event_type: notification.eventType,
          payload: notification.payload,
          metadata: {
            message_id: notification.messageId,
            timestamp: notification.timestamp.replace('T', ' ').replace('Z', '000'),
          },
        });
      }
      expect(host.warnings).toEqual([]);
      await listener.end();
    },
  );
});
