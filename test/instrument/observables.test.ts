import {
  BehaviorSubject,
  catchError,
  concatMap,
  config,
  defer,
  finalize,
  firstValueFrom,
  from,
  interval,
  lastValueFrom,
  map,
  NEVER,
  Observable,
  of,
  retry,
  Subject,
  share,
  switchMap,
  take,
  takeUntil,
  throwError,
  timer,
  toArray,
} from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { type AnyCall, notifyAbout, withNotificationContext, withNotifies, withStartEnd } from '../../src/index.js';
import { describeUnderBothStandards } from '../support/decorated.js';
import { record } from '../support/recorded.js';

const payload = ({ items, cancelled, args: [first] }: AnyCall) => ({
  items,
  cancelled,
  ...(first !== undefined && { first }),
});
const fault = new Error('disk');

describeUnderBothStandards('a method that returns an Observable', ({ ImageService }) => {
  it('is one operation for each subscription, with a pair and an id of its own', async () => {
    const { told } = record();
    const images = new ImageService().run(() => interval(1).pipe(take(2)));
    const both = [lastValueFrom(images), lastValueFrom(images)];
    expect(await Promise.all(both)).toEqual([1, 1]);
    const notifications = await told();
    expect(notifications.map(({ eventType }) => eventType)).toEqual([
      'task.run.start',
      'task.run.start',
      'task.run.end',
      'task.run.end',
    ]);
    const ids = notifications.map(({ context }) => context.operation_id);
    expect(ids[0]).not.toBe(ids[1]);
    expect(ids.slice(2)).toEqual(ids.slice(0, 2));
    expect(notifications[2]?.context.duration_ms).toBeGreaterThan(0);
  });

  it('tells nothing of its own without a subscription, but what its body told stays', async () => {
    const { summary, notifier } = record();
    const service = new ImageService();
    service.run(() => {
      notifyAbout('image.asked');
      return of(1).pipe(map((n) => n));
    });
    expect(await summary()).toEqual(['INFO image.asked']);
    expect(notifier.stats().drivers.memory).toMatchObject({ accepted: 1, delivered: 1, waiting: 0 });
  });
});

describe('an Observable', () => {
  const tells = async (make: () => Observable<unknown>, consume: (observable: Observable<unknown>) => unknown) => {
    const { told } = record();
    const value = await consume(withNotifies('image.watch', make, { payload })());
    const notifications = (await told()).map(({ priority, payload }) => [priority, payload]);
    return [value, ...notifications];
  };
  const done = (items: number, cancelled = false) => ['INFO', { items, cancelled }];

  it.each<[string, () => Observable<unknown>, (observable: Observable<unknown>) => unknown, unknown[]]>([
    [
      'operators',
      () => of(1, 2, 3),
      (o) =>
        lastValueFrom(
          o.pipe(
            map((n) => Number(n) * 2),
            toArray(),
          ),
        ),
      [[2, 4, 6], done(3)],
    ],
    ['take', () => of(1, 2, 3), (o) => lastValueFrom(o.pipe(take(2), toArray())), [[1, 2], done(2, true)]],
    [
      'an endless synchronous source',
      () =>
        from(
          (function* () {
            for (let n = 0; ; n += 1) yield n;
          })(),
        ),
      (o) => lastValueFrom(o.pipe(take(2), toArray())),
      [[0, 1], done(2, true)],
    ],
    ['firstValueFrom', () => of(7, 8), (o) => firstValueFrom(o), [7, done(1, true)]],
    ['firstValueFrom of one value', () => of(7), (o) => firstValueFrom(o), [7, done(1, true)]],
    ['takeUntil', () => NEVER, (o) => lastValueFrom(o.pipe(takeUntil(timer(1)), toArray())), [[], done(0, true)]],
    ['defer', () => of(1), (o) => lastValueFrom(defer(() => o)), [1, done(1)]],
    [
      'switchMap',
      () => interval(1),
      (o) => lastValueFrom(of(1, 2).pipe(switchMap((n) => (n === 1 ? o : of('b'))))),
      ['b', done(0, true)],
    ],
    [
      'concatMap',
      () => of(1),
      (o) =>
        lastValueFrom(
          of('a', 'b').pipe(
            concatMap(() => o),
            toArray(),
          ),
        ),
      [[1, 1], done(1), done(1)],
    ],
    [
      'share',
      () => interval(1).pipe(take(1)),
      (o) => {
        const shared = o.pipe(share());
        return Promise.all([lastValueFrom(shared), lastValueFrom(shared)]);
      },
      [[0, 0], done(1)],
    ],
    [
      'retry',
      () => throwError(() => fault),
      (o) => lastValueFrom(o.pipe(retry(1))).catch((error) => error),
      [fault, ['ERROR', 'disk'], ['ERROR', 'disk']],
    ],
    [
      'catchError',
      () => throwError(() => fault),
      (o) => lastValueFrom(o.pipe(catchError(() => of('c')))),
      ['c', ['ERROR', 'disk']],
    ],
    [
      'an error replaced by it',
      () => of(5),
      (o) => lastValueFrom(throwError(() => fault).pipe(catchError(() => o))),
      [5, done(1)],
    ],
    [
      'a Subject as the observer',
      () => of(1, 2),
      async (o) => {
        const subject = new Subject<unknown>();
        const all = lastValueFrom(subject.pipe(toArray()));
        o.subscribe(subject);
        return all;
      },
      [[1, 2], done(2)],
    ],
    [
      'three functions',
      () => of(1),
      (o) =>
        new Promise((resolve) => {
          o.subscribe(
            () => {},
            () => {},
            () => resolve('ok'),
          );
        }),
      ['ok', done(1)],
    ],
    ['forEach', () => of(1, 2), (o) => o.forEach(() => {}), [undefined, done(2)]],
    ['nothing at all', () => of(1, 2), (o) => void o.subscribe(), [undefined, done(2)]],
  ])('is told through %s as it is without', async (_, make, consume, expected) => {
    expect(await consume(make())).toEqual(expected[0]);
    expect(await tells(make, consume)).toEqual(expected);
  });

  it('stays itself: class, instance, `pipe`, fields, and the `this` and order of its observers', async () => {
    record();
    const subject = new BehaviorSubject(1);
    const keys = Object.keys(subject);
    const watch = withNotifies('image.watch', () => subject);
    expect(watch()).toBe(subject);
    expect(watch()).toBeInstanceOf(BehaviorSubject);
    expect(Object.keys(subject)).toEqual(keys);
    const seen: unknown[] = [];
    const observer = {
      next(value: number) {
        seen.push([this === observer, value]);
      },
      complete() {
        seen.push(this === observer);
      },
    };
    const subscription = subject.subscribe(observer);
    expect(subject.observed).toBe(true);
    observer.next = (value) => void seen.push(value);
    subject.next(2);
    subject.complete();
    expect(seen).toEqual([[true, 1], 2, true]);
    expect(subscription.closed).toBe(true);
  });

  it('gives back the subscriber that it is subscribed with', () => {
    record();
    const watch = withNotifies('image.watch', () => of(1));
    let given: unknown;
    new Observable((subscriber) => {
      given = watch().subscribe(subscriber) === subscriber;
    }).subscribe();
    expect(given).toBe(true);
  });

  it('tears down as often as without, when it is unsubscribed', async () => {
    const { summary } = record();
    let teardowns = 0;
    const watch = withStartEnd('image.watch', () =>
      NEVER.pipe(
        finalize(() => {
          teardowns += 1;
        }),
      ),
    );
    const subscription = watch().subscribe();
    subscription.unsubscribe();
    subscription.unsubscribe();
    const parent = watch().subscribe();
    parent.add(watch().subscribe());
    parent.unsubscribe();
    expect(teardowns).toBe(3);
    expect((await summary()).filter((each) => each.endsWith('end')).length).toBe(3);
  });

  describe('whose errors nobody handles', () => {
    afterEach(() => {
      config.onUnhandledError = null;
    });
    it.each(['source', 'observer'])('reports those of its %s as it does without', async (where) => {
      record();
      const reported: unknown[] = [];
      config.onUnhandledError = (error) => void reported.push(error);
      const make = () => (where === 'source' ? throwError(() => fault) : of(1));
      const observer =
        where === 'source'
          ? {}
          : {
              next() {
                throw fault;
              },
            };
      make().subscribe(observer);
      withNotifies('image.watch', make)().subscribe(observer);
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(reported).toEqual([fault, fault]);
    });
  });

  it('runs as its operation, called where it is subscribed; its consumer does not', async () => {
    const { told } = record();
    const inner = withStartEnd(
      'image.inner',
      () =>
        new Observable<number>((subscriber) => {
          notifyAbout('producer.ran');
          subscriber.next(1);
          setTimeout(() => {
            notifyAbout('producer.later');
            subscriber.complete();
          }, 1);
        }),
    );
    const outer = withStartEnd('image.outer', () => inner());
    const watched = outer();
    await withNotificationContext(
      { request_id: 'subscriber' },
      () =>
        new Promise<void>(
          (resolve) =>
            void watched.subscribe({
              next: () => notifyAbout('consumer.next'),
              complete: () => {
                notifyAbout('consumer.complete');
                resolve();
              },
            }),
        ),
    );
    const notifications = await told();
    expect(notifications.map(({ eventType }) => eventType)).toEqual([
      'image.outer.start',
      'image.inner.start',
      'producer.ran',
      'consumer.next',
      'producer.later',
      'image.inner.end',
      'image.outer.end',
      'consumer.complete',
    ]);
    const [outerStart, innerStart, ran, next, later, , , complete] = notifications.map(({ context }) => context);
    expect(innerStart?.parent_operation_id).toBe(outerStart?.operation_id);
    expect([ran?.operation_id, later?.operation_id]).toEqual([innerStart?.operation_id, innerStart?.operation_id]);
    expect([next, complete]).toEqual([{ request_id: 'subscriber' }, { request_id: 'subscriber' }]);
    expect(outerStart?.request_id).toBe('subscriber');
  });

  it('that is kept and returned again is instrumented once, for the latest call of each method', async () => {
    const { told } = record();
    const kept = new BehaviorSubject('v');
    const watch = withNotifies('a.watch', (_id: string) => kept, { payload });
    watch('first');
    const { subscribe } = kept;
    watch('second');
    expect(kept.subscribe).toBe(subscribe);
    await firstValueFrom(kept);
    expect((await told()).map(({ payload }) => payload)).toEqual([{ items: 1, cancelled: true, first: 'second' }]);
  });

  it('can subscribe itself again from within', async () => {
    const { told } = record();
    let depth = 0;
    const nested: Observable<number> = withStartEnd(
      'image.watch',
      () =>
        new Observable<number>((subscriber) => {
          depth += 1;
          if (depth < 3) nested.subscribe(subscriber);
          else subscriber.complete();
        }),
    )();
    await new Promise<void>((resolve) => void nested.subscribe({ complete: resolve }));
    const notifications = await told();
    expect(notifications.map(({ eventType }) => eventType.split('.').pop())).toEqual([
      'start',
      'start',
      'start',
      'end',
      'end',
      'end',
    ]);
    const [a, b, c] = notifications.map(({ context }) => context);
    expect([b?.parent_operation_id, c?.parent_operation_id]).toEqual([a?.operation_id, b?.operation_id]);
  });

  it('of a promise ends the pair that began before it, then pairs of its own', async () => {
    const { told } = record();
    const images = await withStartEnd('image.watch', async () => of(1))();
    await lastValueFrom(images);
    await lastValueFrom(images);
    const notifications = await told();
    expect(notifications.map(({ eventType }) => eventType.split('.').pop())).toEqual(['start', 'end', 'start', 'end']);
    const ids = notifications.map(({ context }) => context.operation_id);
    expect([ids[1], ids[3]]).toEqual([ids[0], ids[2]]);
    expect(ids[2]).not.toBe(ids[0]);
  });

  it('of another maker is watched by its mark; a store that only looks like one is a value', async () => {
    const { told } = record();
    const handmade = () => ({
      '@@observable'() {
        return this;
      },
      subscribe(observer: { next(value: number): void; complete(): void }) {
        const handle = setTimeout(() => {
          observer.next(1);
          observer.complete();
        }, 1);
        return { unsubscribe: () => clearTimeout(handle) };
      },
    });
    const watch = withNotifies('image.watch', handmade, { payload });
    await new Promise<void>((resolve) => void watch().subscribe({ next: () => {}, complete: resolve }));
    watch()
      .subscribe({ next: () => {}, complete: () => {} })
      .unsubscribe();
    withNotifies('redux.store', () => ({ ...handmade(), getState: () => 1 }), { payload })();
    expect((await told()).map(({ payload }) => payload)).toEqual([
      { items: 1, cancelled: false },
      { items: 0, cancelled: true },
      { items: 0, cancelled: false },
    ]);
  });

  it('ends with `completes: return` when it is returned', async () => {
    const { summary } = record();
    const images = withStartEnd('image.watch', () => of(1), { completes: 'return' })();
    expect(Object.hasOwn(images, 'subscribe')).toBe(false);
    expect(await summary()).toEqual(['INFO image.watch.start', 'INFO image.watch.end']);
  });
});
