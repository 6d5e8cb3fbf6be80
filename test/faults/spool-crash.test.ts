import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { accountOf } from '../support/accounting.js';
import { ScriptedDriver } from '../support/scripted-driver.js';
import { delivered, eventually, instances, SpoolProcess, spooled, spoolFolder } from '../support/spool.js';

const FULL = process.env.TIDINGS_TEST_FULL === '1';
const ROUNDS = FULL ? 20 : 3;

/** Tells as fast as it can, and says the ids whose `durable()` has resolved. */
const EMITTING = `
  const notifier = createNotifier(options(recording, { queueMessages: 50 }));
  let index = 0;
  const emit = async () => {
    for (;;) {
      const receipts = Array.from({ length: 1 + Math.random() * 30 }, () => notifier.info('e.' + index++, { text: 'x'.repeat(200) }));
      for (const receipt of receipts) void receipt.durable().then(({ status }) => {
        if (status === 'durable' || status === 'delivered') say({ durable: receipt.messageId });
      });
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
    }
  };
  void emit();`;

describe('a process that is killed', () => {
  it(`loses nothing that it called durable: ${ROUNDS} rounds`, { timeout: ROUNDS * 20_000 }, async () => {
    const spoolDir = spoolFolder();
    const log = join(dirname(spoolDir), 'log');
    const durable = new Set<string>();
    for (let round = 0; round < ROUNDS; round += 1) {
      const child = new SpoolProcess(spoolDir, log, EMITTING);
      await child.until('durable');
      await sleep(Math.random() * 500);
      await child.kill();
      for (const { durable: id } of child.said) durable.add(id as string);
    }
    const driver = new ScriptedDriver({ batchSize: 100, window: 200 });
    const { notifier } = spooled(spoolDir, driver);
    expect(await notifier.flush()).toMatchObject({ drained: true });
    const arrived = [
      ...delivered(log).map(({ id }) => id),
      ...driver.batches.flatMap(({ messages }) => messages.map(({ notification }) => notification.messageId)),
    ];
    const lost = [...durable].filter((id) => !arrived.includes(id));
    const duplicated = arrived.length - new Set(arrived).size;
    console.log({ rounds: ROUNDS, durable: durable.size, arrived: arrived.length, lost: lost.length, duplicated });
    expect(lost).toEqual([]);
    expect(durable.size).toBeGreaterThan(ROUNDS * 10);
    // At least once: what was delivered in the last moments and not crossed out, and no more than that.
    expect(duplicated).toBeLessThan(ROUNDS * 1_000);
    await eventually(() => instances(spoolDir).length === 1, { notifier });
    await notifier.close();
    expect({ left: instances(spoolDir), stats: notifier.stats().spool }).toMatchObject({ left: [] });
  });

  it('leaves its notifications to another that runs on the same spool, once', async () => {
    const spoolDir = spoolFolder();
    const logs = [1, 2, 3].map((number) => join(dirname(spoolDir), `log-${number}`));
    const takers = logs.map(
      (log) =>
        new SpoolProcess(
          spoolDir,
          log,
          `const n = createNotifier(options(recording)); await n.flush(); say({ ready: true }); setInterval(() => say({ stats: n.stats().drivers.scripted }), 50);`,
        ),
    );
    for (const taker of takers) await taker.until('ready');
    const victim = new SpoolProcess(
      spoolDir,
      join(dirname(spoolDir), 'none'),
      `const n = createNotifier(options(dead));
       const receipts = Array.from({ length: 300 }, (_, index) => n.info('v.' + index));
       await receipts.at(-1).durable();
       say({ ids: receipts.map(({ messageId }) => messageId) });
       setInterval(() => {}, 1000);`,
    );
    const ids = (await victim.until('ids')) as string[];
    await sleep(300);
    // As long as it lives, what it has is its own.
    expect(logs.flatMap((log) => delivered(log))).toEqual([]);
    await victim.kill();
    await eventually(() => logs.flatMap((log) => delivered(log)).length >= 300);
    await sleep(300);
    const all = logs.map((log) => delivered(log).map(({ id }) => id));
    expect(all.flat().sort()).toEqual([...ids].sort());
    // By exactly one of them, and in order.
    expect(all.filter((each) => each.length > 0)).toEqual([ids]);
    expect(instances(spoolDir)).toHaveLength(3);
  });

  it('is taken over with what it had taken over itself', async () => {
    const spoolDir = spoolFolder();
    const log = join(dirname(spoolDir), 'log');
    const leave = (type: string) =>
      `const n = createNotifier(options(dead)); await n.flush({ timeoutMs: 300 });
       await n.info('${type}').durable(); say({ left: n.stats().drivers.scripted }); setInterval(() => {}, 1000);`;
    for (const type of ['e.one', 'e.two', 'e.three']) {
      const child = new SpoolProcess(spoolDir, log, leave(type));
      await child.until('left');
      await child.kill();
    }
    const driver = new ScriptedDriver();
    const { notifier } = spooled(spoolDir, driver);
    await notifier.flush();
    expect([...driver.delivered].sort()).toEqual(['e.one', 'e.three', 'e.two']);
    expect(accountOf(notifier)).toMatchObject({ recovered: 3, delivered: 3 });
  });
});

describe('a process that ends by itself', () => {
  it('loses nothing by process.exit(), not even what was told in the same turn', async () => {
    const spoolDir = spoolFolder();
    const log = join(dirname(spoolDir), 'log');
    const child = new SpoolProcess(
      spoolDir,
      log,
      `const n = createNotifier(options(dead)); await n.flush({ timeoutMs: 100 });
       await n.info('e.early').durable();
       n.info('e.late', { text: 'Grüße' }); process.exit(0);`,
    );
    await child.end();
    expect(child.stderr).toContain('2 notifications stay in the spool');
    const driver = new ScriptedDriver();
    const { notifier } = spooled(spoolDir, driver);
    await notifier.flush();
    expect(driver.delivered).toEqual(['e.early', 'e.late']);
    expect(driver.batches[1]?.messages[0]?.notification.payload).toEqual({ text: 'Grüße' });
  });

  it('leaves no directory behind when everything is delivered', async () => {
    const spoolDir = spoolFolder();
    const log = join(dirname(spoolDir), 'log');
    for (const last of ['', 'await n.flush(); process.exit(0);']) {
      const child = new SpoolProcess(
        spoolDir,
        log,
        `process.disconnect(); const n = createNotifier(options(recording)); n.info('e.one'); ${last}`,
      );
      await child.end();
      expect(child.stderr).toBe('');
      expect(instances(spoolDir)).toEqual([]);
    }
    expect(delivered(log)).toHaveLength(2);
  });

  it('is held for what is pending, and no longer than exitTimeoutMs; the rest stays on disk', async () => {
    const spoolDir = spoolFolder();
    const child = new SpoolProcess(
      spoolDir,
      'none',
      `process.disconnect(); const n = createNotifier(options(dead, { exitTimeoutMs: 100 })); n.info('e.one');`,
    );
    await child.end();
    expect(child.exitCode).toBe(0);
    expect(child.stderr).toContain('1 notifications stay in the spool');
    const driver = new ScriptedDriver();
    await spooled(spoolDir, driver).notifier.flush();
    expect(driver.delivered).toEqual(['e.one']);
  });
});

describe('worker threads', () => {
  /** A thread with a notifier whose driver never delivers. */
  function worker(spoolDir: string, type: string): { thread: Worker; ready: Promise<void> } {
    const program = `
      const { parentPort } = require('node:worker_threads');
      const { createNotifier } = require('./dist/cjs/index.js');
      const n = createNotifier({ drivers: [{ name: 'scripted', open: async () => { throw new Error('down'); }, deliver: async () => {} }],
        spoolDir: ${JSON.stringify(spoolDir)}, spoolScanMs: 20, reporter: { warn() {}, info() {} } });
      parentPort.on('message', () => {});
      n.flush({ timeoutMs: 100 }).then(() => n.info('${type}').durable()).then(() => parentPort.postMessage('ready'));`;
    const thread = new Worker(program, { eval: true });
    return { thread, ready: new Promise((resolve) => thread.once('message', () => resolve())) };
  }

  it('have directories of their own, which no other thread and no other process takes while they live', async () => {
    const spoolDir = spoolFolder();
    const [one, two] = [worker(spoolDir, 'e.one'), worker(spoolDir, 'e.two')];
    await Promise.all([one.ready, two.ready]);
    const driver = new ScriptedDriver();
    const { notifier } = spooled(spoolDir, driver, { spoolScanMs: 20 });
    await notifier.flush();
    const log = join(dirname(spoolDir), 'log');
    const other = new SpoolProcess(
      spoolDir,
      log,
      `const n = createNotifier(options(recording)); await n.flush(); say({ ready: true }); setInterval(() => {}, 1000);`,
    );
    await other.until('ready');
    await sleep(300);
    expect(driver.delivered).toEqual([]);
    expect(delivered(log)).toEqual([]);
    expect(instances(spoolDir)).toHaveLength(4);
    await other.kill();
    await eventually(() => instances(spoolDir).length === 3, { notifier });
    // A thread that ends is taken over by another one of the same process: by the other worker or by this one.
    await one.thread.terminate();
    await eventually(() => instances(spoolDir).length === 2, { notifier });
    await two.thread.terminate();
    await eventually(() => driver.delivered.length === 2, { notifier });
    await eventually(() => instances(spoolDir).length === 1, { notifier });
    expect([...driver.delivered].sort()).toEqual(['e.one', 'e.two']);
  });

  it('keep a directory that another thread finds while it is only being made', async () => {
    const spoolDir = spoolFolder();
    const driver = new ScriptedDriver();
    const { notifier } = spooled(spoolDir, driver, { spoolScanMs: 10 });
    const workers = Array.from({ length: 8 }, (_, index) => worker(spoolDir, `e.${index}`));
    await Promise.all(workers.map(({ ready }) => ready));
    await sleep(100);
    expect(instances(spoolDir)).toHaveLength(9);
    expect(driver.delivered).toEqual([]);
    for (const { thread } of workers.slice(1)) await thread.terminate();
    await workers[0]?.thread.terminate();
    await eventually(() => driver.delivered.length === 8, { notifier });
  });

  it('take one directory over only once', async () => {
    const spoolDir = spoolFolder();
    const log = join(dirname(spoolDir), 'log');
    for (let round = 0; round < 5; round += 1) {
      const child = new SpoolProcess(
        spoolDir,
        log,
        `const n = createNotifier(options(dead)); await n.flush({ timeoutMs: 50 }); await n.info('e.${round}').durable(); say({ left: true });setInterval(() => {}, 1000);`,
      );
      await child.until('left');
      const drivers = Array.from({ length: 4 }, () => new ScriptedDriver());
      const takers = drivers.map((driver) => spooled(spoolDir, driver, { spoolScanMs: 10 }).notifier);
      await Promise.all(takers.map((taker) => taker.flush()));
      await child.kill();
      await eventually(() => drivers.some((driver) => driver.delivered.length > 0));
      await sleep(50);
      expect(drivers.flatMap((driver) => driver.delivered)).toEqual([`e.${round}`]);
      await Promise.all(takers.map((taker) => taker.close()));
    }
  });
});
