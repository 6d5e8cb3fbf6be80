import { readFileSync } from 'node:fs';
import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { DecodedFormat, Received } from '../../src/listener/index.js';
import { cloudeventsFormat } from '../../src/wire/cloudevents.js';
import { osloFormat } from '../../src/wire/oslo.js';
import { plainFormat } from '../../src/wire/plain.js';
import { notification, uniqueName } from '../support/amqp-probe.js';
import { Heard, listening, until } from '../support/listening.js';
import { RabbitFixture, sharedBroker } from '../support/rabbit-fixture.js';

const COMPRESSED = { headers: { compression: 'application/x-gzip' } };

describe.skipIf(sharedBroker() === undefined)('a listener takes', () => {
  const rabbit = new RabbitFixture();

  it('everything that a real Glance sent, from the queue that Glance has declared', async () => {
    const lines = readFileSync('test/fixtures/glance-25.1-wire.jsonl', 'utf8').trim().split('\n');
    const sent = lines.map((line) => JSON.parse(line));
    const { channel } = rabbit.probe;
    await channel.assertExchange('glance', 'topic', { durable: false });
    await channel.assertQueue('notifications.info', { durable: false });
    await channel.bindQueue('notifications.info', 'glance', 'notifications.info');
    for (const { exchange, routingKey, properties, body } of sent) {
      channel.publish(exchange, routingKey, Buffer.from(body), properties);
    }
    const { listener, reporter } = listening({
      url: rabbit.url,
      compat: 'oslo',
      exchange: 'glance',
      topics: 'notifications',
      concurrency: 1,
    });
    const heard = new Heard();
    await listener.on('*', heard.take).start();
    await until(() => listener.stats().handled === 46);
    const inner = sent.map(({ body }) => JSON.parse(JSON.parse(body)['oslo.message']));
    expect(heard.notifications.map(({ eventType, payload }) => [eventType, payload])).toEqual(
      inner.map(({ event_type, payload }) => [event_type, payload]),
    );
    expect(listener.stats()).toMatchObject({ received: 46, pending: 0 });
    expect(reporter.lines).toEqual([]);
  });

  it('all formats from one queue, by what is in them', async () => {
    const { listener, exchange, topic } = listening({ url: rabbit.url, concurrency: 1 });
    const heard: [Received, DecodedFormat][] = [];
    listener.on('*', (each, { format }) => void heard.push([each, format]));
    await listener.start();
    const told = () => notification({ context: { request_id: 'req-1', user_id: 'u1' } });
    const bare = (body: string) => JSON.parse(body)['oslo.message'] as string;
    const forms: [DecodedFormat, (each: Received) => Buffer | string, object?][] = [
      ['oslo', (each) => osloFormat.encode(each, topic)],
      ['oslo', (each) => bare(osloFormat.encode(each, topic))],
      ['oslo', (each) => deflateSync(osloFormat.encode(each, topic)), COMPRESSED],
      ['oslo', (each) => gzipSync(bare(osloFormat.encode(each, topic))), COMPRESSED],
      ['plain', (each) => plainFormat.encode(each, topic)],
      ['plain', (each) => deflateSync(plainFormat.encode(each, topic)), COMPRESSED],
      ['cloudevents', (each) => cloudeventsFormat.encode(each, topic)],
    ];
    const all = forms.map(([format, encode, properties]) => {
      const each = told();
      // What the sender says of the body is not asked: Python's listeners drop what is called a plain text.
      const options = { contentType: 'text/plain', ...properties };
      rabbit.probe.channel.publish(exchange, `${topic}.info`, Buffer.from(encode(each)), options);
      return [each, format];
    });
    await until(() => heard.length === forms.length);
    expect(heard).toEqual(all);
  });

  it('what says neither who told it nor what of', async () => {
    const { listener, exchange, topic } = listening({ url: rabbit.url });
    const [all, images] = [new Heard(), new Heard()];
    await listener.on('*', all.take).on('image.*', images.take).start();
    const body = JSON.stringify({
      priority: 'Info',
      event_type: null,
      publisher_id: null,
      payload: [1],
      _unique_id: 'u',
    });
    rabbit.probe.channel.publish(exchange, `${topic}.info`, Buffer.from(body));
    await all.until(1);
    expect(all.notifications).toEqual([
      expect.objectContaining({ eventType: '', publisherId: '', priority: 'INFO', payload: [1], context: {} }),
    ]);
    await until(() => listener.stats().handled === 1);
    expect(images.ids).toEqual([]);
  });

  it('the priority that a notification has, whichever queue it is in', async () => {
    const { listener, exchange, topic } = listening({ url: rabbit.url });
    const heard = new Heard();
    listener.on('*', heard.take, { priority: ['ERROR', 'INFO'] });
    await listener.start();
    const error = notification({ priority: 'ERROR' });
    const audit = notification({ priority: 'AUDIT' });
    for (const each of [error, audit]) {
      rabbit.probe.channel.publish(exchange, `${topic}.info`, Buffer.from(osloFormat.encode(each, topic)));
    }
    await until(() => listener.stats().handled + listener.stats().ignored === 2);
    expect(heard.ids).toEqual([error.messageId]);
    expect(listener.stats()).toMatchObject({ handled: 1, ignored: 1 });
  });

  it('nothing from the queues of priorities that no handler asks for', async () => {
    const [exchange, topics] = [uniqueName('exchange'), uniqueName('topic')];
    const first = listening({ url: rabbit.url, exchange, topics });
    await first.listener.on('*', () => undefined).start();
    await first.listener.stop();
    const { listener } = listening({ url: rabbit.url, exchange, topics });
    const heard = new Heard();
    await listener.on('image.*', heard.take, { priority: 'INFO' }).start();
    for (const priority of ['ERROR', 'INFO'] as const) {
      const body = Buffer.from(osloFormat.encode(notification({ priority }), topics));
      rabbit.probe.channel.publish(exchange, `${topics}.${priority.toLowerCase()}`, body);
    }
    await heard.until(1);
    expect((await rabbit.probe.channel.checkQueue(`tidings.${topics}.error`)).messageCount).toBe(1);
    expect(listener.stats().received).toBe(1);
  });
});
