import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AmqpProbe, innerMessage } from '../support/amqp-probe.js';
import { isOsloPossible, startOsloListener } from '../support/oslo-listener.js';
import { sharedBroker } from '../support/rabbit-fixture.js';
import { type Broker, type BrokerAccess, createVhost, startPrivateBroker } from '../support/rabbitmq.js';
import { ImageClient } from './image-service-client.js';
import { runDemo, ServiceProcess } from './image-service-process.js';

describe.skipIf(!isOsloPossible())('the demo on RabbitMQ, as OpenStack services use it', () => {
  it('is heard by an unmodified oslo.messaging listener, every notification with payload and context', async () => {
    const url = await createVhost(sharedBroker() as BrokerAccess);
    const listener = await startOsloListener(url, 'notifications', 'openstack');
    const demo = await runDemo({ TIDINGS_DRIVERS: 'rabbit', TIDINGS_AMQP_URL: url, TIDINGS_AMQP_COMPAT: 'oslo' });
    expect(demo.code).toBe(0);
    const count = Number(/^driver rabbit: accepted (\d+), delivered \1, dropped 0$/m.exec(demo.stdout)?.[1]);
    const heard = await listener.hear(count);
    expect(new Set(heard.map(({ metadata }) => metadata.message_id)).size).toBe(count);
    const types = new Set(heard.map(({ event_type }) => event_type));
    for (const type of [
      'image.create',
      'image.prepare',
      'image.upload',
      'image.send',
      'task.run.start',
      'task.run.end',
    ]) {
      expect(types).toContain(type);
    }
    for (const { event_type, priority, payload, ctxt } of heard) {
      expect({ event_type, request: typeof ctxt.request_id }).toEqual({ event_type, request: 'string' });
      expect({ event_type, payload: typeof payload }).toEqual({
        event_type,
        payload: priority === 'error' || (priority === 'warn' && event_type !== 'image.send') ? 'string' : 'object',
      });
    }
    await listener.end();
  });
});

describe.skipIf(sharedBroker()?.ctl === undefined)('the service while its broker is down', () => {
  let broker: Broker;
  let directory: string;
  beforeAll(async () => {
    const started = await startPrivateBroker();
    if ('reason' in started) throw new Error(started.reason);
    broker = started.broker;
    directory = await mkdtemp(join(tmpdir(), 'tidings-broker-down-'));
  });
  afterAll(async () => {
    await broker?.dispose();
    await rm(directory, { recursive: true, force: true });
  });

  /** Milliseconds that the median of many requests takes. */
  async function medianAnswer(client: ImageClient): Promise<number> {
    const times: number[] = [];
    for (let request = 0; request < 40; request += 1) {
      const began = performance.now();
      await client.create({ name: 'probe' });
      times.push(performance.now() - began);
    }
    return times.sort((a, b) => a - b)[20] as number;
  }

  it('answers as quickly as before, and delivers everything when the broker is back', async () => {
    const url = await createVhost(broker.access);
    const service = await ServiceProcess.start({
      IMAGE_DIR: directory,
      TIDINGS_DRIVERS: 'rabbit',
      TIDINGS_AMQP_URL: url,
    });
    const client = new ImageClient(service.url);
    await medianAnswer(client);
    const up = await medianAnswer(client);
    await broker.stop();
    const down = await medianAnswer(client);
    // Waiting for a broker would cost seconds; hundreds of times as much; a busy machine costs a few times as much.
    expect(down / up).toBeLessThan(50);
    await broker.start();
    const probe = await AmqpProbe.open(url);
    // What the broker had, but had not confirmed, when it was stopped comes twice: delivery is at least once.
    const eventTypes = new Map<unknown, unknown>();
    const all = new Promise<void>((resolve) => {
      void probe.channel.consume('tidings.notifications.info', (message) => {
        if (message === null) return;
        const { message_id, event_type } = innerMessage({
          ...message,
          fields: { ...message.fields, messageCount: 0 },
        });
        eventTypes.set(message_id, event_type);
        if (eventTypes.size === 120) resolve();
      });
    });
    await all;
    expect([...eventTypes.values()]).toEqual(new Array(120).fill('image.create'));
    await probe.close();
    expect(await service.stop()).toBe(0);
  });
});
