import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { MemoryDriver } from '../../src/drivers/memory.js';
import {
  type NotificationOptions,
  type Notifier,
  PRIORITIES,
  type Priority,
  type RouteOptions,
  withNotifies,
} from '../../src/index.js';
import { EventPatterns } from '../../src/notification/event-pattern.js';
import { createNotifier } from '../../src/setup/create-notifier.js';
import { configureNotifications } from '../../src/setup/current-notifier.js';
import { expectBalanced } from '../support/accounting.js';
import { ScriptedDriver } from '../support/scripted-driver.js';

const notifiers: Notifier[] = [];
afterEach(async () => {
  for (const notifier of notifiers.splice(0)) await notifier.close({ timeoutMs: 10 });
});

function begin(options: NotificationOptions, environment: Record<string, string> = {}): Notifier {
  const notifier = createNotifier({ reporter: { warn() {}, info() {} }, ...options }, environment);
  notifiers.push(notifier);
  return notifier;
}

const kept = (name: string) => new MemoryDriver({ name });
const typesOf = (driver: MemoryDriver) =>
  driver.notifications.map(({ eventType, priority }) => `${eventType} ${priority}`);

describe('routes', () => {
  it('give each notification to the drivers of every route that takes it, once', async () => {
    const [images, errors, all] = [kept('images'), kept('errors'), kept('all')];
    const notifier = begin({
      routes: [
        { events: ['image.*', '!image.send'], priorities: 'info', drivers: [images] },
        { events: 'image.*', priorities: ['INFO', 'ERROR'], drivers: [images, all] },
        { priorities: 'ERROR,CRITICAL', drivers: [errors, all] },
      ],
    });
    notifier.info('image.create');
    notifier.info('image.send');
    notifier.error('image.create');
    notifier.error('task.run.error');
    notifier.warn('image.create');
    await notifier.flush();
    expect(typesOf(images)).toEqual(['image.create INFO', 'image.send INFO', 'image.create ERROR']);
    expect(typesOf(errors)).toEqual(['image.create ERROR', 'task.run.error ERROR']);
    expect(typesOf(all)).toEqual([
      'image.create INFO',
      'image.send INFO',
      'image.create ERROR',
      'task.run.error ERROR',
    ]);
    expect(notifier.stats()).toMatchObject({ unrouted: 1, noop: 0, disabled: 0 });
    expectBalanced(notifier);
  });

  it('take several drivers of one kind, by their names', async () => {
    const notifier = begin({
      routes: {
        drivers: [{ driver: 'memory', name: 'first' }, { driver: 'memory', name: 'second' }, 'memory'],
        routes: [
          { events: 'a.*', drivers: 'first, memory' },
          { events: 'b.*', drivers: ['second'] },
        ],
      },
    });
    notifier.info('a.x');
    notifier.info('b.x');
    await notifier.flush();
    const accepted = Object.entries(notifier.stats().drivers).map(([name, stats]) => [name, stats.accepted]);
    expect(accepted).toEqual([
      ['first', 1],
      ['second', 1],
      ['memory', 1],
    ]);
  });

  it('leave what no route takes to the default route', async () => {
    const [images, rest] = [kept('images'), kept('rest')];
    const notifier = begin({
      routes: [
        { events: 'image.*', drivers: [images] },
        { default: true, drivers: [rest] },
      ],
    });
    notifier.info('image.create');
    notifier.info('task.run');
    await notifier.flush();
    expect([typesOf(images), typesOf(rest)]).toEqual([['image.create INFO'], ['task.run INFO']]);
    expect(notifier.stats().unrouted).toBe(0);
  });

  it('have the drivers of the code or the environment as the default route', async () => {
    const images = kept('images');
    const routes: RouteOptions[] = [{ events: 'image.*', drivers: [images] }];
    const inEnvironment = begin({ routes }, { TIDINGS_DRIVERS: 'memory' });
    inEnvironment.info('image.create');
    inEnvironment.info('task.run');
    await inEnvironment.flush();
    expect(inEnvironment.stats().drivers).toMatchObject({ images: { delivered: 1 }, memory: { delivered: 1 } });
    const rest = kept('rest');
    const inCode = begin({ routes, drivers: [rest] }, { TIDINGS_DRIVERS: 'memory' });
    inCode.info('task.run');
    await inCode.flush();
    expect(typesOf(rest)).toEqual(['task.run INFO']);
  });

  it('are as if they were not there for a disabled event', async () => {
    const all = kept('all');
    const notifier = begin({ routes: [{ events: '*', drivers: [all] }], disabledNotifications: 'image' });
    expect(notifier.info('image.create').status).toBe('disabled');
    await notifier.flush();
    expect(typesOf(all)).toEqual([]);
  });

  it('keep one driver that fails from no other', async () => {
    const dead = new ScriptedDriver({ name: 'dead' });
    dead.opens = async () => {
      throw new Error('down');
    };
    const alive = kept('alive');
    const notifier = begin({ routes: [{ events: '*', drivers: [dead, alive] }] });
    const receipt = notifier.info('a.b');
    while (alive.notifications.length === 0) await new Promise(setImmediate);
    expect(await receipt.delivered({ timeoutMs: 1 })).toMatchObject({
      status: 'timeout',
      drivers: { dead: { status: 'timeout' }, alive: { status: 'delivered' } },
    });
    expectBalanced(notifier);
  });

  it('decide as their patterns and priorities say, whatever was told before', () => {
    const words = fc.constantFrom('image', 'task', 'run', 'send', 'x');
    const eventType = fc.array(words, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('.'));
    const pattern = fc.constantFrom('*', 'image.*', '*.send', 'task.run', 'x*', '?mage.*');
    const route = fc.record({
      events: fc.uniqueArray(pattern, { minLength: 1, maxLength: 3 }),
      priorities: fc.uniqueArray(fc.constantFrom(...PRIORITIES), { minLength: 1, maxLength: 4 }),
    });
    const told = fc.array(fc.tuple(eventType, fc.constantFrom(...PRIORITIES)), { maxLength: 20 });
    fc.assert(
      fc.property(fc.array(route, { minLength: 1, maxLength: 3 }), told, (routes, events) => {
        const notifier = begin({
          routes: routes.map((each, index) => ({ ...each, drivers: [kept(`d${index}`)] })),
        });
        const expected = routes.map(
          ({ events: patterns, priorities }) =>
            events.filter(
              ([type, priority]) =>
                priorities.includes(priority) && EventPatterns.parse(patterns, 'test').matches(type),
            ).length,
        );
        for (const [type, priority] of events) notifier.notify(type, {}, { priority });
        const { drivers, unrouted } = notifier.stats();
        expect(routes.map((_, index) => drivers[`d${index}`]?.accepted)).toEqual(expected);
        const taken = ([type, priority]: [string, Priority]) =>
          routes.some(
            (each) => each.priorities.includes(priority) && EventPatterns.parse(each.events, '').matches(type),
          );
        expect(unrouted).toBe(events.filter((each) => !taken(each)).length);
      }),
      { numRuns: 50 },
    );
  });
});

describe('an event that no route takes', () => {
  it('is noop by its receipt, is counted as unrouted, and has no payload built', async () => {
    const notifier = begin({ routes: [{ events: 'image.*', priorities: 'INFO', drivers: [kept('images')] }] });
    const receipt = notifier.error('image.create', () => {
      throw new Error('a payload was built');
    });
    expect(receipt).toMatchObject({ status: 'noop', messageId: '' });
    expect(await receipt.delivered()).toEqual({
      status: 'noop',
      reason: 'no route: none gives it to a driver that delivers',
      drivers: {},
    });
    expect(notifier.stats()).toMatchObject({ unrouted: 1, noop: 0, payloadErrors: 0 });
    expect([notifier.isEnabled('image.create'), notifier.isEnabled('task.run')]).toEqual([true, false]);
  });

  it('may be thrown away on purpose, by the driver noop', () => {
    const notifier = begin({
      routes: [
        { events: 'debug.*', drivers: 'noop' },
        { default: true, drivers: [kept('rest')] },
      ],
    });
    expect(notifier.info('debug.x').status).toBe('noop');
    expect(notifier.info('image.x').status).toBe('waiting');
    expect(notifier.stats()).toMatchObject({ unrouted: 1 });
  });

  it('costs a decorated method nothing and is counted', async () => {
    const notifier = configureNotifications({ routes: [{ events: 'image.*', drivers: [kept('images')] }] });
    notifiers.push(notifier);
    const run = withNotifies('task.run', () => 1, {
      payload: () => {
        throw new Error('a payload was built');
      },
    });
    run();
    run();
    expect(notifier.stats()).toMatchObject({ unrouted: 2, disabled: 0, payloadErrors: 0 });
  });
});

describe('extra drivers', () => {
  it('come beside those of the environment', async () => {
    const extra = kept('extra');
    const notifier = begin({ extraDrivers: [extra] }, { TIDINGS_DRIVERS: 'memory' });
    notifier.info('a.b');
    await notifier.flush();
    expect(Object.keys(notifier.stats().drivers)).toEqual(['memory', 'extra']);
    expect(typesOf(extra)).toEqual(['a.b INFO']);
  });

  it('are given everything, whatever the routes say, but what is disabled', async () => {
    const [extra, images] = [kept('extra'), kept('images')];
    const notifier = begin({
      extraDrivers: [extra],
      routes: [{ events: 'image.*', drivers: [images] }],
      disabledNotifications: 'secret',
    });
    for (const type of ['image.create', 'task.run', 'secret.x']) notifier.info(type);
    await notifier.flush();
    expect(typesOf(extra)).toEqual(['image.create INFO', 'task.run INFO']);
    expect(typesOf(images)).toEqual(['image.create INFO']);
    expect(notifier.stats()).toMatchObject({ unrouted: 0, disabled: 1 });
  });
});
