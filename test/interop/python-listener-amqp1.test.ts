import { execFileSync } from 'node:child_process';
import { describe, expect, inject, test } from 'vitest';
import { PRIORITIES } from '../../src/notification/priority.js';
import { outgoing, RecordingHost, uniqueName } from '../support/amqp-probe.js';
import { amqp1Driver, closeDriversAfterEach, EXCHANGE_ADDRESS, openWithPeer } from '../support/amqp1-fixture.js';
import { isPeerPossible } from '../support/amqp1-peer.js';
import { isPrivateBrokerPossible } from '../support/broker-faults.js';
import { isOsloPossible, startOsloListener } from '../support/oslo-listener.js';
import { sharedBroker } from '../support/rabbit-fixture.js';
import { type BrokerAccess, createVhost } from '../support/rabbitmq.js';

closeDriversAfterEach();

describe.skipIf(!isOsloPossible())('an unmodified oslo.messaging', () => {
  test.skipIf(!isPrivateBrokerPossible())('listens on RabbitMQ to what comes by AMQP 1.0', async () => {
    const url = await createVhost(sharedBroker() as BrokerAccess);
    const topic = uniqueName('topic');
    const listener = await startOsloListener(url, topic, 'openstack');
    const driver = amqp1Driver({ url, address: EXCHANGE_ADDRESS, exchange: 'openstack' });
    await driver.open(new RecordingHost());
    const told = PRIORITIES.map((priority) =>
      outgoing([topic], { priority, eventType: `image.${priority}`, payload: { text: 'Grüße 🎉' } }),
    );
    expect(await driver.deliver(told)).toBeUndefined();
    const heard = await listener.hear(told.length);
    await listener.end();
    const by = (one: { event_type: string }, other: { event_type: string }) =>
      one.event_type < other.event_type ? -1 : 1;
    expect([...heard].sort(by)).toMatchObject(
      told
        .map(({ notification: { eventType, payload, messageId, priority } }) => ({
          event_type: eventType,
          priority: priority.toLowerCase(),
          payload,
          ctxt: { request_id: 'req-1' },
          metadata: { message_id: messageId },
        }))
        .sort(by),
    );
  });

  test.skipIf(!isPeerPossible())('reads the body that its own driver amqp1 would send', async () => {
    const { peer, driver } = await openWithPeer({ address: 'oslo' });
    const message = outgoing(['notifications'], { payload: { text: 'Grüße 🎉' } });
    await driver.deliver([message]);
    const [got] = await peer.accepted();
    // What unmarshal_request() of oslo_messaging/_drivers/impl_amqp1.py does, which itself needs a package more.
    const script = `
import json, sys
from oslo_messaging._drivers import common
data = json.loads(sys.stdin.read())
print(json.dumps([common.deserialize_msg(data['request']), data['context']]))`;
    const python = inject('python');
    const output = execFileSync('python' in python ? python.python : '', ['-c', script], { input: got?.body ?? '' });
    expect(JSON.parse(output.toString())).toMatchObject([
      { message_id: message.notification.messageId, event_type: 'image.update', payload: { text: 'Grüße 🎉' } },
      { request_id: 'req-1' },
    ]);
  });
});
