import { once } from 'node:events';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { from, lastValueFrom, take, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { withNotifies, withStartEnd } from '../../src/index.js';
import { record } from '../support/recorded.js';

/** What was observed of a call, step by step; compared by identity. */
type Trace = unknown[];
// biome-ignore lint/suspicious/noExplicitAny: any function, on any `this`.
type Fn = (this: any, ...args: any[]) => any;
type Wrap = (fn: Fn) => Fn;

const twins: Record<string, Wrap> = {
  withNotifies: (fn) => withNotifies('twin.called', fn),
  withStartEnd: (fn) => withStartEnd('twin.called', fn),
  'both, twice': (fn) => withNotifies('twin.outer', withStartEnd('twin.called', withNotifies('twin.inner', fn))),
};

/** Symbols, numbers, objects, functions …: values that can be told apart. */
const value = fc.oneof(
  fc.anything({ maxDepth: 1 }),
  fc.constant(undefined).map(() => () => 1),
  fc.string().map((text) => Symbol(text)),
  fc.string().map((text) => new Error(text)),
);
const values = fc.array(value, { maxLength: 4 });
const call = fc.record({ self: value, args: values });

/** Runs a function and writes down how it ended. */
function attempt(trace: Trace, name: string, body: () => unknown): unknown {
  try {
    const result = body();
    trace.push(`${name} returned`, result);
    return result;
  } catch (error) {
    trace.push(`${name} threw`, error);
    return undefined;
  }
}

/** Waits for a promise, and says after how many microtasks it settled. */
async function settle(trace: Trace, promise: PromiseLike<unknown>): Promise<number> {
  let isSettled = false;
  promise.then(
    (result) => {
      isSettled = true;
      trace.push('resolved', result);
    },
    (error) => {
      isSettled = true;
      trace.push('rejected', error);
    },
  );
  let ticks = 0;
  for (; !isSettled && ticks < 200; ticks += 1) await null;
  return ticks;
}

/** Writes down what a function is given. */
function noting(trace: Trace, body: () => unknown): Fn {
  return function (...args) {
    trace.push('called', this, ...args);
    return body();
  };
}

/** Runs the same scenario on the bare function and on its twins, and holds the traces against each other. */
async function compare<T>(scenario: (wrap: Wrap, trace: Trace) => Promise<T> | T): Promise<{ bare: T; twins: T[] }> {
  const expected: Trace = [];
  const bare = await scenario((fn) => fn, expected);
  const others: T[] = [];
  for (const [name, wrap] of Object.entries(twins)) {
    const trace: Trace = [];
    others.push(await scenario(wrap, trace));
    const differs = trace.findIndex((each, index) => !Object.is(each, expected[index]));
    expect({ name, length: trace.length, differs }).toEqual({ name, length: expected.length, differs: -1 });
  }
  return { bare, twins: others };
}

/** The twin settles at the same moment, or one microtask later for each of its decorators. */
function expectTimely({ bare, twins }: { bare: number; twins: number[] }): void {
  const decorators = [1, 1, 3];
  const isLate = (ticks: number, index: number) => ticks - bare > (decorators[index] ?? 0);
  expect(twins.filter((ticks, index) => ticks < bare || isLate(ticks, index))).toEqual([]);
}

const runs = { numRuns: 60 };

describe('a decorated function and its bare twin cannot be told apart', () => {
  it('where they return', async () => {
    record();
    await fc.assert(
      fc.asyncProperty(call, value, async ({ self, args }, result) => {
        await compare((wrap, trace) => {
          const returned = attempt(trace, 'call', () => Reflect.apply(wrap(noting(trace, () => result)), self, args));
          trace.push(typeof returned);
        });
      }),
      runs,
    );
  });

  it('where they throw', async () => {
    record();
    await fc.assert(
      fc.asyncProperty(call, value, async ({ self, args }, error) => {
        await compare((wrap, trace) => {
          const fn = noting(trace, () => {
            throw error;
          });
          attempt(trace, 'call', () => Reflect.apply(wrap(fn), self, args));
        });
      }),
      runs,
    );
  });

  it('where they are async: the same result or error, one microtask later at most', async () => {
    record();
    await fc.assert(
      fc.asyncProperty(call, value, fc.boolean(), fc.nat(4), async ({ self, args }, result, fails, waits) => {
        const timing = await compare(async (wrap, trace) => {
          const body = async () => {
            for (let n = 0; n < waits; n += 1) await null;
            if (fails) throw result;
            return { result };
          };
          const promise = Reflect.apply(wrap(noting(trace, body)), self, args);
          trace.push(promise instanceof Promise, promise.constructor, Object.keys(promise).length);
          const unwrapped = promise.then((each: { result: unknown }) => each.result);
          return settle(trace, unwrapped);
        });
        expectTimely(timing);
      }),
      runs,
    );
  });

  it('where they return thenables: the same object, as often run, at the same moment', async () => {
    record();
    await fc.assert(
      fc.asyncProperty(value, fc.boolean(), fc.nat(3), fc.boolean(), async (result, fails, awaits, handles) => {
        const timing = await compare(async (wrap, trace) => {
          const thenable = {
            // biome-ignore lint/suspicious/noThenProperty: a thenable is what this is about.
            then(done: (value: unknown) => unknown, failed: (error: unknown) => unknown) {
              trace.push('ran', this === thenable);
              return fails ? failed?.(result) : done?.({ result });
            },
          };
          const returned = wrap(() => thenable)();
          trace.push(returned === thenable, Object.keys(returned).length);
          const ticks: number[] = [];
          for (let n = 0; n < awaits; n += 1) {
            if (handles)
              attempt(trace, 'then', () =>
                returned.then(
                  (each: { result: unknown }) => each.result,
                  () => 'handled',
                ),
              );
            else
              ticks.push(
                await settle(
                  trace,
                  Promise.resolve(returned).then((each) => each.result),
                ),
              );
          }
          return ticks.reduce((sum, each) => sum + each, 0);
        });
        expect(timing.twins.every((ticks) => ticks === timing.bare)).toBe(true);
      }),
      runs,
    );
  });

  const step = fc.record({ method: fc.constantFrom('next', 'next', 'next', 'return', 'throw'), argument: value });
  const script = fc.array(step, { maxLength: 6 });
  const body = fc.record({ yields: values, last: value, fails: fc.boolean(), catches: fc.boolean() });

  function* generate(
    trace: Trace,
    { yields, last, fails, catches }: { yields: unknown[]; last: unknown; fails: boolean; catches: boolean },
  ): Generator<unknown, unknown> {
    for (const each of yields) {
      try {
        trace.push('given', yield each);
      } catch (error) {
        trace.push('caught', error);
        if (!catches) throw error;
      } finally {
        trace.push('finally');
      }
    }
    if (fails) throw last;
    return last;
  }

  it('where they are generators, or return them, whatever is done with these', async () => {
    record();
    await fc.assert(
      fc.asyncProperty(call, body, script, fc.boolean(), async ({ self, args }, made, steps, isReturned) => {
        await compare((wrap, trace) => {
          const fn: Fn = isReturned
            ? () => generate(trace, made)
            : function* (...given) {
                trace.push(this, ...given);
                return yield* generate(trace, made);
              };
          const generator = Reflect.apply(wrap(fn), self, args);
          trace.push(Object.keys(generator).length, generator[Symbol.iterator]() === generator);
          for (const { method, argument } of steps) {
            try {
              const { done, value } = generator[method](argument);
              trace.push(method, done, value);
            } catch (error) {
              trace.push(method, error);
            }
          }
        });
      }),
      runs,
    );
  });

  it('where they are async generators, also when they are asked all at once', async () => {
    record();
    await fc.assert(
      fc.asyncProperty(body, script, fc.boolean(), async (made, steps, isAtOnce) => {
        await compare(async (wrap, trace) => {
          // What is asked for at once settles one microtask later each, so only the order of each side is the same.
          const inside: Trace = isAtOnce ? [] : trace;
          const generator = wrap(async function* () {
            return yield* generate(inside, made);
          })();
          const asked: Promise<unknown>[] = [];
          for (const { method, argument } of steps) {
            const promise: Promise<IteratorResult<unknown>> = generator[method](argument);
            trace.push(promise instanceof Promise);
            const noted = promise.then(
              ({ done, value }) => trace.push(method, done, value),
              (error) => trace.push(method, error),
            );
            if (isAtOnce) asked.push(noted);
            else await noted;
          }
          await Promise.all(asked);
          if (isAtOnce) trace.push(...inside);
        });
      }),
      runs,
    );
  });

  it('where they return Observables', async () => {
    record();
    await fc.assert(
      fc.asyncProperty(values, fc.nat(5), async (emitted, count) => {
        await compare(async (wrap, trace) => {
          const observable = from(emitted);
          const returned = wrap(() => observable)();
          trace.push(returned === observable, Object.keys(returned).length === Object.keys(from(emitted)).length);
          returned.subscribe({ next: (each: unknown) => trace.push(each), complete: () => trace.push('complete') });
          trace.push(
            ...((await lastValueFrom(returned.pipe(take(count), toArray()), { defaultValue: [] })) as unknown[]),
          );
        });
      }),
      runs,
    );
  });

  it('where they return streams, read in whatever pieces', async () => {
    record();
    const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 20 }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(chunks, fc.array(fc.nat(10), { maxLength: 8 }), fc.boolean(), async (given, sizes, ends) => {
        await compare(async (wrap, trace) => {
          const stream = Readable.from(given, { objectMode: false, highWaterMark: 16 });
          const returned: Readable = wrap(() => stream)();
          trace.push(returned === stream, returned.eventNames().length, returned.listenerCount('error'));
          for (const size of sizes) {
            trace.push(returned.read(size + 1)?.toString('hex'), returned.readableLength);
            await new Promise(setImmediate);
          }
          if (ends) for await (const chunk of returned) trace.push(chunk.toString('hex'));
          else if (!returned.closed) await once(returned.destroy(), 'close');
          trace.push(returned.readableEnded, returned.destroyed);
        });
      }),
      runs,
    );
  });
});
