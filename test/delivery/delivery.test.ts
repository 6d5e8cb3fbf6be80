import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { EMPTY } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { type DriverHealth, notifyAbout, RefusedError, withNotifies, withStartEnd } from '../../src/index.js';
import { accountOf, expectBalanced } from '../support/accounting.js';
import { record } from '../support/recorded.js';
import { ScriptedDriver } from '../support/scripted-driver.js';

const FAST = { retryMinMs: 1, retryMaxMs: 2 };

function scripted(driver: ScriptedDriver, options: object = {}) {
  return record({ drivers: [driver], ...FAST, ...options });
}

/** So that a moment that is told would be another text than before. */
const later = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('a limit of time', () => {
  it.each([Number.POSITIVE_INFINITY, 2 ** 40, Number.NaN])(
    'of %s is no reason to give up at once',
    async (timeoutMs) => {
      const driver = new ScriptedDriver();
      driver.answer = undefined;
      const { notifier } = scripted(driver);
      const delivered = notifyAbout('e.one').delivered({ timeoutMs });
      const held = await driver.batch(0);
      const closed = notifier.close({ timeoutMs });
      setTimeout(() => held.resolve(), 30);
      expect(await closed).toEqual({ drained: true, undelivered: 0 });
      expect((await delivered).status).toBe('delivered');
      expect(accountOf(notifier)).toMatchObject({ delivered: 1, dropped: {} });
    },
  );
});

describe('the queue in front of a driver', () => {
  it('returns before the driver is even asked, and delivers in order, in batches, within the window', async () => {
    const driver = new ScriptedDriver({ batchSize: 3, window: 4 });
    driver.answer = undefined;
    const { notifier } = scripted(driver);
    for (let index = 0; index < 10; index += 1) notifyAbout(`e.${index}`);
    expect(driver.batches).toEqual([]);
    expect(accountOf(notifier)).toMatchObject({ accepted: 10, waiting: 10, inFlight: 0 });

    expect((await driver.batch(0)).types).toEqual(['e.0', 'e.1', 'e.2']);
    expect((await driver.batch(1)).types).toEqual(['e.3']);
    await turn();
    expect(driver.batches).toHaveLength(2);
    expect(accountOf(notifier)).toMatchObject({ waiting: 6, inFlight: 4 });
    (await driver.batch(0)).resolve();
    expect((await driver.batch(2)).types).toEqual(['e.4', 'e.5', 'e.6']);
    driver.answer = async () => undefined;
    for (const batch of driver.batches) batch.resolve();
    expect(await notifier.flush()).toEqual({ drained: true, undelivered: 0 });
    expect(driver.delivered).toEqual(Array.from({ length: 10 }, (_, index) => `e.${index}`));
    expect(accountOf(notifier)).toMatchObject({ delivered: 10, waiting: 0, inFlight: 0, retried: 0 });
  });

  it('is its own: a driver that never answers delays no other', async () => {
    const stuck = new ScriptedDriver({ name: 'stuck' });
    stuck.answer = undefined;
    const good = new ScriptedDriver({ name: 'good' });
    const { notifier } = record({ drivers: [stuck, good] });
    const receipt = notifyAbout('e.one');
    notifyAbout('e.two');
    expect((await good.batch(1)).types).toEqual(['e.two']);
    await turn();
    expect(accountOf(notifier, 'good')).toMatchObject({ delivered: 2 });
    expect(accountOf(notifier, 'stuck')).toMatchObject({ delivered: 0, inFlight: 1, waiting: 1 });
    expect(receipt.status).toBe('waiting');
    expect(await receipt.delivered({ timeoutMs: 1 })).toEqual({
      status: 'timeout',
      drivers: { good: { status: 'delivered' }, stuck: { status: 'timeout' } },
    });
    for (const batch of stuck.batches) batch.resolve();
    stuck.answer = async () => undefined;
    expect(await receipt.delivered()).toMatchObject({ status: 'delivered' });
    expect(receipt.status).toBe('delivered');
  });

  it.each([
    ['drop-newest', ['e.0', 'e.1', 'e.2', 'e.3'], ['e.4', 'e.5', 'e.6']],
    ['drop-oldest', ['e.0', 'e.4', 'e.5', 'e.6'], ['e.1', 'e.2', 'e.3']],
  ] as const)('is bounded by messages: %s', async (overflow, delivered, dropped) => {
    const driver = new ScriptedDriver();
    driver.answer = undefined;
    const { notifier, reporter } = scripted(driver, { queueMessages: 4, overflow });
    const receipts = [notifyAbout('e.0')];
    await driver.batch(0);
    for (let index = 1; index < 7; index += 1) receipts.push(notifyAbout(`e.${index}`));
    expect(accountOf(notifier)).toMatchObject({ waiting: 3, inFlight: 1, dropped: { overflow: 3 } });
    expect(reporter.lines).toEqual([`scripted: dropped ${dropped[0]} (overflow): the queue is full`]);
    driver.answer = async () => undefined;
    (await driver.batch(0)).resolve();
    await notifier.flush();
    expect(driver.delivered).toEqual(delivered);
    const lost = receipts.filter(({ status }) => status === 'dropped');
    expect(lost).toHaveLength(3);
    expect(await lost[0]?.delivered()).toMatchObject({ status: 'dropped', reason: 'the queue is full' });
  });

  it('drops no older ones for one that finds no room even so', async () => {
    const driver = new ScriptedDriver();
    driver.answer = undefined;
    const { notifier } = scripted(driver, { queueBytes: '100KiB', overflow: 'drop-oldest' });
    const big = (kilobytes: number) => ({ data: 'x'.repeat(kilobytes * 1024) });
    notifyAbout('e.flying', big(50));
    await driver.batch(0);
    for (let index = 0; index < 3; index += 1) notifyAbout(`e.${index}`, big(10));
    expect(notifyAbout('e.beside', big(60)).status).toBe('dropped');
    expect(notifyAbout('e.huge', big(200)).status).toBe('dropped');
    expect(accountOf(notifier)).toMatchObject({ waiting: 3, inFlight: 1, dropped: { overflow: 2 } });
    const fits = notifyAbout('e.fits', big(30));
    driver.answer = async () => undefined;
    (await driver.batch(0)).resolve();
    expect(await fits.delivered()).toMatchObject({ status: 'delivered' });
    expect(driver.delivered).toEqual(['e.flying', 'e.2', 'e.fits']);
  });

  it('is bounded by messages that wait for their next attempt, too', async () => {
    const driver = new ScriptedDriver();
    driver.answer = async () => [new Error('not now')];
    const { notifier } = scripted(driver, { queueMessages: 3, retryMinMs: 60_000, retryMaxMs: 60_000 });
    for (let index = 0; index < 3; index += 1) notifyAbout(`e.${index}`);
    await driver.batch(2);
    await turn();
    expect(accountOf(notifier)).toMatchObject({ waiting: 3, inFlight: 0 });
    expect(notifyAbout('e.more').status).toBe('dropped');
    expect(accountOf(notifier)).toMatchObject({ waiting: 3, dropped: { overflow: 1 } });
  });

  it('is bounded by bytes', async () => {
    const driver = new ScriptedDriver();
    driver.answer = undefined;
    const { notifier } = scripted(driver, { queueBytes: '100KiB' });
    for (let index = 0; index < 10; index += 1) notifyAbout('e.big', { data: 'x'.repeat(30_000) });
    expect(accountOf(notifier)).toMatchObject({ accepted: 10, dropped: { overflow: 7 } });
    await driver.batch(0);
    expectBalanced(notifier);
  });

  it('has its room back from a start that is taken back, since nothing runs yet', () => {
    const { notifier } = scripted(new ScriptedDriver(), { queueBytes: '100KiB' });
    const payload = { start: () => ({ data: 'x'.repeat(30_000) }) };
    const lazy = withStartEnd('e.lazy', () => EMPTY, { payload });
    for (let index = 0; index < 10; index += 1) lazy();
    expect(notifyAbout('e.one').status).toBe('waiting');
    expect(accountOf(notifier)).toMatchObject({ accepted: 1, waiting: 1, dropped: {} });
  });
});

describe('a driver that fails', () => {
  it.each([
    ['in order', [0, 1, 2]],
    ['out of order', [2, 0, 1]],
  ])(
    'gets batches that are rejected %s again, in order, after it was opened again; the message ids stay',
    async (_, rejected) => {
      const driver = new ScriptedDriver({ batchSize: 2, window: 6 });
      driver.answer = undefined;
      const { notifier, reporter } = scripted(driver);
      for (let index = 0; index < 8; index += 1) notifyAbout(`e.${index}`);
      const batches = [await driver.batch(0), await driver.batch(1), await driver.batch(2)];
      driver.answer = async () => undefined;
      for (const index of rejected) batches[index]?.reject(new Error('connection lost'));
      await notifier.flush();
      expect(driver.delivered).toEqual(Array.from({ length: 8 }, (_, index) => `e.${index}`));
      expect(driver.opened).toBe(2);
      const ids = driver.batches.map(({ messages }) => messages.map(({ notification }) => notification.messageId));
      expect(ids.slice(3, 6)).toEqual(ids.slice(0, 3));
      expect(driver.batches[3]?.messages.map(({ attempt }) => attempt)).toEqual([2, 2]);
      expect(accountOf(notifier)).toMatchObject({ delivered: 8, retried: 6 });
      expect(reporter.lines).toEqual([
        'scripted: cannot deliver, trying again (4 waiting): connection lost',
        'scripted: delivering again',
      ]);
    },
  );

  it('is opened again with backoff until it can be, and nothing is lost', async () => {
    const driver = new ScriptedDriver();
    let refusals = 5;
    driver.opens = async () => {
      if (refusals-- > 0) throw new Error('connect ECONNREFUSED');
    };
    const { notifier } = scripted(driver);
    const receipt = notifyAbout('e.one');
    expect(await receipt.delivered()).toMatchObject({ status: 'delivered' });
    expect(driver.opened).toBe(6);
    expect(notifier.health()).toMatchObject({ status: 'up' });
  });

  it.each(['opening', 'delivering'] as const)('is left alone for longer after each failure of %s', async (what) => {
    const driver = new ScriptedDriver();
    const times: number[] = [];
    const fail = async (): Promise<never> => {
      times.push(performance.now());
      throw new Error('down');
    };
    if (what === 'opening') driver.opens = fail;
    else driver.answer = async () => [await fail().catch((error) => error as Error)];
    scripted(driver, { retryMinMs: 20, retryMaxMs: 10_000 });
    notifyAbout('e.one');
    while (times.length < 4) await later();
    const waits = times.slice(1).map((time, index) => time - (times[index] as number));
    // Half of each is jitter; a timer may be early by a millisecond.
    for (const [index, wait] of waits.entries()) expect(wait).toBeGreaterThanOrEqual(10 * 2 ** index - 2);
  });

  it('says that it lost its connection while idle, and is opened again before the next delivery', async () => {
    const driver = new ScriptedDriver();
    const { notifier } = scripted(driver);
    await notifyAbout('e.one').delivered();
    let open = () => {};
    driver.opens = () =>
      new Promise((resolve) => {
        open = resolve;
      });
    driver.host?.unavailable(new Error('heartbeat timeout'));
    expect(notifier.health()).toMatchObject({
      status: 'down',
      reason: 'scripted: heartbeat timeout',
      drivers: { scripted: { status: 'down' } },
    });
    const receipt = notifyAbout('e.two');
    while (driver.opened < 2) await turn();
    expect(receipt.status).toBe('waiting');
    open();
    expect(await receipt.delivered()).toMatchObject({ status: 'delivered' });
    expect(notifier.health().status).toBe('up');
  });

  it('is up again when it is open again and nothing is due', async () => {
    const driver = new ScriptedDriver();
    const { notifier } = scripted(driver);
    await notifyAbout('e.one').delivered();
    driver.host?.unavailable(new Error('heartbeat timeout'));
    expect(notifier.health().status).toBe('down');
    while (notifier.health().status === 'down') await turn();
    expect(driver.opened).toBe(2);
    expect(notifier.health().status).toBe('up');
  });

  it('is not said to be up by being open, while what it failed to deliver is due', async () => {
    const driver = new ScriptedDriver();
    driver.answer = async () => Promise.reject(new Error('connection lost'));
    const { notifier } = scripted(driver, { retryMinMs: 1, retryMaxMs: 1 });
    const said = new Set<string>();
    driver.opens = async () => void said.add(notifier.health().status);
    notifyAbout('e.one');
    while (driver.opened < 5) {
      await turn();
      said.add(notifier.health().status);
    }
    // Degraded: not connected yet. The first time that it is open it counts as up, nothing having failed.
    expect([...said]).toEqual(['degraded', 'up', 'down']);
    said.clear();
    while (driver.opened < 20) {
      await turn();
      said.add(notifier.health().status);
    }
    expect([...said]).toEqual(['down']);
    driver.answer = async () => undefined;
    await notifier.flush();
    expect(notifier.health().status).toBe('up');
  });

  it('is down since it failed first, whatever the reason is by now, and up since it worked again', async () => {
    const driver = new ScriptedDriver();
    driver.opens = async () => {
      throw new Error(`attempt ${driver.opened}`);
    };
    const { notifier } = scripted(driver);
    const health = () => notifier.health().drivers.scripted as DriverHealth;
    notifyAbout('e.one');
    while (health().status !== 'down') await turn();
    const failed = health();
    await later();
    while (health().reason === failed.reason) await later();
    expect(health().since).toBe(failed.since);
    driver.opens = async () => {};
    await notifier.flush();
    expect(health()).toEqual({ status: 'up', since: expect.any(String) });
    expect(Date.parse(health().since)).toBeGreaterThan(Date.parse(failed.since));
  });

  it('may say what is in its way while its connection stands', async () => {
    const driver = new ScriptedDriver();
    const { notifier } = scripted(driver);
    await notifyAbout('e.one').delivered();
    driver.host?.degraded('short of memory');
    const degraded = notifier.health();
    expect(degraded).toMatchObject({ status: 'degraded', reason: 'scripted: short of memory' });
    await notifyAbout('e.two').delivered();
    await later();
    driver.host?.degraded('short of disk');
    expect(notifier.health().drivers.scripted).toEqual({
      ...degraded.drivers.scripted,
      reason: 'short of disk',
    });
    driver.host?.degraded(undefined);
    expect(notifier.health().status).toBe('up');
  });

  it('may fail single messages: these are tried again alone, the others go on', async () => {
    const driver = new ScriptedDriver({ batchSize: 4 });
    let refusals = 3;
    driver.answer = async (batch) =>
      batch.map(({ notification }) =>
        notification.eventType === 'e.1' && refusals-- > 0 ? new Error('queue full') : undefined,
      );
    const { notifier } = scripted(driver);
    for (let index = 0; index < 4; index += 1) notifyAbout(`e.${index}`);
    expect(await notifier.flush()).toEqual({ drained: true, undelivered: 0 });
    expect(driver.delivered.slice(0, 3)).toEqual(['e.0', 'e.2', 'e.3']);
    expect(driver.delivered).toHaveLength(4);
    expect(driver.opened).toBe(1);
    expect(accountOf(notifier)).toMatchObject({ delivered: 4, retried: 3 });
  });

  it('may leave out outcomes: what it says nothing about is tried again, and told', async () => {
    const driver = new ScriptedDriver({ batchSize: 3 });
    driver.answer = async (batch) => (batch.length === 3 ? [undefined, new Error('queue full')] : undefined);
    const { notifier, reporter } = scripted(driver);
    for (let index = 0; index < 3; index += 1) notifyAbout(`e.${index}`);
    expect(await notifier.flush()).toEqual({ drained: true, undelivered: 0 });
    expect(accountOf(notifier)).toMatchObject({ delivered: 3, retried: 2 });
    expect(reporter.lines).toContainEqual(expect.stringContaining('fewer outcomes than it was given messages'));
  });

  it('fails thousands again and again, and still gets what is told after them', async () => {
    const driver = new ScriptedDriver();
    driver.answer = async ([message]) => [message?.notification.eventType === 'e.fails' ? new Error('no') : undefined];
    const { notifier } = scripted(driver, { queueMessages: 20_000 });
    for (let index = 0; index < 10_000; index += 1) notifyAbout('e.fails');
    while (accountOf(notifier).retried < 10_000) await turn();
    expect(await notifyAbout('e.fresh').delivered({ timeoutMs: 15_000 })).toMatchObject({ status: 'delivered' });
    await notifier.close({ timeoutMs: 0 });
  });

  it('is degraded while some messages have to be tried again', async () => {
    const driver = new ScriptedDriver();
    driver.answer = async () => [new Error('queue full')];
    const { notifier } = scripted(driver, { retryMinMs: 60_000, retryMaxMs: 60_000 });
    notifyAbout('e.one');
    await driver.batch(0);
    await turn();
    await turn();
    expect(notifier.health()).toMatchObject({ status: 'degraded', reason: 'scripted: queue full' });
    expect(accountOf(notifier)).toMatchObject({ waiting: 1, inFlight: 0 });
  });

  it('may refuse for ever: counted, told, not tried again', async () => {
    const driver = new ScriptedDriver({ batchSize: 2 });
    driver.answer = async (batch) =>
      batch.map(({ notification }) =>
        notification.eventType === 'e.0' ? new RefusedError('no such topic') : undefined,
      );
    const { notifier } = scripted(driver);
    const [refused, delivered] = [notifyAbout('e.0'), notifyAbout('e.1')];
    expect(await refused.delivered()).toEqual({
      status: 'refused',
      reason: 'no such topic',
      drivers: { scripted: { status: 'refused', reason: 'no such topic' } },
    });
    expect(await delivered.delivered()).toMatchObject({ status: 'delivered' });
    driver.answer = async () => {
      throw new RefusedError('never');
    };
    expect(await notifyAbout('e.2').delivered()).toMatchObject({ status: 'refused', reason: 'never' });
    expect(accountOf(notifier)).toMatchObject({ delivered: 1, dropped: { refused: 2 }, retried: 0 });
    expect(driver.opened).toBe(1);
  });

  it('gives up what has become older than maxAge, also while it stays down', async () => {
    const driver = new ScriptedDriver();
    driver.opens = async () => {
      throw new Error('down');
    };
    const { notifier } = scripted(driver, { maxAge: 20 });
    expect(await notifyAbout('e.one').delivered()).toMatchObject({ status: 'expired', reason: 'older than maxAge' });
    expect(accountOf(notifier)).toMatchObject({ dropped: { expired: 1 }, waiting: 0 });
  });

  it('gives up what has become older than maxAge in the queue, or over its attempts, while it works', async () => {
    const driver = new ScriptedDriver();
    driver.answer = undefined;
    const { notifier } = scripted(driver, { maxAge: 100 });
    const receipts = ['e.slow', 'e.queued'].map((type) => notifyAbout(type));
    const held = await driver.batch(0);
    await new Promise((resolve) => setTimeout(resolve, 110));
    driver.answer = async () => [new Error('not now')];
    held.resolve();
    receipts.push(notifyAbout('e.failing'));
    const reports = await Promise.all(receipts.map((receipt) => receipt.delivered()));
    expect(reports.map(({ status }) => status)).toEqual(['delivered', 'expired', 'expired']);
    expect(driver.batches[1]?.types).toEqual(['e.failing']);
    expect(accountOf(notifier)).toMatchObject({ delivered: 1, dropped: { expired: 2 }, waiting: 0 });
  });

  it('may throw where it should reject', async () => {
    const driver = new ScriptedDriver();
    let throws = 2;
    driver.opens = () => {
      if (throws-- > 0) throw new Error('open threw');
      return Promise.resolve();
    };
    const { notifier } = scripted(driver);
    expect(await notifyAbout('e.one').delivered()).toMatchObject({ status: 'delivered' });
    expectBalanced(notifier);
  });
});

describe('delivering in the background', () => {
  it('tells nothing of its own, whatever is decorated', async () => {
    const driver = new ScriptedDriver();
    let depth = 0;
    const send = withNotifies('driver.send', async () => {
      depth += 1;
    });
    driver.answer = async () => {
      notifyAbout('driver.delivering');
      await send();
      await turn();
      notifyAbout('driver.delivered');
      return undefined;
    };
    const { notifier } = scripted(driver);
    await notifyAbout('e.one').delivered();
    expect(depth).toBe(1);
    expect(driver.delivered).toEqual(['e.one']);
    expect(notifier.stats()).toMatchObject({ suppressed: 2, drivers: { scripted: { accepted: 1 } } });
  });

  it('does not run in, or keep alive, the async context of the request that told', async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const driver = new ScriptedDriver();
    driver.opens = async () => void seen.push(storage.getStore());
    driver.answer = async () => {
      seen.push(storage.getStore());
      return undefined;
    };
    const receipt = storage.run('request', () => {
      scripted(driver);
      return notifyAbout('e.one');
    });
    await receipt.delivered();
    expect(seen).toEqual([undefined, undefined]);
  });
});

describe('flush and close', () => {
  it('flush waits for what was told before it, not for what comes later', async () => {
    const driver = new ScriptedDriver();
    driver.answer = undefined;
    const { notifier } = scripted(driver);
    notifyAbout('e.before');
    const flushed = notifier.flush();
    notifyAbout('e.after');
    (await driver.batch(0)).resolve();
    expect(await flushed).toEqual({ drained: true, undelivered: 0 });
    expect(accountOf(notifier)).toMatchObject({ delivered: 1 });
    expect(await notifier.flush({ timeoutMs: 1 })).toEqual({ drained: false, undelivered: 1 });
  });

  it('flush does not sit out a long wait between two attempts', async () => {
    const driver = new ScriptedDriver();
    let refusals = 1;
    driver.opens = async () => {
      if (refusals-- > 0) throw new Error('down');
    };
    const { notifier } = scripted(driver, { retryMinMs: 60_000, retryMaxMs: 60_000 });
    notifyAbout('e.one');
    while (notifier.health().status !== 'down') await turn();
    expect(await notifier.flush()).toEqual({ drained: true, undelivered: 0 });
  });

  it('flush and close may be called at any time, and all of them end', async () => {
    const driver = new ScriptedDriver();
    driver.answer = undefined;
    const { notifier } = scripted(driver);
    notifyAbout('e.one');
    const [first, second] = [notifier.flush(), notifier.flush()];
    notifyAbout('e.two');
    const closed = notifier.close();
    const third = notifier.flush();
    (await driver.batch(0)).resolve();
    expect(await Promise.all([first, second])).toEqual(Array(2).fill({ drained: true, undelivered: 0 }));
    (await driver.batch(1)).resolve();
    expect(await Promise.all([third, closed])).toEqual(Array(2).fill({ drained: true, undelivered: 0 }));
    expect(await notifier.flush()).toEqual({ drained: true, undelivered: 0 });
    expect(await notifier.close({ timeoutMs: 0 })).toEqual({ drained: true, undelivered: 0 });
    expect(driver.closed).toBe(1);
    expect(accountOf(notifier)).toMatchObject({ accepted: 2, delivered: 2 });
  });

  it.each([
    ['fails to', 'no more handles', () => Promise.reject(new Error('no more handles'))],
    ['never does', 'no end after 5000 ms', () => new Promise<never>(() => {})],
  ])('close ends though a driver %s, which is told', async (_, reason, close) => {
    const { notifier, reporter } = scripted(Object.assign(new ScriptedDriver(), { close }));
    notifyAbout('e.one');
    expect(await notifier.close()).toEqual({ drained: true, undelivered: 0 });
    expect(reporter.lines).toEqual([`scripted: closing failed: ${reason}`]);
  });

  it('close delivers the tail, closes the driver once, and counts what comes later', async () => {
    const driver = new ScriptedDriver();
    const { notifier } = scripted(driver);
    notifyAbout('e.tail');
    const [first, second] = [notifier.close(), notifier.close()];
    expect(second).toBe(first);
    const late = notifyAbout('e.late');
    expect(await first).toEqual({ drained: true, undelivered: 0 });
    expect(await late.delivered()).toMatchObject({ status: 'closed', reason: 'the notifier is closed' });
    expect(driver.delivered).toEqual(['e.tail']);
    expect(driver.closed).toBe(1);
    expect(accountOf(notifier)).toMatchObject({ accepted: 2, delivered: 1, dropped: { closed: 1 } });
  });

  it('close counts and tells what it could not deliver in time; a late answer changes nothing', async () => {
    const driver = new ScriptedDriver();
    driver.answer = undefined;
    const { notifier, reporter } = scripted(driver);
    const receipts = [notifyAbout('e.0'), notifyAbout('e.1')];
    await driver.batch(0);
    expect(await notifier.close({ timeoutMs: 1 })).toEqual({ drained: false, undelivered: 2 });
    for (const receipt of receipts) expect(await receipt.delivered()).toMatchObject({ status: 'closed' });
    (await driver.batch(0)).resolve();
    await turn();
    expect(accountOf(notifier)).toMatchObject({ delivered: 0, waiting: 0, inFlight: 0, dropped: { closed: 2 } });
    expect(reporter.lines).toContain('scripted: 2 notifications lost: the notifier was closed before it was delivered');
  });

  it('an instance given to the next notifier too is closed with the last of them', async () => {
    const driver = new ScriptedDriver();
    const first = scripted(driver).notifier;
    const second = scripted(driver).notifier;
    await first.close();
    expect(driver.closed).toBe(0);
    await notifyAbout('e.one').delivered();
    await second.close();
    expect(driver.closed).toBe(1);
  });
});
