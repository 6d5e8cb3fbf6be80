import { Readable } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { type ConfigurationError, withNotifies, withStartEnd } from '../../src/index.js';
import { expectBalanced } from '../support/accounting.js';
import { record } from '../support/recorded.js';

const fault = new Error('disk');

/** A driver that confirms when it is told to. */
function slowDriver() {
  let confirm = () => {};
  const confirmed = new Promise<void>((resolve) => {
    confirm = resolve;
  });
  return { driver: { name: 'slow', deliver: async () => void (await confirmed) }, confirm };
}

/** What a promise has come to after some turns of the event loop. */
async function stateOf(promise: Promise<unknown>): Promise<string> {
  let state = 'waiting';
  promise.then(
    () => {
      state = 'resolved';
    },
    () => {
      state = 'rejected';
    },
  );
  for (let n = 0; n < 5; n += 1) await new Promise(setImmediate);
  return state;
}

describe('await', () => {
  it.each(['durable', 'delivered'] as const)('%s holds the promise until the notification is safe', async (level) => {
    const { driver, confirm } = slowDriver();
    record({ drivers: [driver] });
    const value = { id: 'i1' };
    const single = withNotifies('image.get', async () => value, { await: level })();
    const pair = withStartEnd('image.put', async () => value, { await: level })();
    const start = withNotifies('image.begin', async () => value, { await: level, at: 'start' })();
    const failing = withNotifies('image.delete', async () => Promise.reject(fault), { await: level })();
    failing.catch(() => {});
    expect(await Promise.all([single, pair, start, failing].map(stateOf))).toEqual(Array(4).fill('waiting'));
    confirm();
    expect(await Promise.all([single, pair, start])).toEqual([value, value, value]);
    await expect(failing).rejects.toBe(fault);
  });

  it('gives up after 5 s, and a lost notification does not matter', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      record({ drivers: [slowDriver().driver] });
      const waiting = withNotifies('image.get', async () => 1, { await: 'delivered' })();
      await vi.advanceTimersByTimeAsync(4_999);
      expect(await stateOf(waiting)).toBe('waiting');
      await vi.advanceTimersByTimeAsync(1);
      expect(await waiting).toBe(1);
    } finally {
      vi.useRealTimers();
    }
    const { notifier } = record();
    await notifier.close();
    expect(await withNotifies('image.get', async () => 2, { await: 'delivered' })()).toBe(2);
  });

  it('waits for nothing where nothing is told: a disabled event, a user error, a stream that is not read yet', async () => {
    const { driver } = slowDriver();
    record({ drivers: [driver], disabledNotifications: ['image.get'] });
    const options = { await: 'durable' } as const;
    const users = Object.assign(new Error('no such image'), { status: 404 });
    const calls = [
      withNotifies('image.get', async () => 1, options)(),
      withNotifies('image.download', async () => Readable.from([]), options)(),
      withNotifies('image.find', async () => Promise.reject(users), options)(),
    ];
    expect(await Promise.all(calls.map(stateOf))).toEqual(['resolved', 'resolved', 'rejected']);
  });

  it('is ignored, with one warning, where the method returns no native promise', async () => {
    const { reporter, summary } = record();
    const get = withNotifies('image.get', (value: unknown) => value, { await: 'durable' });
    expect([get(1), get(2)]).toEqual([1, 2]);
    record({ reporter });
    expect(get(3)).toBe(3);
    expect(reporter.lines).toEqual([
      'withNotifies("image.get"): await is ignored, since the method did not return a native promise',
    ]);
    expect(await summary()).toEqual(['INFO image.get', 'INFO image.get']);
  });
});

describe('wrong options', () => {
  it.each([
    [{ completes: 'later' }, /completes/],
    [{ await: true }, /await/],
    [{ await: 'sent' }, /await/],
  ])('%j are refused where the method is decorated', (options, message) => {
    const wrap = () => withNotifies('image.get', () => 1, options as object);
    expect(wrap).toThrow(message);
    expect(wrap).toThrow(expect.objectContaining({ code: 'CONFIGURATION' } satisfies Partial<ConfigurationError>));
  });
});

describe('a start that is taken back', () => {
  const lazy = function* () {
    yield 1;
  };

  it('leaves the account as if it had never been told, also with several drivers and pending others', async () => {
    const { driver, confirm } = slowDriver();
    const other = { name: 'other', deliver: async () => {} };
    const { notifier } = record({ drivers: [driver, other] });
    const list = withStartEnd('image.list', () => {
      withNotifies('image.inner', () => 1)();
      return lazy();
    });
    withNotifies('image.before', () => 1)();
    for (let n = 0; n < 5; n += 1) list();
    const { slow } = notifier.stats().drivers;
    expect(slow).toMatchObject({ accepted: 6, waiting: 6, dropped: {} });
    expectBalanced(notifier);
    confirm();
    expect(await notifier.flush()).toEqual({ drained: true, undelivered: 0 });
    expect(notifier.stats().drivers.slow).toMatchObject({ accepted: 6, delivered: 6, waiting: 0 });
    expect(notifier.stats().drivers.other).toMatchObject({ accepted: 6, delivered: 6, waiting: 0 });
  });

  it('gives its room in the queue back', async () => {
    const { notifier } = record({ queueMessages: 1 });
    const list = withStartEnd('image.list', () => lazy());
    for (let n = 0; n < 5; n += 1) list();
    withNotifies('image.after', () => 1)();
    expect(notifier.stats().drivers.memory).toMatchObject({ accepted: 1, waiting: 1, dropped: {} });
  });

  it('stays counted as dropped when the queue had no room for it', async () => {
    const { notifier } = record({ queueMessages: 1 });
    withNotifies('image.before', () => 1)();
    withStartEnd('image.list', () => lazy())();
    expect(notifier.stats().drivers.memory).toMatchObject({ accepted: 2, waiting: 1, dropped: { overflow: 1 } });
    expectBalanced(notifier);
  });

  it('is not asked for again: `when` decides once', async () => {
    const { summary } = record();
    let asked = 0;
    const when = (answer: boolean) => ({
      when: () => {
        asked += 1;
        return answer;
      },
    });
    expect([...withStartEnd('image.list', () => lazy(), when(true))()]).toEqual([1]);
    expect([...withStartEnd('image.find', () => lazy(), when(false))()]).toEqual([1]);
    expect(asked).toBe(2);
    expect(await summary()).toEqual(['INFO image.list.start', 'INFO image.list.end']);
  });
});
