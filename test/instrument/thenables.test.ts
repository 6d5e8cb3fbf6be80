import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AnyCall, notifyAbout, withNotificationContext, withNotifies, withStartEnd } from '../../src/index.js';
import { describeUnderBothStandards } from '../support/decorated.js';
import { openDatabase } from '../support/knex-sql-js.js';
import { record } from '../support/recorded.js';

const payload = ({ result }: AnyCall) => ({ result });
const fault = new Error('disk');

describeUnderBothStandards('a knex query', ({ ImageService }) => {
  const database = openDatabase();
  const queries: string[] = [];
  database.on('query', ({ sql }: { sql: string }) => void queries.push(sql));

  beforeAll(async () => {
    await database.schema.createTable('images', (table) => void table.string('id'));
    await database('images').insert([{ id: 'a' }, { id: 'b' }]);
  });
  afterAll(() => database.destroy());

  const run = async (consume: (query: ReturnType<typeof select>) => unknown) => {
    const { told } = record();
    queries.length = 0;
    const value = await consume(new ImageService().run(select));
    const notifications = (await told()).map(({ priority, eventType }) => `${priority} ${eventType}`);
    return { value, notifications, ran: queries.length };
  };
  const select = () => database('images').select('id').orderBy('id');
  const pair = ['INFO task.run.start', 'INFO task.run.end'];
  const rows = [{ id: 'a' }, { id: 'b' }];

  it('stays a builder, and runs once for each await', async () => {
    expect(await run((query) => query)).toEqual({ value: rows, notifications: pair, ran: 1 });
    expect(await run((query) => query.where('id', 'b').first())).toEqual({
      value: { id: 'b' },
      notifications: pair,
      ran: 1,
    });
    expect(await run((query) => query.then((found) => found.length))).toEqual({
      value: 2,
      notifications: pair,
      ran: 1,
    });
    expect(await run((query) => query.catch(() => []))).toEqual({ value: rows, notifications: pair, ran: 1 });
    expect(await run((query) => query.finally(() => {}))).toEqual({ value: rows, notifications: pair, ran: 1 });
    expect(await run(async (query) => [await query, await query])).toEqual({
      value: [rows, rows],
      notifications: pair,
      ran: 2,
    });
    expect(await run((query) => Promise.all([query]))).toEqual({ value: [rows], notifications: pair, ran: 1 });
  });

  it('that nobody awaits does not run and tells nothing', async () => {
    const sql = 'select `id` from `images` order by `id` asc';
    expect(await run((query) => query.toSQL().sql)).toEqual({ value: sql, notifications: [], ran: 0 });
  });

  it('that fails tells so, once', async () => {
    const { summary } = record();
    const wrong = new ImageService().run(() => database('nothing'));
    await expect(wrong.then()).rejects.toThrow('no such table');
    expect(await summary()).toEqual(['INFO task.run.start', 'ERROR task.run.error']);
  });
});

/** As Prisma's: lazy, and `catch` and `finally` do not go through `then`. */
function lazy<T>(start: () => Promise<T>) {
  let promise: Promise<T> | undefined;
  const once = () => {
    promise ??= start();
    return promise;
  };
  return {
    // biome-ignore lint/suspicious/noThenProperty: a lazy thenable is what this is about.
    then: <R, E>(done?: (value: T) => R, failed?: (error: unknown) => E) => once().then(done, failed),
    catch: <E>(failed?: (error: unknown) => E) => once().catch(failed),
    finally: (settled?: () => void) => once().finally(settled),
  };
}

describe('a thenable', () => {
  const tells = async (start: () => Promise<unknown>, consume: (value: ReturnType<typeof lazy>) => unknown) => {
    const { told } = record();
    let starts = 0;
    const counted = () => {
      starts += 1;
      return start();
    };
    const value = await consume(withNotifies('image.find', () => lazy(counted), { payload })());
    const notifications = (await told()).map(({ priority, payload }) => [priority, payload]);
    return { value, starts, notifications };
  };

  it('is told by catch and finally that do not go through then', async () => {
    const works = async () => 1;
    const fails = async () => {
      throw fault;
    };
    const done = [['INFO', { result: 1 }]];
    const failed = [['ERROR', 'disk']];
    expect(await tells(works, (query) => query.catch(() => 2))).toEqual({ value: 1, starts: 1, notifications: done });
    expect(await tells(works, (query) => query.finally(() => {}))).toEqual({
      value: 1,
      starts: 1,
      notifications: done,
    });
    expect(await tells(fails, (query) => query.catch(() => 2))).toEqual({ value: 2, starts: 1, notifications: failed });
    expect(await tells(fails, (query) => query.catch().catch(() => 3))).toEqual({
      value: 3,
      starts: 1,
      notifications: failed,
    });
    expect(await tells(fails, (query) => query.finally(() => {}).catch(() => 4))).toEqual({
      value: 4,
      starts: 1,
      notifications: failed,
    });
    expect(await tells(works, () => 5)).toEqual({ value: 5, starts: 0, notifications: [] });
  });

  it('that throws when it is awaited has failed', async () => {
    const { summary } = record();
    const throws = () => ({
      // biome-ignore lint/suspicious/noThenProperty: a thenable is what this is about.
      then(): never {
        throw fault;
      },
    });
    const find = withNotifies('image.find', throws);
    await expect(Promise.resolve().then(() => find())).rejects.toBe(fault);
    expect(await summary()).toEqual(['ERROR image.find']);
  });

  it('keeps its class, its fields and the values and errors of its chains', async () => {
    record();
    class Query<T> extends Promise<T> {
      readonly sql = 'select 1';
      static override get [Symbol.species]() {
        return Promise;
      }
    }
    const query = Query.resolve(1) as Query<number>;
    const given = withNotifies('image.find', () => query)();
    expect(given).toBe(query);
    expect(given).toBeInstanceOf(Query);
    expect(Object.keys(given)).toEqual(['sql']);
    expect(await given).toBe(1);
    expect(await given.then((value) => value + 1).then()).toBe(2);
    const rejected = withNotifies('image.find', () => Query.reject(fault))();
    await expect(rejected).rejects.toBe(fault);
    await expect(rejected.finally()).rejects.toBe(fault);
    expect(await rejected.then(undefined, (error) => error)).toBe(fault);
  });

  it('stays unhandled where nobody handles it, and is then told of nowhere', async () => {
    const { summary } = record();
    class Query<T> extends Promise<T> {}
    const seen: unknown[] = [];
    const others = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    process.on('unhandledRejection', (reason) => void seen.push(reason));
    withNotifies('image.find', () => Query.reject(fault))();
    withNotifies('image.find', () => Query.reject(fault))().then();
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.removeAllListeners('unhandledRejection');
    for (const listener of others) process.on('unhandledRejection', listener);
    expect(seen).toEqual([fault, fault]);
    expect(await summary()).toEqual(['ERROR image.find']);
  });

  it('begins when it is awaited: its start is told once, then, and not before', async () => {
    const { told, notifier } = record();
    const find = withStartEnd('image.find', () => {
      notifyAbout('body.ran');
      return lazy(async () => void notifyAbout('query.ran'));
    });
    const query = find();
    expect(notifier.stats().drivers.memory).toMatchObject({ accepted: 1, waiting: 1 });
    await query;
    const notifications = await told();
    expect(notifications.map(({ eventType }) => eventType)).toEqual([
      'body.ran',
      'image.find.start',
      'query.ran',
      'image.find.end',
    ]);
    expect(new Set(notifications.map(({ context }) => context.operation_id)).size).toBe(1);
  });

  it('runs its consumers outside of its operation', async () => {
    const { told } = record();
    const find = withNotifies('image.find', () => lazy(async () => 1));
    await withNotificationContext({ request_id: 'consumer' }, () => find().then(() => notifyAbout('consumer.ran')));
    const consumer = (await told()).find(({ eventType }) => eventType === 'consumer.ran');
    expect(consumer?.context).toEqual({ request_id: 'consumer' });
  });

  it('that settles with a stream is complete when that is', async () => {
    const { summary } = record();
    const stream = await withNotifies('image.find', () => lazy(async () => Readable.from(['a'])))();
    expect(await summary()).toEqual([]);
    for await (const _ of stream as Readable);
    expect(await summary()).toEqual(['INFO image.find']);
  });

  it('that is kept and returned again is instrumented once; each call is told of the next settlement', async () => {
    const { summary } = record();
    const kept = lazy(async () => 1);
    const find = withNotifies('image.find', () => kept);
    find();
    const { then } = kept;
    find();
    expect(kept.then).toBe(then);
    await kept;
    await kept;
    find();
    await kept;
    expect(await summary()).toEqual(['INFO image.find', 'INFO image.find', 'INFO image.find']);
  });

  it.each<[string, () => object]>([
    ['frozen', () => Object.freeze(lazy(async () => 1))],
    [
      'a proxy that throws',
      () =>
        new Proxy(
          {},
          {
            getPrototypeOf: () => {
              throw fault;
            },
          },
        ),
    ],
    [
      'a proxy that refuses',
      () =>
        new Proxy(
          lazy(async () => 1),
          {
            defineProperty: () => {
              throw fault;
            },
          },
        ),
    ],
  ])('that is %s is complete when it is returned', async (_, make) => {
    const { summary } = record();
    const made = make();
    expect(withStartEnd('image.find', () => made)()).toBe(made);
    expect(await summary()).toEqual(['INFO image.find.start', 'INFO image.find.end']);
  });

  it('is not looked for behind a getter', () => {
    record();
    let reads = 0;
    class Row {
      // biome-ignore lint/suspicious/noThenProperty: a field of this name, as a row may have it.
      get then() {
        reads += 1;
        return undefined;
      }
      get next() {
        reads += 1;
        return () => 1;
      }
    }
    withNotifies('image.find', () => new Row())();
    withNotifies('image.find', () =>
      Object.defineProperty({}, 'then', {
        get: () => {
          reads += 1;
          return () => {};
        },
      }),
    )();
    expect(reads).toBe(0);
  });
});

describe('a native promise', () => {
  it('keeps what the application put on it', async () => {
    record();
    const mark = Symbol('mark');
    const request = withNotifies('image.get', () =>
      Object.assign(Promise.resolve(1), { cancel: () => 'cancelled', [mark]: true }),
    )();
    expect([request.cancel(), request[mark], await request]).toEqual(['cancelled', true, 1]);
    expect(Object.keys(request)).toEqual(['cancel']);
  });

  it('with a `then` of its own is told without calling that', async () => {
    const { summary } = record();
    let calls = 0;
    const own = Object.assign(Promise.resolve(1), {
      // biome-ignore lint/suspicious/noThenProperty: what this is about.
      then: () => {
        calls += 1;
      },
    });
    withNotifies('image.get', () => own)();
    await new Promise(setImmediate);
    expect(calls).toBe(0);
    expect(await summary()).toEqual(['INFO image.get']);
  });
});
