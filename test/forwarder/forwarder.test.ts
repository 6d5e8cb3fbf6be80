import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createForwarder, type SourceOptions } from '../../src/forwarder/index.js';
import { decodeNotification } from '../../src/listener/index.js';
import { plainFormat } from '../../src/wire/plain.js';
import { notification, uniqueName } from '../support/amqp-probe.js';
import { forwarding, logged, temporaryDirectory, temporaryFile } from '../support/forwarding.js';
import { gate, publish, until } from '../support/listening.js';
import { RabbitFixture, sharedBroker } from '../support/rabbit-fixture.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const line = (parts: object) => plainFormat.encode(notification(parts), 'notifications');

describe('a forwarder of a file', () => {
  it.each([
    ['priority', 'bogus', 'priority is none'],
    ['eventType', undefined, 'eventType is no text'],
    ['publisherId', 5, 'publisherId is no text'],
    ['timestamp', new Date(0), 'timestamp is no text'],
    ['context', null, 'context is no object'],
  ])('forwards nothing that a transform gave with a wrong %s, and all that follows', async (key, value, why) => {
    const file = join(temporaryDirectory(), 'out');
    const path = temporaryFile('in', [line({ eventType: 'bad.one' }), line({ eventType: 'good.one' })].join('\n'));
    const { forwarder, reporter } = await forwarding({
      sources: [{ source: 'file', path }],
      transform: { module: (told) => (told.eventType === 'bad.one' ? ({ ...told, [key]: value } as never) : told) },
      sinks: [{ driver: 'log', file }],
    });
    await forwarder.ended();
    expect(forwarder.stats().sources.file).toMatchObject({ forwarded: 1, dead: 1 });
    expect(logged(file).map(({ event_type }) => event_type)).toEqual(['good.one']);
    expect(reporter.lines).toEqual(
      [`file: message 1 is not forwarded: the transform gave a notification whose ${why}`].map((text) =>
        expect.stringContaining(text),
      ),
    );
  });

  it('takes the places of a transform comma-separated, as every list', async () => {
    const file = join(temporaryDirectory(), 'out');
    const path = temporaryFile(
      'in',
      line({ payload: { id: 'i1', name: 'n', owner: { id: 'o', email: 'e' }, size: 1 } }),
    );
    const { forwarder } = await forwarding({
      sources: [{ source: 'file', path }],
      transform: { pick: 'id,owner , size' },
      sinks: [{ driver: 'log', file, transform: { omit: 'owner.email, size' } }],
    });
    await forwarder.ended();
    await forwarder.stop();
    expect(logged(file)).toEqual([expect.objectContaining({ payload: { id: 'i1', owner: { id: 'o' } } })]);
  });

  it('gives each sink what the transforms of the others have not touched', async () => {
    const folder = temporaryDirectory();
    const path = temporaryFile('in', line({ payload: { id: 'i1', deep: { n: 1 } }, context: { request_id: 'r1' } }));
    const { forwarder } = await forwarding({
      sources: [{ source: 'file', path }],
      sinks: [
        {
          driver: 'log',
          name: 'changed',
          file: join(folder, 'changed'),
          transform: {
            module: (told) => {
              Object.assign((told.payload as { deep: object }).deep, { n: 2 });
              Object.assign(told.context, { request_id: 'r2' });
              return told;
            },
          },
        },
        { driver: 'log', name: 'same', file: join(folder, 'same') },
      ],
    });
    await forwarder.ended();
    const seen = (name: string) => logged(join(folder, name)).map(({ payload, context }) => ({ payload, context }));
    expect(seen('changed')).toEqual([{ payload: { id: 'i1', deep: { n: 2 } }, context: { request_id: 'r2' } }]);
    expect(seen('same')).toEqual([{ payload: { id: 'i1', deep: { n: 1 } }, context: { request_id: 'r1' } }]);
  });

  it('closes its port when it is stopped while it starts', async () => {
    const options = { sources: [{ source: 'stdin' }], sinks: [{ driver: 'noop' }], http: { port: 0 } } as const;
    const forwarder = await createForwarder(options, {});
    const started = forwarder.start();
    await Promise.all([expect(started).rejects.toThrow('stopped before it was started'), forwarder.stop()]);
    expect(forwarder.url).toBeUndefined();
  });

  it('forwards what the filters let through, transformed, and ends with the file', async () => {
    const folder = temporaryDirectory();
    const lines = [
      line({ eventType: 'image.create', payload: { id: 'i1', owner: { name: 'o', email: 'e' }, token: 't' } }),
      '',
      'no json',
      line({ eventType: 'image.send', payload: 'a text' }),
      line({ eventType: 'task.run', priority: 'ERROR', payload: 'it broke' }),
      line({ eventType: 'image.skip', payload: {} }),
      line({ eventType: 'compute.create' }),
    ];
    const path = temporaryFile('in.jsonl', `${lines.join('\r\n')}`);
    const module = temporaryFile(
      'transform.mjs',
      `export default async (n) => n.eventType === 'image.skip' ? undefined : { ...n, messageId: 'other', publisherId: 'changed' };`,
    );
    const { forwarder, reporter } = await forwarding({
      sources: [{ source: 'file', path, window: 2 }],
      filter: { events: '!compute.*' },
      sinks: [
        { driver: 'log', name: 'all', file: join(folder, 'all') },
        {
          driver: 'log',
          name: 'images',
          events: ['image.*', '!image.send'],
          file: join(folder, 'images'),
          transform: { omit: 'owner.email', rename: { id: 'image.id' }, module },
        },
        {
          driver: 'log',
          name: 'errors',
          priorities: ['ERROR'],
          file: join(folder, 'errors'),
          transform: { pick: 'id' },
        },
      ],
    });
    await forwarder.ended();
    expect(forwarder.stats()).toMatchObject({
      sources: { file: { received: 6, forwarded: 4, leftOut: 1, dead: 1, status: 'ended' } },
      sinks: { all: { delivered: 4 }, images: { delivered: 1, leftOut: 3 }, errors: { delivered: 1 } },
    });
    await forwarder.stop();
    expect(logged(join(folder, 'all')).map(({ event_type }) => event_type)).toEqual([
      'image.create',
      'image.send',
      'task.run',
      'image.skip',
    ]);
    const [told] = lines;
    const { message_id, timestamp } = JSON.parse(told ?? '');
    expect(logged(join(folder, 'images'))).toEqual([
      expect.objectContaining({
        message_id,
        timestamp,
        publisher_id: 'changed',
        payload: { image: { id: 'i1' }, owner: { name: 'o' }, token: '***' },
      }),
    ]);
    expect(logged(join(folder, 'errors'))[0]).toMatchObject({ event_type: 'task.run', payload: 'it broke' });
    expect(reporter.lines.join('\n')).toContain('file: message 2 is not forwarded: the body is not JSON');
  });

  it('keeps ids, times, publishers and chosen keys of the context, and no credentials', async () => {
    const folder = temporaryDirectory();
    const told = notification({ timestamp: '2026-11-20T07:18:08.114703Z', publisherId: 'image.h' });
    const body = {
      message_id: told.messageId,
      publisher_id: told.publisherId,
      event_type: 'a.b',
      priority: 'warn',
      timestamp: '2026-11-20 07:18:08.114703',
      payload: { n: 1 },
      _context_request_id: 'req-1',
      _context_auth_token: 'secret',
      _context_tenant: 't1',
      _context_other: 'x',
    };
    const path = temporaryFile('in.jsonl', JSON.stringify(body));
    const { forwarder } = await forwarding({
      sources: [{ source: 'file', path }],
      contextKeys: 'tenant',
      sinks: [{ driver: 'log', file: join(folder, 'log') }],
    });
    await forwarder.ended();
    await forwarder.stop();
    expect(logged(join(folder, 'log'))[0]).toMatchObject({
      message_id: told.messageId,
      publisher_id: 'image.h',
      priority: 'WARN',
      timestamp: '2026-11-20T07:18:08.114703Z',
      context: { request_id: 'req-1', tenant: 't1' },
    });
    expect(readFileSync(join(folder, 'log'), 'utf8')).not.toContain('secret');
  });
});

describe.skipIf(sharedBroker() === undefined)('a forwarder of RabbitMQ', () => {
  const rabbit = new RabbitFixture();
  const source = (exchange: string, topics: string, more: object = {}): SourceOptions => ({
    source: 'rabbit',
    url: rabbit.url,
    exchange,
    topics,
    retryDelays: [20],
    ...more,
  });

  it('shares the work of a queue with another one, and loses nothing', async () => {
    const [from, to, topic] = [uniqueName('from'), uniqueName('to'), uniqueName('topic')];
    const options = {
      sources: [source(from, topic, { prefetch: 20 })],
      sinks: [{ driver: 'rabbit', url: rabbit.url, exchange: to, topics: `${topic}-to` }],
    };
    const [one, other] = [await forwarding(options), await forwarding(options)];
    const told = publish(rabbit.probe, from, topic, ...Array.from({ length: 200 }, (_, n) => ({ payload: { n } })));
    const forwarded = ({ forwarder }: typeof one) => forwarder.stats().sources.rabbit?.forwarded ?? 0;
    await until(() => forwarded(one) + forwarded(other) === 200);
    expect(forwarded(one)).toBeGreaterThan(0);
    expect(forwarded(other)).toBeGreaterThan(0);
    await Promise.all([one.forwarder.stop(), other.forwarder.stop()]);
    const messages = await rabbit.probe.take(`tidings.${topic}-to.info`);
    const decoded = messages.map(({ content }) => decodeNotification(content));
    const ids = decoded.map((each) => ('notification' in each ? each.notification.messageId : each.reason));
    expect(ids.sort()).toEqual(told.map(({ messageId }) => messageId).sort());
  });

  it('acknowledges only when a persistent sink has it; throws away and counts what is for others', async () => {
    const proxy = await TcpProxy.open(rabbit.url);
    onTestFinished(() => proxy.close());
    const url = proxy.urlFor(rabbit.url);
    const [from, to, passing, topic] = [uniqueName('from'), uniqueName('to'), uniqueName('to'), uniqueName('topic')];
    const folder = temporaryDirectory();
    const { forwarder } = await forwarding({
      sources: [source(from, topic)],
      sinks: [
        { driver: 'rabbit', name: 'kept', url, exchange: to, topics: `${topic}-kept`, connectTimeout: '1s' },
        {
          driver: 'rabbit',
          name: 'passing',
          persist: false,
          url,
          exchange: passing,
          topics: `${topic}-passing`,
          connectTimeout: '1s',
        },
        { driver: 'log', file: join(folder, 'log') },
      ],
      http: { port: 0 },
    });
    await until(() => forwarder.health().status === 'up');
    expect((await fetch(`${forwarder.url}/healthz`)).status).toBe(200);
    proxy.refuse();
    await until(
      () => forwarder.stats().sinks.kept?.status === 'down' && forwarder.stats().sinks.passing?.status === 'down',
    );
    publish(rabbit.probe, from, topic, ...Array.from({ length: 10 }, () => ({})));
    await until(() => forwarder.stats().sinks.passing?.dropped.down === 10);
    await until(() => forwarder.stats().sinks.log?.delivered === 10);
    expect(forwarder.stats()).toMatchObject({
      sources: { rabbit: { received: 10, forwarded: 0 } },
      sinks: { kept: { waiting: 10, delivered: 0 } },
    });
    const health = await fetch(`${forwarder.url}/healthz`);
    expect(health.status).toBe(503);
    expect(await health.json()).toMatchObject({
      status: 'down',
      sinks: { kept: { status: 'down' }, log: { status: 'up' } },
    });
    const metrics = await (await fetch(`${forwarder.url}/metrics`)).text();
    expect(metrics).toContain('# TYPE tidings_forwarder_sink_dropped_total counter\n');
    expect(metrics).toContain('tidings_forwarder_sink_dropped_total{sink="passing",reason="down"} 10\n');
    expect(metrics).toContain('tidings_forwarder_sink_waiting{sink="kept"} 10\n');
    expect(metrics).toContain('tidings_forwarder_source_received_total{source="rabbit"} 10\n');
    expect((await fetch(`${forwarder.url}/else`)).status).toBe(404);
    proxy.accept();
    await until(() => forwarder.stats().sources.rabbit?.forwarded === 10);
    expect(forwarder.stats().sinks.kept).toMatchObject({ delivered: 10, waiting: 0 });
    await forwarder.stop();
    expect(await rabbit.probe.take(`tidings.${topic}-kept.info`)).toHaveLength(10);
  });

  it('takes no more than the prefetch while a sink is down', async () => {
    const [from, topic] = [uniqueName('from'), uniqueName('topic')];
    const { forwarder } = await forwarding({
      sources: [source(from, topic, { prefetch: 20 })],
      sinks: [{ driver: 'rabbit', url: 'amqp://127.0.0.1:1', topics: `${topic}-far` }],
    });
    publish(rabbit.probe, from, topic, ...Array.from({ length: 100 }, () => ({})));
    await until(async () => (await rabbit.probe.channel.checkQueue(`tidings.${topic}.info`)).messageCount === 80);
    expect(forwarder.stats()).toMatchObject({
      sources: { rabbit: { received: 20 } },
      sinks: { rabbit: { waiting: 20 } },
    });
    // What is not delivered is the broker's again.
    await forwarder.stop({ timeoutMs: 10 });
    await until(async () => (await rabbit.probe.channel.checkQueue(`tidings.${topic}.info`)).messageCount === 100);
  });

  it('acknowledges what the spool has, and a later one delivers it', async () => {
    const [from, topic] = [uniqueName('from'), uniqueName('topic')];
    const spoolDir = temporaryDirectory();
    const options = (url: string) => ({
      sources: [source(from, topic)],
      spoolDir,
      sinks: [{ driver: 'rabbit', name: 'far', url, exchange: uniqueName('to'), topics: `${topic}-far` }],
    });
    const first = await forwarding(options('amqp://127.0.0.1:1'));
    publish(rabbit.probe, from, topic, ...Array.from({ length: 10 }, () => ({})));
    await until(() => first.forwarder.stats().sources.rabbit?.forwarded === 10);
    await first.forwarder.stop({ timeoutMs: 50 });
    const renamed = { ...options(rabbit.url), sinks: [{ driver: 'noop', name: 'near' }] };
    const { forwarder, reporter } = await forwarding(renamed);
    await forwarder.stop();
    expect(reporter.lines).toEqual([expect.stringMatching(/^spoolDir has "far", which is of no persistent sink here/)]);
    const second = await forwarding(options(rabbit.url));
    expect(second.reporter.lines).toEqual([]);
    await until(() => second.forwarder.stats().sinks.far?.delivered === 10);
    await second.forwarder.stop();
    expect(await rabbit.probe.take(`tidings.${topic}-far.info`)).toHaveLength(10);
  });

  it('takes back what a transform never answers for, and goes on', async () => {
    const [from, topic] = [uniqueName('from'), uniqueName('topic')];
    const { forwarder, reporter } = await forwarding({
      sources: [source(from, topic, { prefetch: 1 })],
      transform: { module: (each) => (each.eventType === 'a.bad' ? new Promise(() => {}) : each), timeoutMs: 20 },
      sinks: [{ driver: 'log', file: join(temporaryDirectory(), 'log') }],
      http: { port: 0 },
    });
    publish(rabbit.probe, from, topic, { eventType: 'a.bad' }, { eventType: 'a.good' });
    const stats = () => forwarder.stats().sources.rabbit;
    await until(() => stats()?.dead === 1 && stats()?.forwarded === 1);
    expect(forwarder.stats()).toMatchObject({
      sources: { rabbit: { retried: 1, pending: 0 } },
      transforms: { failed: 0, timedOut: 2 },
    });
    expect(forwarder.health().status).toBe('up');
    expect(reporter.lines).toContain(
      'the transform gave nothing in 20 ms (timeoutMs) for a.bad: see what its module waits for',
    );
    const metrics = await (await fetch(`${forwarder.url}/metrics`)).text();
    expect(metrics).toContain('tidings_forwarder_transform_failures_total{reason="timed_out"} 2\n');
    const [letter] = await rabbit.probe.take(`tidings.${topic}.info.dead`);
    expect(letter?.properties.headers?.['x-tidings-reason']).toBe('the transform gave nothing in 20 ms (timeoutMs)');
  });

  it('counts as forwarded what its sinks have though the broker does not hear of it', async () => {
    const [from, topic] = [uniqueName('from'), uniqueName('topic')];
    const proxy = await TcpProxy.open(rabbit.url);
    onTestFinished(() => proxy.close());
    const { opened, open } = gate();
    const { forwarder } = await forwarding({
      sources: [source(from, topic, { url: proxy.urlFor(rabbit.url), reconnectMin: 20 })],
      transform: { module: (each) => opened.then(() => (each.eventType === 'a.out' ? undefined : each)) },
      sinks: [{ driver: 'log', file: join(temporaryDirectory(), 'log') }],
    });
    const stats = () => forwarder.stats().sources.rabbit;
    publish(rabbit.probe, from, topic, {}, {}, { eventType: 'a.out' });
    await until(() => stats()?.pending === 3);
    proxy.refuse();
    await until(() => stats()?.status === 'down');
    open();
    await until(() => stats()?.pending === 0);
    expect(stats()).toMatchObject({ received: 3, forwarded: 2, leftOut: 1, givenBack: 0 });
    proxy.accept();
    await until(() => stats()?.received === 6 && stats()?.pending === 0);
    expect(stats()).toMatchObject({ forwarded: 2, leftOut: 2, duplicates: 2, givenBack: 0 });
    expect(forwarder.stats().sinks.log).toMatchObject({ delivered: 2 });
  });

  it('puts among the dead letters what a sink refuses, and what a transform cannot', async () => {
    const [from, topic] = [uniqueName('from'), uniqueName('topic')];
    const module = temporaryFile(
      'bad.mjs',
      `export default (n) => { if (n.eventType === 'a.bad') throw new Error('cannot'); return n; };`,
    );
    const { forwarder } = await forwarding({
      sources: [source(from, topic)],
      maxMessageBytes: 2_000,
      transform: { module },
      sinks: [{ driver: 'log', file: join(temporaryDirectory(), 'log') }],
    });
    publish(rabbit.probe, from, topic, { eventType: 'a.bad' }, { eventType: 'a.good' }, { payload: 'x'.repeat(1_700) });
    const stats = () => forwarder.stats().sources.rabbit;
    await until(() => stats()?.dead === 2 && stats()?.forwarded === 1);
    expect(forwarder.stats().sources.rabbit).toMatchObject({ forwarded: 1, retried: 1, dead: 2 });
    const letters = await rabbit.probe.take(`tidings.${topic}.info.dead`);
    const reasons = letters.map(({ properties }) => properties.headers?.['x-tidings-reason']);
    expect(reasons.sort()).toEqual(['cannot', expect.stringMatching(/^over 2000 bytes|dropped|longer/)]);
  });
});
