import { afterEach, describe, expect, it, vi } from 'vitest';
import { askedDelay } from '../../src/delivery/dispatch/outcome.js';
import { DeliveryError, notifyAbout, RefusedError } from '../../src/index.js';
import { accountOf } from '../support/accounting.js';
import { record } from '../support/recorded.js';
import { ScriptedDriver } from '../support/scripted-driver.js';

const ASKED_MS = 300;
const FAST = { retryMinMs: 1, retryMaxMs: 2 };
const busy = (retryAfterMs = ASKED_MS) => new DeliveryError('busy', { retryAfterMs });

describe('a driver that says how long not to try again', () => {
  const times: number[] = [];
  afterEach(() => void times.splice(0));

  /** A driver that keeps the times of its attempts. */
  function timed(fails: (attempt: number) => Error | undefined, how: 'outcome' | 'rejection'): ScriptedDriver {
    const driver = new ScriptedDriver();
    driver.answer = async () => {
      times.push(performance.now());
      const error = fails(times.length);
      if (error !== undefined && how === 'rejection') throw error;
      return [error];
    };
    return driver;
  }
  const waited = () => (times[1] as number) - (times[0] as number);

  it.each(['outcome', 'rejection'] as const)('by %s is obeyed, by flush() too', async (how) => {
    const driver = timed((attempt) => (attempt === 1 ? busy() : undefined), how);
    const { notifier } = record({ drivers: [driver], ...FAST });
    notifyAbout('e.one');
    await vi.waitUntil(() => times.length === 1 && accountOf(notifier).waiting === 1, { interval: 1 });
    expect(await notifier.flush()).toEqual({ drained: true, undelivered: 0 });
    expect(waited()).toBeGreaterThanOrEqual(ASKED_MS - 2);
    expect(accountOf(notifier)).toMatchObject({ delivered: 1, retried: 1 });
  });

  it('is obeyed by close(): what is left is counted', async () => {
    const driver = timed(() => busy(60_000), 'rejection');
    const { notifier } = record({ drivers: [driver], ...FAST });
    const receipt = notifyAbout('e.one');
    await vi.waitUntil(() => times.length === 1 && accountOf(notifier).waiting === 1, { interval: 1 });
    expect(await notifier.close({ timeoutMs: 100 })).toEqual({ drained: false, undelivered: 1 });
    expect(times).toHaveLength(1);
    expect(receipt.status).toBe('closed');
    expect(accountOf(notifier)).toMatchObject({ dropped: { closed: 1 }, waiting: 0 });
  });

  it('holds back no other that was due while the driver was being opened again', async () => {
    const driver = new ScriptedDriver({ window: 3, script: ['block', 'block', 'block'] });
    const { notifier } = record({ drivers: [driver], ...FAST });
    const due = notifyAbout('e.due');
    notifyAbout('e.held');
    notifyAbout('e.lost');
    const [first, second, third] = [await driver.batch(0), await driver.batch(1), await driver.batch(2)];
    let open = () => {};
    driver.opens = () => new Promise((resolve) => (open = resolve));
    first.resolve([new Error('not now')]);
    third.reject(new Error('lost'));
    await vi.waitUntil(() => driver.opened === 2, { interval: 1 });
    // Until it is due.
    await new Promise((resolve) => setTimeout(resolve, 60));
    second.resolve([busy(60_000)]);
    await vi.waitUntil(() => accountOf(notifier).inFlight === 0, { interval: 1 });
    open();
    expect(await due.delivered({ timeoutMs: 5_000 })).toMatchObject({ status: 'delivered' });
    await notifier.close({ timeoutMs: 0 });
  });

  it('holds back one notification by an outcome, and all by a rejection', async () => {
    const driver = new ScriptedDriver();
    driver.answer = async ([message]) => [message?.notification.eventType === 'e.held' ? busy(60_000) : undefined];
    const { notifier } = record({ drivers: [driver], ...FAST });
    notifyAbout('e.held');
    const [free] = [notifyAbout('e.free')];
    expect(await free?.delivered()).toMatchObject({ status: 'delivered' });
    driver.answer = async () => {
      throw busy(60_000);
    };
    const late = notifyAbout('e.late');
    await driver.batch(2);
    expect(await late.delivered({ timeoutMs: 50 })).toMatchObject({ status: 'timeout' });
    expect(notifier.health().drivers.scripted).toMatchObject({ status: 'down', reason: 'busy' });
    expect(accountOf(notifier)).toMatchObject({ delivered: 1, waiting: 2 });
    expect(driver.batches).toHaveLength(3);
  });

  it('of several that fail at once, the one that asks for longest counts', async () => {
    const driver = new ScriptedDriver({ window: 2 });
    driver.answer = undefined;
    const { notifier } = record({ drivers: [driver], ...FAST });
    for (const type of ['e.one', 'e.two']) notifyAbout(type);
    const [first, second] = [await driver.batch(0), await driver.batch(1)];
    const begun = performance.now();
    driver.answer = async () => {
      times.push(performance.now());
      return undefined;
    };
    first.reject(new Error('connection lost'));
    second.reject(busy());
    await notifier.flush();
    expect(times[0]).toBeGreaterThanOrEqual(begun + ASKED_MS - 2);
  });
});

describe('how long an error asks to wait', () => {
  it.each([
    [new DeliveryError('x', { retryAfterMs: 1_500 }), 1_500],
    [new DeliveryError('x'), 0],
    [Object.assign(new Error('x'), { retryAfterMs: 20 }), 20],
    [new DeliveryError('x', { retryAfterMs: 86_400_000 }), 3_600_000],
    [new DeliveryError('x', { retryAfterMs: -5 }), 0],
    [new DeliveryError('x', { retryAfterMs: Number.NaN }), 0],
    [Object.assign(new Error('x'), { retryAfterMs: 'soon' }), 0],
    [new RefusedError('x'), 0],
    [undefined, 0],
    ['text', 0],
  ])('%s: %i ms', (error, milliseconds) => {
    expect(askedDelay(error)).toBe(milliseconds);
  });
});
