import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createNotifier } from '../../src/index.js';
import { loadOptionalPackage } from '../../src/notification/optional-package.js';
import { accountOf } from '../support/accounting.js';
import { ScriptedDriver } from '../support/scripted-driver.js';
import { deadDriver, eventually, instances, revive, spooled, spoolFolder } from '../support/spool.js';

const types = (count: number, from = 0) => Array.from({ length: count }, (_, index) => `e.${from + index}`);

describe('the spool', () => {
  it('has what is accepted on disk while it cannot be delivered, and nothing when it is', async () => {
    const spoolDir = spoolFolder();
    const driver = deadDriver();
    const { notifier } = spooled(spoolDir, driver);
    const receipt = notifier.info('e.one', { id: 1 });
    expect(receipt.status).toBe('waiting');
    expect(await receipt.durable()).toEqual({ status: 'durable', drivers: { scripted: { status: 'durable' } } });
    expect(receipt.status).toBe('durable');
    expect(await receipt.delivered({ timeoutMs: 1 })).toMatchObject({ status: 'timeout' });
    expect(accountOf(notifier)).toMatchObject({ accepted: 1, waiting: 1, onDisk: 1 });
    expect(notifier.stats().spool?.bytes).toBeGreaterThan(100);
    expect(notifier.health().spool).toMatchObject({ status: 'up' });
    expect(statSync(spoolDir).mode & 0o777).toBe(0o700);
    expect(statSync(join(spoolDir, instances(spoolDir)[0] as string)).mode & 0o777).toBe(0o700);

    revive(driver);
    expect(await receipt.delivered()).toMatchObject({ status: 'delivered' });
    await eventually(() => accountOf(notifier).onDisk === 0);
    expect(notifier.stats().spool?.bytes).toBe(0);
    expect(await notifier.close()).toEqual({ drained: true, undelivered: 0, leftInSpool: 0 });
    expect(instances(spoolDir)).toEqual([]);
  });

  it('does not write what is delivered before its turn, and says durable all the same', async () => {
    const { notifier } = spooled(spoolFolder(), new ScriptedDriver({ batchSize: 10 }));
    await notifier.flush();
    expect(await notifier.info('e.one').durable()).toMatchObject({
      status: expect.stringMatching(/delivered|durable/),
    });
  });

  it('keeps what overflows the queue, in order, and loads it when there is room', async () => {
    const driver = deadDriver();
    const { notifier, reporter } = spooled(spoolFolder(), driver, { queueMessages: 10 });
    const receipts = types(500).map((type) => notifier.info(type, { text: 'x'.repeat(100) }));
    expect(accountOf(notifier)).toMatchObject({ accepted: 500, waiting: 500, dropped: {} });
    await receipts.at(-1)?.durable();
    expect(accountOf(notifier)).toMatchObject({ waiting: 500, onDisk: 500 });
    revive(driver);
    driver.answer = async () => {
      expect(accountOf(notifier).inFlight).toBeLessThanOrEqual(10);
      return undefined;
    };
    for (const type of types(100, 500)) {
      notifier.info(type);
      await sleep(1);
      accountOf(notifier);
    }
    expect(await notifier.flush()).toEqual({ drained: true, undelivered: 0 });
    expect(driver.delivered).toEqual(types(600));
    expect(accountOf(notifier)).toMatchObject({ accepted: 600, delivered: 600, waiting: 0, dropped: {} });
    expect(reporter.lines.filter((line) => line.includes('dropped'))).toEqual([]);
  });

  it('answers for receipts of what left the memory: when asked before, when asked after, delivered or not', async () => {
    const driver = deadDriver();
    const { notifier } = spooled(spoolFolder(), driver, { queueMessages: 2 });
    const receipts = types(20).map((type) => notifier.info(type));
    await receipts.at(-1)?.durable();
    const asked = receipts[15]?.delivered();
    driver.answer = async (batch) =>
      batch.map(({ notification: { eventType } }) =>
        eventType === 'e.17' ? Object.assign(new Error('never'), { code: 'x' }) : undefined,
      );
    revive(driver);
    expect(await asked).toMatchObject({ status: 'delivered' });
    await eventually(() => driver.delivered.includes('e.19'));
    expect(receipts[16]?.status).toBe('delivered');
    expect(receipts[17]?.status).toBe('durable');
    expect(await receipts[17]?.delivered({ timeoutMs: 5 })).toMatchObject({ status: 'timeout' });
    driver.answer = async () => undefined;
    expect(await receipts[17]?.delivered()).toMatchObject({ status: 'delivered' });
  });

  it('gives up what has become too old on disk', async () => {
    const driver = deadDriver();
    const { notifier } = spooled(spoolFolder(), driver, { queueMessages: 2, maxAge: 40 });
    const receipts = types(10).map((type) => notifier.info(type));
    await sleep(60);
    await eventually(() => accountOf(notifier).dropped.expired === 10, { notifier });
    expect(await receipts[9]?.delivered()).toMatchObject({ status: 'expired' });
    await eventually(() => accountOf(notifier).onDisk === 0);
  });

  it('is bounded: beyond that the rules of the memory queue hold, counted and told', async () => {
    const driver = deadDriver();
    const { notifier, reporter } = spooled(spoolFolder(), driver, { queueMessages: 5, spoolMaxBytes: '4KiB' });
    const receipts = types(40).map((type) => notifier.info(type));
    await receipts[0]?.durable();
    await eventually(() => accountOf(notifier).onDisk > 2, { notifier });
    const { waiting, onDisk, dropped } = accountOf(notifier);
    expect(onDisk).toBeLessThan(20);
    expect(waiting + (dropped.overflow ?? 0)).toBe(40);
    expect(dropped.overflow).toBeGreaterThan(10);
    expect(notifier.stats().spool?.unwritten).toBe(40 - onDisk);
    expect(reporter.lines).toContainEqual(expect.stringContaining('spool: full, over 4096 bytes (spoolMaxBytes)'));
    expect(await receipts[0]?.durable()).toMatchObject({ status: 'durable' });
    expect(await receipts[39]?.durable()).toMatchObject({ status: 'dropped' });
  });

  it('gives each driver its own: one that has delivered does not wait for the other, nor get it again', async () => {
    const spoolDir = spoolFolder();
    const [good, bad] = [new ScriptedDriver({ name: 'good' }), deadDriver('bad')];
    const first = spooled(spoolDir, [good, bad], { queueMessages: 3 }).notifier;
    const receipts = types(20).map((type) => first.info(type));
    await eventually(() => good.delivered.length === 20, { notifier: first });
    expect(accountOf(first, 'bad')).toMatchObject({ waiting: 20 });
    await receipts[19]?.durable();
    expect(await first.close({ timeoutMs: 20 })).toEqual({ drained: false, undelivered: 20, leftInSpool: 20 });
    expect(receipts[0]?.status).toBe('durable');
    expect(receipts[19]?.status).toBe('durable');

    const [goodAgain, badAgain] = [new ScriptedDriver({ name: 'good' }), new ScriptedDriver({ name: 'bad' })];
    const second = spooled(spoolDir, [goodAgain, badAgain]).notifier;
    await second.flush();
    expect(badAgain.delivered).toEqual(types(20));
    expect(goodAgain.delivered).toEqual([]);
    expect(accountOf(second, 'bad')).toMatchObject({ recovered: 20, delivered: 20 });
    expect(accountOf(second, 'good')).toMatchObject({ recovered: 0, delivered: 0 });
  });
});

describe('close with a spool', () => {
  it('leaves the tail on disk, what is in flight too, and the next notifier delivers it with the same ids', async () => {
    const spoolDir = spoolFolder();
    const driver = new ScriptedDriver();
    driver.answer = undefined;
    const { notifier, reporter } = spooled(spoolDir, driver);
    const receipts = types(5).map((type) => notifier.info(type));
    await driver.batch(0);
    const flushed = notifier.flush();
    expect(await notifier.close({ timeoutMs: 20 })).toEqual({ drained: false, undelivered: 5, leftInSpool: 5 });
    expect(await flushed).toEqual({ drained: false, undelivered: 5 });
    expect(accountOf(notifier)).toMatchObject({ accepted: 5, waiting: 5, inFlight: 0, onDisk: 5, dropped: {} });
    for (const receipt of receipts) expect(await receipt.delivered()).toMatchObject({ status: 'durable' });
    expect(reporter.lines).toContainEqual(expect.stringContaining('scripted: 5 notifications stay in the spool'));
    expect(await notifier.info('e.late').delivered()).toMatchObject({ status: 'closed' });
    expect(accountOf(notifier)).toMatchObject({ accepted: 6, waiting: 5, dropped: { closed: 1 } });

    const next = new ScriptedDriver({ batchSize: 5 });
    const second = spooled(spoolDir, next).notifier;
    expect(await second.flush()).toEqual({ drained: true, undelivered: 0 });
    expect(next.batches.flatMap(({ messages }) => messages.map(({ notification }) => notification.messageId))).toEqual(
      receipts.map(({ messageId }) => messageId),
    );
    expect(accountOf(second)).toMatchObject({ accepted: 0, recovered: 5, delivered: 5 });
    expect(second.stats().spool).toMatchObject({ takenOver: 1 });
    await second.close();
    expect(instances(spoolDir)).toEqual([]);
  });

  it('leaves the lock to whoever runs, who takes over while running', async () => {
    const spoolDir = spoolFolder();
    const taker = new ScriptedDriver();
    const running = spooled(spoolDir, taker).notifier;
    await running.flush();
    const closed = spooled(spoolDir, deadDriver()).notifier;
    closed.info('e.left');
    await closed.close({ timeoutMs: 10 });
    await eventually(() => taker.delivered.includes('e.left'), { notifier: running });
    expect(accountOf(running)).toMatchObject({ recovered: 1, delivered: 1 });
  });

  it('leaves what needs other drivers to who has them', async () => {
    const spoolDir = spoolFolder();
    const first = spooled(spoolDir, [deadDriver('a'), deadDriver('b')]).notifier;
    first.info('e.one');
    await first.close({ timeoutMs: 10 });
    const a = new ScriptedDriver({ name: 'a' });
    const { notifier, reporter } = spooled(spoolDir, a);
    await notifier.flush();
    expect(a.delivered).toEqual(['e.one']);
    expect(reporter.lines).toContainEqual(
      expect.stringContaining('are notifications for b, which this process does not'),
    );
    await sleep(200);
    const b = new ScriptedDriver({ name: 'b' });
    await spooled(spoolDir, b).notifier.flush();
    expect(b.delivered).toEqual(['e.one']);
    await sleep(200);
    expect(a.delivered).toEqual(['e.one']);
    expect(instances(spoolDir)).toHaveLength(2);
  });
});

describe('the settings of the spool', () => {
  it('are refused when they are wrong', () => {
    const drivers = [deadDriver()];
    expect(() => createNotifier({ drivers, spoolDir: '' })).toThrow('spoolDir is ""');
    expect(() => createNotifier({ drivers, spoolMaxBytes: '3B' })).toThrow('spoolMaxBytes');
    expect(() => createNotifier({ drivers }, { TIDINGS_SPOOL_MAX_BYTES: 'much' })).toThrow('TIDINGS_SPOOL_MAX_BYTES');
  });

  it('name the package to install where it is missing', () => {
    expect(() => loadOptionalPackage('no-such-package', 'TIDINGS_SPOOL_DIR')).toThrow(
      'TIDINGS_SPOOL_DIR needs the package no-such-package, which is not installed: npm install no-such-package',
    );
  });

  it('load nothing where there is no spool', () => {
    const program = `
      const { createNotifier } = require('./dist/cjs/index.js');
      const loaded = () => Object.keys(require.cache).filter((path) => path.includes('classic-level')).length > 0;
      createNotifier({ drivers: [{ name: 'd', deliver: async () => {} }] });
      const before = loaded();
      createNotifier({ drivers: [{ name: 'd', deliver: async () => {} }], spoolDir: ${JSON.stringify(spoolFolder())} });
      console.log(before, loaded());`;
    expect(execFileSync(process.execPath, ['--eval', program], { encoding: 'utf8' }).trim()).toBe('false true');
  });
});
