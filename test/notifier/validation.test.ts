import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IsInt, IsString, Min } from 'class-validator';
import { describe, expect, it } from 'vitest';
import {
  defineCatalog,
  type InvalidPayloadError,
  Nested,
  type NotificationOptions,
  notifyAbout,
  Redacted,
  withNotifies,
  withStartEnd,
} from '../../src/index.js';
import { record } from '../support/recorded.js';
import { ScriptedDriver } from '../support/scripted-driver.js';

let checks = 0;
class Item {
  @IsString() @Redacted() readonly name!: string;
}
class Order {
  @IsString() readonly id!: string;
  @IsInt() @Min(1) readonly count!: number;
  @Nested(() => Item, { each: true }) readonly items!: readonly Item[];
}
const orders = defineCatalog({
  name: 'orders',
  version: '1.0.0',
  events: {
    'order.placed': { summary: 's', meaning: 'm', payload: Order },
    'order.counted': {
      summary: 's',
      meaning: 'm',
      payload: {
        '~standard': {
          version: 1,
          vendor: 'test',
          validate: () => {
            checks += 1;
            return {};
          },
        },
      },
    },
  },
});
const RIGHT = { id: 'o-1', count: 1, items: [] };
const WRONG = { ...RIGHT, count: 'hunter2' } as never;
const PROBLEM = 'count breaks isInt';

const recorded = (options: NotificationOptions) => record({ catalogs: [orders], ...options });
/** What went wrong in a call. */
function caught(call: () => unknown): InvalidPayloadError | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    return error as InvalidPayloadError;
  }
}

describe('validation', () => {
  it('warns by default: sent, told once without the value, counted', async () => {
    const { notifier, reporter, told } = recorded({});
    notifyAbout('order.placed', WRONG);
    notifyAbout('order.placed', WRONG);
    notifyAbout('order.placed', RIGHT);
    expect(await told()).toHaveLength(3);
    expect(notifier.stats()).toMatchObject({ invalid: 2, dropped: {} });
    expect(reporter.lines).toEqual([`order.placed: the payload is sent, but ${PROBLEM}`]);
  });

  it('off checks nothing', async () => {
    const { notifier, reporter, told } = recorded({ validation: 'off' });
    const before = checks;
    notifyAbout('order.placed', WRONG);
    notifyAbout('order.counted', {});
    expect(await told()).toHaveLength(2);
    expect({ checks, ...notifier.stats() }).toMatchObject({ checks: before, invalid: 0 });
    expect(reporter.lines).toEqual([]);
  });

  it('drop gives it up in the background, as invalid', async () => {
    const { notifier, reporter, told } = recorded({ validation: 'drop' });
    const receipt = notifyAbout('order.placed', WRONG);
    expect(receipt.status).toBe('waiting');
    expect(await receipt.delivered()).toMatchObject({ status: 'dropped', reason: `order.placed: ${PROBLEM}` });
    notifyAbout('order.placed', RIGHT);
    expect(await told()).toHaveLength(1);
    expect(notifier.stats().drivers.memory).toMatchObject({ accepted: 2, delivered: 1, dropped: { invalid: 1 } });
    expect(reporter.lines).toEqual([`memory: dropped order.placed (invalid): order.placed: ${PROBLEM}`]);
  });

  it('drop keeps it off the disk too', async () => {
    const spoolDir = await mkdtemp(join(tmpdir(), 'tidings-validation-'));
    const { notifier, told } = recorded({ validation: 'drop', spoolDir });
    const receipt = notifyAbout('order.placed', WRONG);
    withStartEnd('order.placed', () => RIGHT, { payload: { start: () => WRONG } })();
    expect(await receipt.delivered()).toMatchObject({ status: 'dropped' });
    expect((await told()).map(({ eventType }) => eventType)).toEqual(['order.placed.end']);
    expect(notifier.stats().drivers.memory).toMatchObject({ accepted: 3, dropped: { invalid: 2 }, onDisk: 0 });
    await notifier.close();
    await rm(spoolDir, { recursive: true });
  });

  it('checks once, off the stack of who tells, however many drivers there are', async () => {
    const { notifier } = recorded({ drivers: [new ScriptedDriver({ name: 'a' }), new ScriptedDriver({ name: 'b' })] });
    const before = checks;
    notifyAbout('order.counted', {});
    expect(checks).toBe(before);
    await notifier.flush();
    expect(checks).toBe(before + 1);
  });

  it('takes a text where something went wrong, and the payload of a pair by its base', async () => {
    const { notifier, told } = recorded({ validation: 'drop' });
    notifyAbout.error('order.placed', new Error('no stock'));
    notifyAbout.warn('order.placed', 'no stock');
    notifyAbout('order.placed', 'no stock');
    const place = withStartEnd('order.placed', (count: unknown) => ({ ...RIGHT, count }));
    place(1);
    place(0);
    expect((await told()).map(({ priority, eventType }) => `${priority} ${eventType}`)).toEqual([
      'ERROR order.placed',
      'WARN order.placed',
      'INFO order.placed.start',
      'INFO order.placed.end',
      'INFO order.placed.start',
    ]);
    expect(notifier.stats().drivers.memory?.dropped).toEqual({ invalid: 2 });
  });

  it('lets unknown event types pass, unless the catalog is strict', async () => {
    const open = recorded({ validation: 'drop' });
    notifyAbout('order.unknown', { anything: 1 });
    expect(await open.told()).toHaveLength(1);
    const strict = recorded({ validation: 'drop', strictCatalog: true });
    expect(await notifyAbout('order.unknown', { anything: 1 }).delivered()).toMatchObject({
      reason: 'order.unknown: no catalog has this event type (strictCatalog)',
    });
    expect(await strict.told()).toEqual([]);
  });

  it('of a catalog that tells itself goes by that catalog, whichever the notifier has', async () => {
    const others = defineCatalog({
      name: 'others',
      version: '1.0.0',
      events: { 'order.placed': { summary: 's', meaning: 'm', payload: Item } },
    });
    const { told } = recorded({ validation: 'drop', catalogs: [orders] });
    others.notifyAbout('order.placed', { name: 'n' });
    others.notifyAbout('order.placed', RIGHT as never);
    others.withNotifies('order.placed', () => ({ name: 'n', more: true }))();
    orders.notifyAbout('order.placed', RIGHT);
    expect((await told()).map(({ payload }) => payload)).toEqual([{ name: '***' }, { name: '***' }, RIGHT]);
  });

  it('refuses what is no catalog', () => {
    expect(() => recorded({ catalogs: [{}] as never })).toThrow(
      'catalogs has an entry that is no catalog; it takes what',
    );
    expect(() => recorded({ validation: 'loud' as never })).toThrow(
      'validation is "loud"; it takes one of off, warn, ',
    );
    expect(() => recorded({ strictCatalog: 'yes' as never })).toThrow('strictCatalog is "yes"; it takes true or false');
  });
});

describe('validation: throw', () => {
  it('throws at who tells, with the places and rules, and counts it', async () => {
    const { notifier, told } = recorded({ validation: 'throw' });
    const error = caught(() => notifyAbout('order.placed', WRONG));
    expect(error).toMatchObject({
      code: 'INVALID_PAYLOAD',
      eventType: 'order.placed',
      message: `order.placed: ${PROBLEM}`,
    });
    expect(caught(() => notifier.info('order.placed', WRONG))).toMatchObject({ code: 'INVALID_PAYLOAD' });
    notifyAbout('order.placed', RIGHT);
    expect(await told()).toHaveLength(1);
    expect(notifier.stats().dropped).toEqual({ invalid: 2 });
  });

  it('makes a decorated call throw, or its promise reject', async () => {
    const { told } = recorded({ validation: 'throw' });
    let runs = 0;
    const place = withNotifies('order.placed', (count: unknown) => {
      runs += 1;
      return { ...RIGHT, count };
    });
    const placeLater = withNotifies('order.placed', async (count: unknown) => ({ ...RIGHT, count }));
    expect(place(1)).toEqual({ ...RIGHT, count: 1 });
    expect(() => place(0)).toThrow('order.placed: count breaks min(1)');
    await expect(placeLater(0)).rejects.toThrow('order.placed: count breaks min(1)');
    expect(await placeLater(1)).toEqual({ ...RIGHT, count: 1 });
    const started = withStartEnd('order.placed', () => runs++, {
      payload: { start: () => ({ count: 0 }), end: () => RIGHT },
    });
    expect(() => started()).toThrow('order.placed.start: count breaks min(1)');
    expect(runs).toBe(2);
    expect(await told()).toHaveLength(2);
  });

  it('leaves the error of a method that fails, and raises its own uncaught', async () => {
    recorded({ validation: 'throw' });
    const uncaught: unknown[] = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.once('uncaughtException', (error) => uncaught.push(error));
    try {
      const fail = withNotifies('order.placed', () => Promise.reject(new Error('no stock')), {
        payload: { error: () => ({ count: 0 }) },
      });
      await expect(fail()).rejects.toThrow('no stock');
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      for (const listener of listeners) process.on('uncaughtException', listener);
    }
    expect(uncaught).toMatchObject([{ code: 'INVALID_PAYLOAD' }]);
  });
});

describe('the default payload', () => {
  it('is the fields of the result that the catalog declares', async () => {
    const { told } = recorded({});
    const result = { ...RIGHT, items: [{ name: 'n', price: 7 }], password: 'hunter2', customer: { email: 'e' } };
    withNotifies('order.placed', () => result)();
    await withStartEnd('order.placed', async () => result)();
    withNotifies('order.unknown', () => result)();
    withNotifies('order.placed', () => undefined as never)();
    const picked = { ...RIGHT, items: [{ name: '***', price: 7 }] };
    expect((await told()).map(({ eventType, payload }) => [eventType, payload])).toEqual([
      ['order.placed', picked],
      ['order.placed.start', {}],
      ['order.placed.end', picked],
      ['order.unknown', {}],
      ['order.placed', {}],
    ]);
  });

  it('is the text of the error where the method fails', async () => {
    const { told } = recorded({ validation: 'drop' });
    const fail = withNotifies('order.placed', (): typeof RIGHT => {
      throw new Error('no stock');
    });
    expect(fail).toThrow('no stock');
    expect((await told()).map(({ priority, payload }) => [priority, payload])).toEqual([['ERROR', 'no stock']]);
  });
});

class Folder {
  @IsString() @Redacted() readonly name!: string;
  @Nested(() => Folder, { each: true }) readonly folders!: readonly Folder[];
  @Nested(() => Folder) readonly parent!: Folder;
}
const folders = defineCatalog({
  name: 'folders',
  version: '1.0.0',
  events: { 'folder.seen': { summary: 's', meaning: 'm', payload: Folder } },
});

describe('@Redacted', () => {
  it('masks however deep a class holds itself, and nothing beside', async () => {
    const { told } = recorded({ validation: 'off' });
    const deep = (name: string, depth: number): unknown =>
      depth === 0 ? {} : { name, other: { name }, folders: [deep(name, depth - 1)], parent: deep(name, depth - 1) };
    folders.notifyAbout('folder.seen', deep('hunter2', 7) as never);
    const masked = (depth: number): unknown =>
      depth === 0
        ? {}
        : { name: '***', other: { name: 'hunter2' }, folders: [masked(depth - 1)], parent: masked(depth - 1) };
    expect(await told()).toMatchObject([{ payload: masked(7) }]);
  });

  const payload = { ...RIGHT, items: [{ name: 'hunter2' }, { name: 'hunter2' }] };

  it('masks the field wherever it is, also where nothing is checked', async () => {
    const { told, reporter } = recorded({ validation: 'off' });
    notifyAbout('order.placed', payload);
    notifyAbout('order.placed.end', payload);
    const masked = { ...RIGHT, items: [{ name: '***' }, { name: '***' }] };
    expect((await told()).map((each) => each.payload)).toEqual([masked, masked]);
    expect(reporter.lines).toEqual([]);
  });

  it('is right though what stands there keeps no rule', async () => {
    const { told } = recorded({ validation: 'drop', redact: ['count'] });
    notifyAbout('order.placed', payload);
    expect(await told()).toMatchObject([{ payload: { count: '***' } }]);
  });

  it('masks nothing where redaction is off', async () => {
    const { told } = recorded({ redact: false });
    notifyAbout('order.placed', payload);
    expect(await told()).toMatchObject([{ payload }]);
  });
});
