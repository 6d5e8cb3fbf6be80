import { AsyncLocalStorage } from 'node:async_hooks';
import { inspect, types } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type AnyCall, notifyAbout, withNotificationContext, withNotifies, withStartEnd } from '../../src/index.js';
import { describeUnderBothStandards } from '../support/decorated.js';
import { record } from '../support/recorded.js';
import { nextUnhandledRejection } from '../support/unhandled-rejection.js';

const payload = ({ items, cancelled, result, phase }: AnyCall) => ({ items, cancelled, has: typeof result, phase });
const done = (items: number, cancelled = false) => ({ items, cancelled, has: 'object', phase: 'end' });

describeUnderBothStandards('generator methods', ({ ImageService }) => {
  it('begin at the first next, with their arguments, `this` and return value', async () => {
    const { told, notifier } = record();
    const service = new ImageService();
    const given: unknown[] = [];
    const generator = service.steps(function* () {
      given.push(this);
      given.push(yield 'a');
      given.push(yield 'b');
      return 'c';
    });
    expect(notifier.stats().drivers.memory?.accepted).toBe(0);
    expect(generator.next()).toEqual({ value: 'a', done: false });
    expect(notifier.stats().drivers.memory?.accepted).toBe(1);
    expect(generator.next(1)).toEqual({ value: 'b', done: false });
    expect(generator.next(2)).toEqual({ value: 'c', done: true });
    expect(generator.next(3)).toEqual({ value: undefined, done: true });
    expect(given).toEqual([service, 1, 2]);
    const [start, end, ...rest] = await told();
    expect(rest).toEqual([]);
    expect([start?.eventType, end?.eventType]).toEqual(['task.steps.start', 'task.steps.end']);
    expect(end?.context.operation_id).toBe(start?.context.operation_id);
    expect(end?.context.duration_ms).toBeGreaterThanOrEqual(0);
  });

  it('are generators to everybody: their class, their kind, and what is printed of them', () => {
    record();
    const { list, follow } = ImageService.prototype;
    const generator = new ImageService().list(function* () {});
    expect(list.constructor.name).toBe('GeneratorFunction');
    expect(follow.constructor.name).toBe('AsyncGeneratorFunction');
    expect(generator).toBeInstanceOf(list);
    expect(Object.getPrototypeOf(generator)).toBe(list.prototype);
    expect(generator[Symbol.iterator]()).toBe(generator);
    expect(types.isGeneratorObject(generator)).toBe(true);
    expect(inspect(generator)).toBe(inspect((function* () {})()));
    expect([Object.keys(generator), JSON.stringify(generator)]).toEqual([[], '{}']);
  });

  it('of the async kind queue what is asked of them at once, and clean up when they are left', async () => {
    const { told } = record();
    const order: string[] = [];
    const generator = new ImageService().progress(async function* (): AsyncGenerator<number, string> {
      try {
        yield 1;
        yield 2;
        return 'never';
      } finally {
        await null;
        order.push('cleaned');
      }
    });
    const results = await Promise.all([generator.next(), generator.next(), generator.return('r'), generator.next()]);
    expect(results).toEqual([
      { value: 1, done: false },
      { value: 2, done: false },
      { value: 'r', done: true },
      { value: undefined, done: true },
    ]);
    expect(order).toEqual(['cleaned']);
    expect((await told()).map(({ eventType, priority }) => `${priority} ${eventType}`)).toEqual([
      'INFO task.progress.start',
      'INFO task.progress.end',
    ]);
  });

  it('pass throw() on to a body that goes on, or does not', async () => {
    const { summary } = record();
    const service = new ImageService();
    const goesOn = service.steps(function* () {
      try {
        yield 'a';
      } catch (error) {
        yield error;
      }
    });
    goesOn.next();
    const fault = new Error('x');
    expect(goesOn.throw(fault)).toEqual({ value: fault, done: false });
    expect(goesOn.next().done).toBe(true);
    const stops = service.steps(function* () {
      yield 1;
    });
    stops.next();
    expect(() => stops.throw(fault)).toThrow(fault);
    const unused = service.steps(function* () {
      yield 1;
    });
    expect(() => unused.throw(fault)).toThrow(fault);
    expect(unused.next()).toEqual({ value: undefined, done: true });
    const later = service.progress(async function* () {
      yield 1;
    });
    await later.next();
    await expect(later.throw(fault)).rejects.toBe(fault);
    expect(await summary()).toEqual([
      'INFO task.steps.start',
      'INFO task.steps.end',
      'INFO task.steps.start',
      'ERROR task.steps.error',
      'INFO task.progress.start',
      'ERROR task.progress.error',
    ]);
  });
});

describe('a generator', () => {
  const three = function* () {
    yield* [1, 2, 3];
  };

  it.each<[string, (generator: Generator<number>) => unknown, object | undefined]>([
    ['spread', (generator) => [...generator], done(3)],
    ['destructured', ([_first]) => {}, done(1, true)],
    ['destructured with rest', ([_first, ..._rest]) => {}, done(3)],
    [
      'delegated to',
      (generator) => [
        ...(function* () {
          yield* generator;
        })(),
      ],
      done(3),
    ],
    ['given to Array.from', (generator) => Array.from(generator), done(3)],
    [
      'left by an error of the loop',
      (generator) => {
        try {
          for (const _ of generator) throw 1;
        } catch {}
      },
      done(1, true),
    ],
    [
      'returned when exhausted',
      (generator) => {
        [...generator];
        generator.return(1);
      },
      done(3),
    ],
    [
      'returned twice',
      (generator) => {
        generator.next();
        generator.return(1);
        generator.return(1);
      },
      done(1, true),
    ],
  ])('is told when it is %s', async (_, consume, expected) => {
    const { told } = record();
    consume(withNotifies('image.list', three, { payload })());
    consume(withNotifies('image.list', () => three(), { payload })());
    expect((await told()).map(({ payload }) => payload)).toEqual([expected, expected]);
  });

  it('is not asked for its first payload before it begins', () => {
    record();
    let asked = 0;
    const start = () => {
      asked += 1;
      return {};
    };
    const generator = withStartEnd('image.outer', withStartEnd('image.list', three, { payload: { start } }))();
    expect(asked).toBe(0);
    generator.next();
    expect(asked).toBe(1);
  });

  it('that yields in its finally is left only after that', async () => {
    const { told, notifier } = record();
    const generator = withNotifies(
      'image.list',
      function* () {
        try {
          yield 1;
        } finally {
          yield 2;
        }
      },
      { payload },
    )();
    generator.next();
    expect(generator.return()).toEqual({ value: 2, done: false });
    expect(notifier.stats().drivers.memory?.accepted).toBe(0);
    expect(generator.next()).toEqual({ value: undefined, done: true });
    expect((await told()).map(({ payload }) => payload)).toEqual([done(2, true)]);
  });

  it('that calls its own next gets the error that it gets without, and goes on', async () => {
    const { summary } = record();
    const list = (wrap: typeof withNotifies) => {
      const generator: Generator<string> = wrap('image.list', function* (): Generator<string> {
        try {
          generator.next();
        } catch (error) {
          yield String(error);
        }
      })();
      return [...generator];
    };
    const bare = list((_type, fn) => fn);
    expect(list(withNotifies)).toEqual(bare);
    expect(await summary()).toEqual(['INFO image.list']);
  });

  it('whose arguments cannot be had tells the failure, pair and all', async () => {
    const { summary } = record();
    const fault = new Error('no default');
    const fails = withStartEnd(
      'image.list',
      function* (
        _value: unknown = (() => {
          throw fault;
        })(),
      ) {},
    );
    expect(() => fails()).toThrow(fault);
    expect(await summary()).toEqual(['INFO image.list.start', 'ERROR image.list.error']);
  });

  it('runs in its operation, and its consumer does not', async () => {
    const { told } = record();
    const user = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const inner = withStartEnd('image.inner', async () => {});
    const list = withStartEnd('image.list', async function* () {
      for (const n of [1, 2]) {
        await Promise.resolve();
        seen.push(user.getStore());
        notifyAbout(`body.n${n}`);
        await inner();
        yield n;
      }
    });
    await user.run('alice', () =>
      withNotificationContext({ request_id: 'r' }, async () => {
        for await (const n of list()) notifyAbout(`consumer.n${n}`);
      }),
    );
    const notifications = await told();
    const [start] = notifications;
    const operation = start?.context.operation_id;
    expect(
      notifications.map(({ eventType, context }) => [
        eventType,
        context.operation_id === operation,
        context.parent_operation_id === operation,
      ]),
    ).toEqual([
      ['image.list.start', true, false],
      ['body.n1', true, false],
      ['image.inner.start', false, true],
      ['image.inner.end', false, true],
      ['consumer.n1', false, false],
      ['body.n2', true, false],
      ['image.inner.start', false, true],
      ['image.inner.end', false, true],
      ['consumer.n2', false, false],
      ['image.list.end', true, false],
    ]);
    expect(notifications.every(({ context }) => context.request_id === 'r')).toBe(true);
    expect(seen).toEqual(['alice', 'alice']);
  });

  it('of nested decorators begins outside first, ends inside first, once each', async () => {
    const { told } = record();
    const inner = withStartEnd('a.inner', three);
    const outer = withStartEnd('a.outer', inner);
    const caller = withStartEnd('a.caller', () => outer());
    expect([...caller()]).toEqual([1, 2, 3]);
    const notifications = await told();
    expect(notifications.map(({ eventType }) => eventType)).toEqual([
      'a.caller.start',
      'a.outer.start',
      'a.inner.start',
      'a.inner.end',
      'a.outer.end',
      'a.caller.end',
    ]);
    const id = (type: string) => notifications.find(({ eventType }) => eventType === type)?.context;
    expect(id('a.inner.end')?.parent_operation_id).toBe(id('a.outer.end')?.operation_id);
    expect(id('a.outer.end')?.parent_operation_id).toBe(id('a.caller.end')?.operation_id);
  });

  it('hides no rejection that nobody handles', async () => {
    record();
    const seen = nextUnhandledRejection();
    const fault = new Error('nobody handles this');
    void withNotifies('image.list', async function* () {
      yield Promise.reject(fault);
    })().next();
    expect(await seen).toBe(fault);
  });

  it('ends with `completes: return` when it is returned, and stays bare', async () => {
    const { told } = record();
    const generator = withStartEnd('image.list', three, { completes: 'return', payload })();
    expect(Object.getOwnPropertyNames(generator)).toEqual([]);
    expect((await told()).map(({ eventType }) => eventType)).toEqual(['image.list.start', 'image.list.end']);
  });
});

describe('an iterator written by hand', () => {
  it('is watched, and what only can be iterated is a value', async () => {
    const { told } = record();
    const countdown = (n: number) => ({
      left: n,
      next() {
        this.left -= 1;
        return this.left < 0 ? { done: true, value: 'over' } : { done: false, value: this.left };
      },
      [Symbol.iterator]() {
        return this;
      },
    });
    const give = withNotifies('image.list', <T>(value: T) => value, { payload: ({ items }) => ({ items }) });
    const iterator = give(countdown(2));
    expect(Object.keys(iterator)).toEqual(['left', 'next']);
    expect([...iterator]).toEqual([1, 0]);
    give(new Set([1]));
    give({
      *[Symbol.iterator]() {
        yield 1;
      },
    });
    give({ next: () => 1 });
    give(new Map([[1, 2]]).entries()).next();
    expect((await told()).map(({ payload }) => payload)).toEqual([
      { items: 2 },
      { items: 0 },
      { items: 0 },
      { items: 0 },
    ]);
  });

  it('that is a cursor ends with null, or with the iterator that it gives to a loop', async () => {
    const { told } = record();
    const cursor = () => {
      const documents = [1, 2];
      return {
        next: async () => documents.shift() ?? null,
        async *[Symbol.asyncIterator](): AsyncGenerator<number> {
          for (let document = await this.next(); document !== null; document = await this.next()) yield document;
        },
      };
    };
    const find = withNotifies('image.find', cursor, { payload: ({ cancelled, items }) => ({ cancelled, items }) });
    const asked = find();
    while ((await asked.next()) !== null);
    const looped: number[] = [];
    for await (const document of find()) looped.push(document);
    expect(looped).toEqual([1, 2]);
    for await (const _ of find()) break;
    expect((await told()).map(({ payload }) => payload)).toEqual([
      { cancelled: false, items: 2 },
      { cancelled: false, items: 2 },
      { cancelled: true, items: 1 },
    ]);
  });
});
