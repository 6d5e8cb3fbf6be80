import { readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { notificationKey, partialKey } from '../../src/delivery/spool/keys.js';
import { loadLevel } from '../../src/delivery/spool/level.js';
import { type SpooledEntry, SpoolMaintenance } from '../../src/delivery/spool/maintenance.js';
import { encodeNotification } from '../../src/delivery/spool/record-format.js';
import { Store } from '../../src/delivery/spool/store.js';
import { DeliveryError } from '../../src/index.js';
import { accountOf } from '../support/accounting.js';
import { ScriptedDriver } from '../support/scripted-driver.js';
import {
  deadDriver,
  delivered,
  eventually,
  instances,
  revive,
  SpoolProcess,
  spooled,
  spoolFolder,
} from '../support/spool.js';

const types = (count: number, from = 0) => Array.from({ length: count }, (_, index) => `e.${from + index}`);

/** The bytes of the log of a live directory: what was written since it was made. */
function written(spoolDir: string): number {
  const folder = join(spoolDir, instances(spoolDir)[0] as string);
  const logs = readdirSync(folder).filter((name) => name.endsWith('.log'));
  return logs.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

/** A driver that tries those again for which `isStuck` holds. */
function stuckDriver(isStuck: (index: number) => boolean): ScriptedDriver {
  const driver = new ScriptedDriver({ batchSize: 20, window: 1_000 });
  driver.answer = async (batch) =>
    batch.map(({ notification: { eventType } }) =>
      isStuck(Number(eventType.slice(2))) ? new DeliveryError('not now') : undefined,
    );
  return driver;
}

describe('notifications that are written together', () => {
  it('are not written where they are delivered at once', async () => {
    const spoolDir = spoolFolder();
    const driver = new ScriptedDriver({ batchSize: 100, window: 1_000 });
    const { notifier } = spooled(spoolDir, driver);
    await notifier.flush();
    const before = written(spoolDir);
    for (const type of types(100)) notifier.info(type, { text: 'x'.repeat(1_000) });
    await notifier.flush();
    await sleep(100);
    expect(driver.delivered).toHaveLength(100);
    // However slow the machine is, most of it.
    expect(written(spoolDir) - before).toBeLessThan(50_000);
    expect(accountOf(notifier)).toMatchObject({ delivered: 100, onDisk: 0 });
  });

  it('are crossed out one by one: who takes them over gets what is left', async () => {
    const spoolDir = spoolFolder();
    const log = join(dirname(spoolDir), 'log');
    const child = new SpoolProcess(
      spoolDir,
      log,
      `const half = { ...recording, batchSize: 1, window: 1, async deliver([one]) {
         if (Number(one.notification.eventType.slice(2)) >= 40) return new Promise(() => {});
         return recording.deliver([one]);
       } };
       const notifier = createNotifier(options(half));
       await notifier.flush();
       const receipts = Array.from({ length: 100 }, (_, index) => notifier.info('e.' + index, { index }));
       await receipts.at(-1).durable();
       await receipts[39].delivered();
       while (notifier.stats().drivers.scripted.onDisk > 60) await new Promise((resolve) => setTimeout(resolve, 5));
       say({ onDisk: notifier.stats().drivers.scripted.onDisk });
       setInterval(() => {}, 1000);`,
    );
    await child.until('onDisk');
    await child.kill();
    expect(delivered(log).map(({ type }) => type)).toEqual(types(40));
    const driver = new ScriptedDriver({ batchSize: 100 });
    const { notifier } = spooled(spoolDir, driver);
    await notifier.flush();
    expect(driver.delivered).toEqual(types(60, 40));
    expect(accountOf(notifier)).toMatchObject({ recovered: 60, delivered: 60 });
  });

  it('free their room when few of them are left, and the few stay readable', async () => {
    const spoolDir = spoolFolder();
    const driver = stuckDriver((index) => index % 20 === 7);
    driver.opens = deadDriver().opens;
    const first = spooled(spoolDir, driver).notifier;
    const receipts = types(200).map((type) => first.info(type, { text: 'x'.repeat(500) }));
    await receipts.at(-1)?.durable();
    const full = first.stats().spool?.bytes ?? 0;
    expect(full).toBeGreaterThan(200 * 500);
    revive(driver);
    await eventually(() => accountOf(first).onDisk === 10, { notifier: first });
    await eventually(() => (first.stats().spool?.bytes ?? full) < full / 4, { notifier: first });
    expect(await first.close({ timeoutMs: 10 })).toMatchObject({ leftInSpool: 10 });
    const next = new ScriptedDriver({ batchSize: 10 });
    const second = spooled(spoolDir, next).notifier;
    await second.flush();
    expect(next.delivered).toEqual(types(200).filter((_, index) => index % 20 === 7));
  });

  it('are found again by their numbers, for each driver its own, whatever order they end in', async () => {
    const spoolDir = spoolFolder();
    let isOpen = false;
    const random = (name: string) => {
      const driver = new ScriptedDriver({ name, batchSize: 7, window: 30 });
      driver.answer = async (batch) => {
        await sleep(Math.random() * 4);
        return batch.map(() => (isOpen && Math.random() < 0.8 ? undefined : new DeliveryError('not now')));
      };
      return driver;
    };
    const drivers = [random('a'), random('b'), random('c')];
    const { notifier } = spooled(spoolDir, drivers, { queueMessages: 25 });
    await notifier.flush();
    let told = 0;
    for (let round = 0; round < 30; round += 1) {
      for (const type of types(20, told)) notifier.info(type, { text: 'x'.repeat(100) });
      told += 20;
      isOpen = round > 5;
      await sleep(Math.random() * 8);
      for (const { name } of drivers) accountOf(notifier, name);
    }
    expect(await notifier.flush()).toMatchObject({ drained: true });
    await eventually(() => drivers.every(({ name }) => accountOf(notifier, name).onDisk === 0));
    expect(notifier.stats().spool).toMatchObject({ bytes: 0, unwritten: 0, damaged: 0 });
    for (const driver of drivers) {
      expect(new Set(driver.delivered)).toEqual(new Set(types(told)));
      expect(accountOf(notifier, driver.name)).toMatchObject({ accepted: told, delivered: told, dropped: {} });
    }
    await notifier.close();
    expect(instances(spoolDir)).toEqual([]);
  });

  it('are thrown away one by one by an operator', async () => {
    const spoolDir = spoolFolder();
    const { notifier } = spooled(spoolDir, deadDriver());
    const receipts = types(10).map((type) => notifier.info(type));
    await receipts.at(-1)?.durable();
    await notifier.close({ timeoutMs: 1 });
    const maintenance = new SpoolMaintenance(loadLevel('test'), spoolDir);
    expect(await maintenance.purge({ ids: [receipts[3]?.messageId ?? '', receipts[9]?.messageId ?? ''] })).toBe(2);
    const { entries } = await maintenance.list();
    const kept = types(10).filter((_, index) => index !== 3 && index !== 9);
    expect(entries.map(({ notification }) => notification.eventType)).toEqual(kept);
    const driver = new ScriptedDriver({ batchSize: 10 });
    await spooled(spoolDir, driver).notifier.flush();
    expect(driver.delivered).toEqual(kept);
  });
});

describe('a spool of before there were groups', () => {
  it('is read: each record by itself, and the drivers that it still waits for', async () => {
    const spoolDir = spoolFolder();
    const [a, b] = [deadDriver('a'), deadDriver('b')];
    const { notifier } = spooled(spoolDir, [a, b]);
    notifier.info('e.0');
    await notifier.close({ timeoutMs: 1 });
    const [entry] = (await new SpoolMaintenance(loadLevel('test'), spoolDir).list()).entries;
    const { notification } = entry as SpooledEntry;
    const folder = join(spoolDir, instances(spoolDir)[0] as string);
    const store = await Store.open(loadLevel('test'), folder, { create: false });
    const put = (key: string, value: string) => ({ type: 'put' as const, key, value });
    const record = (eventType: string) =>
      encodeNotification({
        notification: { ...notification, eventType },
        topics: ['notifications'],
        drivers: ['a', 'b'],
        acceptedAt: Date.now(),
      });
    await store.write(
      [
        { type: 'del', key: notificationKey(1) },
        put(notificationKey(2), record('e.2')),
        put(notificationKey(3), record('e.3')),
        put(partialKey(3), '["b"]'),
        put(notificationKey(4), record('e.4')),
      ],
      true,
    );
    await store.close();
    const drivers = ['a', 'b'].map((name) => new ScriptedDriver({ name, batchSize: 10 }));
    await spooled(spoolDir, drivers).notifier.flush();
    expect(drivers.map((driver) => driver.delivered)).toEqual([
      ['e.2', 'e.4'],
      ['e.2', 'e.3', 'e.4'],
    ]);
  });
});
