import { describe, expect, it } from 'vitest';
import { Notifies, notifyAbout, StartEnd, withNotificationContext } from '../../src/index.js';
import { describeUnderBothStandards, privateService } from '../support/decorated.js';
import { record } from '../support/recorded.js';
import { nextUnhandledRejection } from '../support/unhandled-rejection.js';

describeUnderBothStandards('@Notifies and @StartEnd', ({ ImageService, SubService }) => {
  const service = () => new ImageService();

  it('tells of a sync method when it has returned, with the payload of its function', async () => {
    const { told } = record();
    expect(service().update('i1', 'cirros')).toEqual({ id: 'i1', name: 'cirros' });
    const [notification, ...rest] = await told();
    expect(rest).toEqual([]);
    expect(notification).toMatchObject({
      eventType: 'image.update',
      priority: 'INFO',
      publisherId: 'test.host',
      payload: { id: 'i1', name: 'cirros', greeting: 'hello', phase: 'end' },
    });
    expect(notification?.messageId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(notification?.timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it('tells of an async method when its promise has resolved, not before', async () => {
    const { told, notifier } = record();
    const promise = service().fetch('i2');
    expect(notifier.stats().drivers.memory?.accepted).toBe(0);
    expect(promise).toBeInstanceOf(Promise);
    await expect(promise).resolves.toEqual({ id: 'i2', name: 'fetched' });
    expect((await told()).map(({ payload }) => payload)).toEqual([{ id: 'i2', name: 'fetched' }]);
  });

  it('stays sync where the method is sync, and keeps `this`, arguments and the thrown object', async () => {
    const { summary } = record();
    const images = service();
    let self: unknown;
    expect(
      images.any(function () {
        self = this;
        return 42;
      }),
    ).toBe(42);
    expect(self).toBe(images);
    const fault = new Error('boom');
    expect(() =>
      images.any(() => {
        throw fault;
      }),
    ).toThrow(fault);
    const rejection = images.any(async () => {
      throw fault;
    });
    await expect(rejection).rejects.toBe(fault);
    expect(await summary()).toEqual(['INFO image.any', 'ERROR image.any', 'ERROR image.any']);
  });

  it('keeps the name, the length, the metadata and the marks of other decorators', () => {
    const { prototype } = ImageService;
    expect(prototype.update.name).toBe('update');
    expect(prototype.update.length).toBe(prototype.bareUpdate.length);
    expect(prototype.fetch.name).toBe('fetch');
    expect((prototype.marked as unknown as { marks: string[] }).marks).toEqual(['inner', 'outer']);
    expect(Object.getOwnPropertyDescriptor(prototype, 'update')).toMatchObject({
      enumerable: false,
      configurable: true,
      writable: true,
    });
  });

  it('works on static methods, symbol names, subclasses with super, and several decorators on one method', async () => {
    const { summary } = record();
    expect(ImageService.count('a', 'b')).toBe(2);
    expect((service() as unknown as Record<symbol, () => string[]>)[Symbol.for('image.list')]?.()).toEqual([]);
    expect(new SubService().update('i3')).toEqual({ id: 'sub-i3', name: 'unnamed' });
    expect(service().twice()).toBe('twice');
    expect(await summary()).toEqual([
      'INFO image.static',
      'INFO image.symbol',
      'INFO image.update',
      'INFO inner.event.start',
      'INFO inner.event.end',
      'INFO outer.event',
    ]);
  });

  it('tells at the start where it is asked to, once', async () => {
    const { told } = record();
    await service().prepare('i4');
    expect((await told()).map(({ eventType, payload }) => [eventType, payload])).toEqual([
      ['image.prepare', { id: 'i4' }],
      ['image.inside', { id: 'i4' }],
    ]);
  });

  it('pairs start and end by their operation id, with the duration at the end', async () => {
    const { told } = record();
    await service().run(async () => 'done');
    const [start, end] = await told();
    expect([start?.eventType, end?.eventType]).toEqual(['task.run.start', 'task.run.end']);
    expect(start?.context.operation_id).toMatch(/^[0-9a-f-]{36}$/);
    expect(end?.context.operation_id).toBe(start?.context.operation_id);
    expect(start?.context).not.toHaveProperty('duration_ms');
    expect(end?.context.duration_ms).toBeGreaterThanOrEqual(0);
    expect([start?.payload, end?.payload]).toEqual([{}, {}]);
  });

  it('takes a pair of different types, with a payload per phase', async () => {
    const { told } = record();
    await service().upload('i5');
    await expect(service().upload('i6', true)).rejects.toThrow('no space left');
    expect((await told()).map(({ eventType, priority, payload }) => [priority, eventType, payload])).toEqual([
      ['INFO', 'image.begin', { begins: 'i5' }],
      ['INFO', 'image.upload', { ended: 'i5' }],
      ['INFO', 'image.begin', { begins: 'i6' }],
      ['ERROR', 'image.upload', { failed: 'no space left' }],
    ]);
  });

  it('gives nested calls and what their bodies tell the operation that they belong to', async () => {
    const { told } = record();
    const images = service();
    await withNotificationContext({ request_id: 'req-1', user_id: 'alice', secret_thing: 'x' }, () =>
      images.run(async () => {
        await images.fetch('i7');
        notifyAbout('task.progress', { done: 1 });
      }),
    );
    const [start, fetched, progress, end] = await told();
    const operation = start?.context.operation_id;
    expect(fetched?.context.parent_operation_id).toBe(operation);
    expect(fetched?.context.operation_id).not.toBe(operation);
    expect(progress?.context.operation_id).toBe(operation);
    expect(end?.context.operation_id).toBe(operation);
    for (const each of [start, fetched, progress, end]) {
      expect(each?.context).toMatchObject({ request_id: 'req-1', user_id: 'alice' });
      expect(each?.context).not.toHaveProperty('secret_thing');
    }
  });

  it('keeps an unhandled rejection visible', async () => {
    record();
    const seen = nextUnhandledRejection();
    const fault = new Error('nobody handles this');
    void service().any(async () => {
      throw fault;
    });
    expect(await seen).toBe(fault);
  });
});

describe('decorators on what is no method', () => {
  const decorators = { '@Notifies': Notifies('a.b'), '@StartEnd': StartEnd('a.b') };

  it.each(Object.entries(decorators))('%s is refused with the member, its kind and the class', (name, decorator) => {
    const decorate = decorator as unknown as (...args: unknown[]) => unknown;
    class Gallery {
      get size() {
        return 1;
      }
    }
    const accessor = Object.getOwnPropertyDescriptor(Gallery.prototype, 'size');
    expect(() => decorate(Gallery.prototype, 'size', accessor)).toThrow(
      new TypeError(`${name}("a.b") cannot decorate the accessor Gallery.size; it decorates methods`),
    );
    expect(() => decorate(Gallery.prototype, 'title', undefined)).toThrow(/the property Gallery.title/);
    expect(() => decorate(Gallery, undefined, undefined)).toThrow(/the class Gallery/);
    expect(() => decorate(Gallery, undefined, 0)).toThrow(/the parameter 0/);
    expect(() => decorate(() => 1, { kind: 'getter', name: 'size', addInitializer() {} }, undefined)).toThrow(
      /the getter size/,
    );
    expect(() => decorate(undefined, { kind: 'field', name: 'title', addInitializer() {} }, undefined)).toThrow(
      TypeError,
    );
  });

  it('refuses a wrong event type and wrong options when the class is defined', () => {
    expect(() => Notifies('image update')).toThrow(/has the event type "image update"; it takes words of/);
    expect(() => Notifies('x'.repeat(256))).toThrow(/at most 255 bytes/);
    expect(() => StartEnd({ start: 'a', end: 'b c' })).toThrow(/"b c"/);
    expect(() => StartEnd(`${'x'.repeat(250)}`)).toThrow(/at most 255 bytes/);
    expect(() => Notifies('a.b', { payloads: () => 1 } as object)).toThrow(
      /payloads is not an option; there are payload/,
    );
    expect(() => Notifies('a.b', { priority: 'LOUD' as 'INFO' })).toThrow(/priority is "LOUD"; it takes one of AUDIT/);
    expect(() => Notifies('a.b', { payload: 'all' as 'result' })).toThrow(/payload is "all"; it takes a function/);
  });
});

it('works on #private methods under the standard', async () => {
  const { summary } = record();
  const PrivateService = await privateService();
  expect(new PrivateService().work('x')).toBe('secret-x');
  expect(await summary()).toEqual(['INFO private.work']);
});
