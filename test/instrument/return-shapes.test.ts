import { once } from 'node:events';
import { Duplex, PassThrough, Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { concat, firstValueFrom, lastValueFrom, NEVER, type Observable, of, throwError } from 'rxjs';
import { expect, it } from 'vitest';
import { expectBalanced } from '../support/accounting.js';
import { describeUnderBothStandards } from '../support/decorated.js';
import { record } from '../support/recorded.js';

/** How a call ends: what `@Notifies` tells of it, and what `@StartEnd` tells after its start. */
const TOLD = {
  completed: ['INFO', 'INFO end'],
  failed: ['ERROR', 'ERROR error'],
  'failed by the user': [undefined, 'WARN end'],
  'cancelled, items': ['INFO', 'INFO end'],
  'cancelled, bytes': ['WARN', 'WARN end'],
} as const;

type Consume = (returned: unknown) => unknown;
/** `untold`: never begun. `open`: begun, and nothing has ended it. */
type Outcome = keyof typeof TOLD | 'untold' | 'open';
type Row = readonly [name: string, make: () => unknown, consume: Consume, ...outcomes: readonly Outcome[]];

const fault = new Error('disk');
const users = Object.assign(new Error('no such image'), { status: 404 });
const swallow = (error: unknown) => void expect([fault, users]).toContain(error);
const tryTo = async (consume: () => unknown) => {
  try {
    await consume();
  } catch (error) {
    swallow(error);
  }
};

const leave: Consume = () => {};
const awaits: Consume = (value) => tryTo(() => value);
const loops: Consume = (value) =>
  tryTo(async () => {
    for await (const _ of (await value) as AsyncIterable<unknown>);
  });
const breaks: Consume = async (value) => {
  for await (const _ of (await value) as AsyncIterable<unknown>) break;
};
const subscribes: Consume = async (value) => {
  const observable = (await value) as Observable<unknown>;
  await new Promise<void>((resolve) => void observable.subscribe({ error: () => resolve(), complete: resolve }));
};

const thenable = (settle: (resolve: (value: unknown) => void, reject: (error: unknown) => void) => void) => ({
  // biome-ignore lint/suspicious/noThenProperty: a lazy thenable is what this is about.
  then: settle,
});

function* numbers(last?: unknown) {
  yield 1;
  yield 2;
  if (last !== undefined) throw last;
}

async function* later(last?: unknown) {
  yield* numbers(last);
}

const bytes = (last?: unknown) =>
  Readable.from(
    (function* () {
      yield Buffer.from('ab');
      if (last !== undefined) throw last;
    })(),
    { objectMode: false },
  );

const web = (last?: unknown) =>
  new ReadableStream({
    start: (controller) => controller.enqueue(Buffer.from('ab')),
    pull: (controller) => (last === undefined ? controller.close() : controller.error(last)),
  });

class Later<T> extends Promise<T> {}

const pipesInto = (makeDestination: () => Writable): Consume => {
  return async (value) => {
    const destination = makeDestination();
    ((await value) as Readable).pipe(destination);
    await once(destination, 'close');
  };
};
const takesAll = () => new Writable({ write: (_chunk, _encoding, done) => done() });
const closesEarly = () =>
  new Writable({
    write(_chunk, _encoding, done) {
      this.destroy();
      done();
    },
  });

const rows: Row[] = [
  ['a value', () => 1, leave, 'completed'],
  ['an array', () => [1, 2], leave, 'completed'],
  ['a Map', () => new Map([[1, 2]]), leave, 'completed'],
  ['a Writable', () => takesAll(), leave, 'completed'],
  ['a Request', () => new Request('http://127.0.0.1', { method: 'POST', body: 'ab' }), leave, 'completed'],
  ['a function', () => () => 1, leave, 'completed'],

  ['a promise', async () => 1, leave, 'completed'],
  ['a promise that rejects', () => Promise.reject(fault), awaits, 'failed'],
  ['a promise that rejects for the user', () => Promise.reject(users), awaits, 'failed by the user'],
  ['a promise that never settles', () => new Promise(() => {}), leave, 'open'],

  ['a Promise subclass', () => Later.resolve(1), awaits, 'completed'],
  ['a Promise subclass, rejected', () => Later.reject(fault), awaits, 'failed'],
  ['a Promise subclass, rejected for the user', () => Later.reject(users), awaits, 'failed by the user'],
  ['a Promise subclass, left', () => Later.resolve(1), leave, 'untold'],

  ['a thenable', () => thenable((resolve) => resolve(1)), awaits, 'completed'],
  ['a thenable, rejected', () => thenable((_, reject) => reject(fault)), awaits, 'failed'],
  ['a thenable, rejected for the user', () => thenable((_, reject) => reject(users)), awaits, 'failed by the user'],
  ['a thenable, left', () => thenable((resolve) => resolve(1)), leave, 'untold'],
  [
    'a thenable, awaited twice',
    () => thenable((resolve) => resolve(1)),
    async (value) => [await value, await value],
    'completed',
  ],

  ['a generator', () => numbers(), (value) => [...(value as Iterable<number>)], 'completed'],
  ['a generator that throws', () => numbers(fault), loops, 'failed'],
  ['a generator that throws for the user', () => numbers(users), loops, 'failed by the user'],
  ['a generator, left after one', () => numbers(), breaks, 'cancelled, items'],
  ['a generator, left', () => numbers(), leave, 'untold'],
  ['a generator, returned unused', () => numbers(), (value) => (value as Generator).return(1), 'untold'],
  ['a generator in use', () => numbers(), (value) => (value as Generator).next(), 'open'],
  ['an array iterator', () => [1, 2].values(), loops, 'completed'],

  ['an async generator', () => later(), loops, 'completed'],
  ['an async generator that throws', () => later(fault), loops, 'failed'],
  ['an async generator that throws for the user', () => later(users), loops, 'failed by the user'],
  ['an async generator, left after one', () => later(), breaks, 'cancelled, items'],
  ['an async generator, left', () => later(), leave, 'untold'],
  ['a promise of a generator', async () => numbers(), loops, 'completed'],
  ['a promise of a generator, left after one', async () => numbers(), breaks, 'cancelled, items'],

  ['an Observable', () => of(1, 2), subscribes, 'completed'],
  ['an Observable that fails', () => throwError(() => fault), subscribes, 'failed'],
  ['an Observable that fails for the user', () => throwError(() => users), subscribes, 'failed by the user'],
  ['an Observable, its first value', () => of(1, 2), (o) => firstValueFrom(o as Observable<1>), 'cancelled, items'],
  ['an Observable, its last value', () => of(1, 2), (o) => lastValueFrom(o as Observable<1>), 'completed'],
  [
    'an Observable, unsubscribed',
    () => concat(of(1), NEVER),
    (value) => (value as Observable<1>).subscribe().unsubscribe(),
    'cancelled, items',
  ],
  ['an Observable, never subscribed', () => of(1), leave, 'untold'],
  [
    'an Observable, subscribed twice',
    () => of(1),
    (value) => [(value as Observable<1>).subscribe(), (value as Observable<1>).subscribe()],
    'completed',
    'completed',
  ],
  ['a promise of an Observable', async () => of(1, 2), subscribes, 'completed'],

  ['a byte stream', () => bytes(), loops, 'completed'],
  ['a byte stream that fails', () => bytes(fault), loops, 'failed'],
  ['a byte stream that fails for the user', () => bytes(users), loops, 'failed by the user'],
  ['a byte stream, left after one chunk', () => bytes(), breaks, 'cancelled, bytes'],
  ['a byte stream, never read', () => bytes(), leave, 'open'],
  [
    'a byte stream, destroyed unread',
    () => bytes(),
    (value) => once((value as Readable).destroy(), 'close'),
    'cancelled, bytes',
  ],
  ['a byte stream, piped', () => bytes(), pipesInto(takesAll), 'completed'],
  ['a byte stream, piped to what closes early', () => new PassThrough().end('ab'), pipesInto(closesEarly), 'completed'],
  [
    'an endless byte stream, piped to what closes early',
    () => Readable.from(repeat(Buffer.from('ab')), { objectMode: false }),
    pipesInto(closesEarly),
    'cancelled, bytes',
  ],
  [
    'a byte stream in a pipeline that closes early',
    () => Readable.from(repeat(Buffer.from('ab')), { objectMode: false }),
    (value) =>
      pipeline(value as Readable, closesEarly()).catch((error) =>
        expect(error).toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' }),
      ),
    'cancelled, bytes',
  ],
  ['an object stream', () => Readable.from([1, 2]), loops, 'completed'],
  ['an object stream, left after one', () => Readable.from([1, 2]), breaks, 'cancelled, items'],
  ['a promise of a byte stream', async () => bytes(), loops, 'completed'],
  ['a promise of a byte stream, left after one chunk', async () => bytes(), breaks, 'cancelled, bytes'],
  [
    'a Duplex, ended on its readable side',
    () => Duplex.from(bytes()),
    (value) => once((value as Readable).resume(), 'end'),
    'completed',
  ],
  ['a byte stream as a Web stream', () => bytes(), (value) => loops(Readable.toWeb(value as Readable)), 'completed'],

  ['a Web stream', () => web(), loops, 'completed'],
  ['a Web stream that fails', () => web(fault), loops, 'failed'],
  ['a Web stream that fails for the user', () => web(users), loops, 'failed by the user'],
  ['a Web stream, left after one chunk', () => web(), breaks, 'cancelled, bytes'],
  ['a Web stream, never read', () => web(), leave, 'open'],
  ['a promise of a Web stream', async () => web(), loops, 'completed'],

  ['a Response', () => new Response('ab'), (value) => (value as Response).text(), 'completed'],
  ['a Response without a body', () => new Response(null), leave, 'completed'],
  [
    'a Response, cancelled',
    () => new Response('ab'),
    (value) => (value as Response).body?.cancel(),
    'cancelled, bytes',
  ],
  ['a Response, left', () => new Response('ab'), leave, 'open'],
  [
    'a promise of a Response',
    async () => new Response('ab'),
    async (value) => ((await value) as Response).text(),
    'completed',
  ],
];

function* repeat<T>(value: T): Generator<T> {
  for (;;) yield value;
}

describeUnderBothStandards('what a method returns', ({ ImageService }) => {
  it.each(rows.map((row) => ({ name: row[0], row })))('$name', async ({ row: [, make, consume, ...outcomes] }) => {
    const single = record();
    await consume(new ImageService().any(make));
    // Streams say at the end of a turn that they were closed.
    await new Promise(setImmediate);
    const told = outcomes.flatMap((outcome) => (isEnd(outcome) ? (TOLD[outcome][0] ?? []) : []));
    expect(await single.summary()).toEqual(told.map((priority) => `${priority} image.any`));

    const pair = record();
    await consume(new ImageService().run(make));
    await new Promise(setImmediate);
    const pairs = outcomes.flatMap((outcome) => {
      if (outcome === 'untold') return [];
      return isEnd(outcome) ? ['INFO start', TOLD[outcome][1]] : ['INFO start'];
    });
    expect(await pair.summary()).toEqual(pairs.map((each) => each.replace(' ', ' task.run.')));
    expectBalanced(pair.notifier);
  });
});

const isEnd = (outcome: Outcome): outcome is keyof typeof TOLD => outcome in TOLD;
