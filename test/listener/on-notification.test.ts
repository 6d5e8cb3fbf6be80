import { beforeAll, describe, expect, it } from 'vitest';
import { notifyAbout, StartEnd, withNotificationContext } from '../../src/index.js';
import * as listening from '../../src/listener/index.js';
import { Heard, listening as listenTo, publish, until } from '../support/listening.js';
import { RabbitFixture, sharedBroker } from '../support/rabbit-fixture.js';
import { record } from '../support/recorded.js';

type Handlers = ReturnType<typeof import('../decorated/handlers.js')['defineHandlers']>;

describe.each(['standard', 'legacy'])('@OnNotification (%s decorators)', (standard) => {
  let handlers: Handlers;
  beforeAll(async () => {
    const file = new URL(`../../build/decorated/${standard}/test/decorated/handlers.js`, import.meta.url).href;
    handlers = (await import(file)).defineHandlers(listening);
  });

  it('is written down where others can read it', () => {
    const found = listening.notificationHandlersOf(new handlers.Sub());
    const written = found.map(({ name, pattern, options }) => [name, pattern, options]);
    expect(written.sort()).toEqual([
      ['Sub.onBatch', 'batch.*', { batch: { size: 2 } }],
      ['Sub.onImage', 'image.*,!image.send', { priority: 'INFO' }],
      [
        'Sub.onOpenImage',
        'image.*',
        { where: { publisherId: 'image.*', payload: { 'properties.os': /^(linux|bsd)$/ } } },
      ],
      ['Sub.onTask', 'task.run', {}],
      ['Sub.onTask', 'task.stop', {}],
    ]);
    expect(listening.notificationHandlersOf({})).toEqual([]);
  });

  describe.skipIf(sharedBroker() === undefined)('on objects that are registered', () => {
    const rabbit = new RabbitFixture();

    it('has its methods called on them, overridden ones and static ones too', async () => {
      const { listener, exchange, topic } = listenTo({ url: rabbit.url });
      const sub = new handlers.Sub();
      listener.register(sub).register(handlers.Fixed);
      await listener.start();
      const types = ['image.create', 'image.send', 'task.run', 'task.stop', 'batch.one', 'batch.two'];
      publish(rabbit.probe, exchange, topic, ...types.map((eventType) => ({ eventType })));
      const open = { eventType: 'image.open', priority: 'WARN', payload: { properties: { os: 'bsd' } } } as const;
      publish(rabbit.probe, exchange, topic, open, { ...open, publisherId: 'compute.h' }, { ...open, payload: {} });
      await until(() => listener.stats().received === 9 && listener.stats().pending === 0);
      expect(sub.heard.sort()).toEqual([
        'batch 2',
        'image image.create',
        'of the sub-class',
        'open image.open',
        'task task.run',
        'task task.stop',
      ]);
      expect(handlers.Fixed.heard).toEqual(['image.create']);
    });
  });
});

describe('wrong handlers', () => {
  const { OnNotification } = listening;
  it.each([
    [() => listening.createListener().register({}), /object without a method with @OnNotification/],
    [() => OnNotification('image create'), /@OnNotification has "image create"; it takes event types/],
    [() => listening.createListener().on('', () => 0), /is empty; it takes event types/],
    [
      () => listening.createListener().on('*', () => 0, { priority: 'LOUD' as 'INFO' }),
      /priority has "LOUD"; it takes AUDIT/,
    ],
    [() => listening.createListener().on('*', () => 0, { prio: 1 } as object), /prio is not an option; there are name/],
    [
      () => listening.createListener().on('*', () => 0, { where: { payload: { a: {} as 'b' } } }),
      /payload.a is \[object/,
    ],
    [
      () => listening.createListener().on('*', () => 0, { batch: { size: 101 } }),
      /batch.size is 101; it takes .* to 100/,
    ],
    [() => listening.createListener().on('*', 7 as never), /has no function as its handler/],
    [() => listening.createListener().start(), /has no handler/],
    [() => listening.createListener({ prefetch: 0 }), /listener.prefetch is 0; it takes a whole number from 1/],
    [() => listening.createListener({ retryDelays: ['1h'] }), /listener.retryDelays\[0\] is "1h"; it takes a time/],
    [() => listening.createListener({ pool: 'p', temporary: true }), /goes without a pool/],
    [() => listening.createListener({ url: 'http://h' }), /listener.url is not the URL of an AMQP broker/],
    [
      () => listening.createListener({ tls: { cert: 'x', key: 'y' } }),
      /listener.tls holds what cannot be used for TLS/,
    ],
    [() => listening.createListener({ topic: 't' } as object), /listener.topic is not an option/],
    [() => listening.createListener({ protocol: 'amqp' } as object), /listener.protocol is "amqp"; it takes/],
    [() => listening.createListener({ address: 'queue' }), /listener.address is for protocol 'amqp1': say so/],
    [() => listening.createListener({ protocol: 'amqp1', pool: 'p' }), /listener.pool is not for protocol 'amqp1'/],
    [
      () => listening.createListener({ protocol: 'amqp1', address: 'rabbitmq4' }),
      /listener.address is that of an exchange, which holds nothing to receive; it takes .* rabbitmq4-queue/,
    ],
    [
      () => listening.createListener({ protocol: 'amqp1', temporary: true, address: 'rabbitmq3' }),
      /listener.address is one of RabbitMQ, which has no temporary queues for AMQP 1.0/,
    ],
    [
      () => listening.createListener({ protocol: 'amqp1', temporary: true, deadAddress: 'dead' }),
      /listener.deadAddress is without use with temporary/,
    ],
    [
      () => listening.createListener({ protocol: 'amqp1', deadAddress: 'rabbitmq3' }),
      /listener.deadAddress is that of an exchange/,
    ],
    [
      () => listening.createListener({ handlerTimeout: 0 }),
      /listener.handlerTimeout is 0; it takes a time from 1ms to 24h/,
    ],
    [() => listening.createListener({ handlerTimeout: true } as object), /listener.handlerTimeout is true; it takes/],
    [
      () => listening.createListener({ protocol: 'amqp1', deadAddress: '{event_type}' }),
      /listener.deadAddress has \{event_type\}/,
    ],
    [
      () => listening.createListener({ protocol: 'amqp1', deadAddress: 'queue' }),
      /listener.deadAddress is the address itself/,
    ],
    [
      () => listening.createListener({ protocol: 'amqp1', sasl: 'plain' }),
      /listener.sasl is 'plain', which needs a user and a password/,
    ],
  ])('%# are told when they are written', (write, message) => {
    expect(write).toThrow(message);
  });

  it('are told for a decorator on anything but a method', () => {
    expect(() => Reflect.apply(OnNotification('a') as never, undefined, [class A {}])).toThrow(
      '@OnNotification cannot decorate the class A; it decorates methods',
    );
  });
});

describe.skipIf(sharedBroker() === undefined)('in a handler', () => {
  const rabbit = new RabbitFixture();

  it('what is told carries the ids of the request on, below the operation that was told of', async () => {
    const { told } = record();
    const { listener, exchange, topic } = listenTo({ url: rabbit.url });
    const context = { request_id: 'req-1', operation_id: 'op-1', parent_operation_id: 'op-0', duration_ms: 7 };
    const heard = new Heard();
    class Work {
      run() {
        return { done: true };
      }
    }
    Object.defineProperty(
      Work.prototype,
      'run',
      (StartEnd('work.run') as never as (...args: unknown[]) => PropertyDescriptor)(
        Work.prototype,
        'run',
        Object.getOwnPropertyDescriptor(Work.prototype, 'run'),
      ),
    );
    listener.on('*', (each) => {
      heard.take(each);
      notifyAbout('handler.told');
      new Work().run();
    });
    // Not in the context of whoever starts it.
    await withNotificationContext({ request_id: 'of the starter', user_id: 'u' }, () => listener.start());
    publish(rabbit.probe, exchange, topic, { context });
    await heard.until(1);
    expect(heard.notifications[0]?.context).toEqual(context);
    const [first, start] = await told();
    expect(first).toMatchObject({ eventType: 'handler.told' });
    expect(first?.context).toEqual({ request_id: 'req-1', parent_operation_id: 'op-1' });
    expect(start?.eventType).toBe('work.run.start');
    expect(start?.context).toMatchObject({ request_id: 'req-1', parent_operation_id: 'op-1' });
    expect(start?.context.operation_id).toMatch(/^[0-9a-f-]{36}$/);
  });
});
