import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeGroup } from '../../src/delivery/spool/group-format.js';
import { notificationKey } from '../../src/delivery/spool/keys.js';
import { loadLevel } from '../../src/delivery/spool/level.js';
import { encodeNotification, parseNotification, seal } from '../../src/delivery/spool/record-format.js';
import { Store } from '../../src/delivery/spool/store.js';
import { accountOf, expectBalanced } from '../support/accounting.js';
import { ScriptedDriver } from '../support/scripted-driver.js';
import { deadDriver, eventually, instances, spooled, spoolFolder } from '../support/spool.js';

const COUNT = 40;

/** Leaves a directory with `COUNT` notifications; those of the first half are in a sorted table, the others in the log. */
async function leave(spoolDir: string): Promise<{ folder: string; files: string[] }> {
  const { notifier } = spooled(spoolDir, deadDriver());
  for (let index = 0; index < COUNT / 2; index += 1) notifier.info(`e.${index}`, { text: 'x'.repeat(200) });
  await notifier.close({ timeoutMs: 10 });
  const folder = join(spoolDir, instances(spoolDir)[0] as string);
  // Opened anew, LevelDB sorts its log into a table.
  const store = await Store.open(loadLevel('test'), folder, { create: false });
  const stored = parseNotification(await firstRecord(store));
  for (let index = COUNT / 2; index < COUNT; index += 1) {
    // A record by itself, as it was before there were groups.
    const notification = { ...stored.notification, eventType: `e.${index}` };
    const value = encodeNotification({ ...stored, notification });
    await store.write([{ type: 'put', key: notificationKey(index + 1), value }], true);
  }
  await store.close();
  return { folder, files: readdirSync(folder) };
}

/** The JSON of the first notification. */
async function firstRecord(store: Store): Promise<string> {
  const value = (await store.get(notificationKey(1))) as string;
  return decodeGroup(1, value).lines[0]?.json as string;
}

const WAYS = {
  'cut in half': (file: string) => truncateSync(file, statSync(file).size >> 1),
  empty: (file: string) => truncateSync(file, 0),
  garbage: (file: string) => writeFileSync(file, randomBytes(statSync(file).size)),
  missing: (file: string) => rmSync(file),
  'a folder': (file: string) => {
    rmSync(file);
    mkdirSync(file);
  },
  'wrong in one byte': (file: string) => {
    const bytes = readFileSync(file);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 0xff;
    writeFileSync(file, bytes);
  },
};

/** How many of the notifications can be read again at least, by the file that is damaged. */
const FILES = { CURRENT: COUNT, MANIFEST: COUNT, '.ldb': COUNT / 2, '.log': COUNT / 2 };

describe('a directory that is taken over', () => {
  const cases = Object.entries(FILES).flatMap(([file, kept]) =>
    Object.entries(WAYS).map(([way, damage]) => ({ file, way, damage, kept })),
  );

  it.each(cases)('with its $file $way: what is readable is kept', async ({ file, way, damage, kept }) => {
    const spoolDir = spoolFolder();
    const { folder, files } = await leave(spoolDir);
    const damaged = files.filter((name) => name.includes(file));
    expect(damaged).not.toEqual([]);
    for (const name of damaged) damage(join(folder, name));
    const driver = new ScriptedDriver({ batchSize: 100 });
    const { notifier, reporter } = spooled(spoolDir, driver);
    expect(await notifier.flush()).toMatchObject({ drained: true });
    expectBalanced(notifier);
    // LevelDB cannot rebuild what points to the others where a folder is in its place: it is kept for an operator.
    if (file === 'CURRENT' && way === 'a folder') {
      expect(readdirSync(join(spoolDir, 'damaged'))).toHaveLength(1);
      expect(notifier.stats().spool?.damaged).toBe(1);
    } else {
      expect(new Set(driver.delivered).size).toBeGreaterThanOrEqual(kept);
      expect(instances(spoolDir)).toHaveLength(1);
    }
    // LevelDB drops the end of a log without a word, since that is what a crash leaves.
    if (file !== '.log') expect(reporter.lines).toContainEqual(expect.stringContaining('damaged'));
    const { status } = await notifier.info('e.more').delivered();
    expect(status).toBe('delivered');
  });

  it('with tables overwritten anywhere: LevelDB never gets to merge them, and the rows beside the damage are kept', async () => {
    for (let round = 0; round < 8; round += 1) {
      const spoolDir = spoolFolder();
      const { folder } = await leave(spoolDir);
      // So many tables that LevelDB wants to merge them as soon as it opens the directory.
      const level = loadLevel('test');
      for (let opened = 0; opened < 5; opened += 1) {
        const store = await Store.open(level, folder, { create: false });
        const value = (await store.get(notificationKey(1))) as string;
        await store.write([{ type: 'put', key: notificationKey(COUNT + 1 + opened), value }], true);
        await store.close();
      }
      const tables = readdirSync(folder).filter((name) => name.endsWith('.ldb'));
      expect(tables.length).toBeGreaterThan(0);
      for (const name of tables) {
        const bytes = readFileSync(join(folder, name));
        const start = Math.floor(Math.random() * (bytes.length - 60));
        const garbage = randomBytes(Math.ceil(Math.random() * 300)).subarray(0, bytes.length - 60 - start);
        writeFileSync(
          join(folder, name),
          Buffer.concat([bytes.subarray(0, start), garbage, bytes.subarray(start + garbage.length)]),
        );
      }
      const driver = new ScriptedDriver({ batchSize: 100 });
      const { notifier, reporter } = spooled(spoolDir, driver);
      expect(await notifier.flush()).toMatchObject({ drained: true });
      expectBalanced(notifier);
      expect(reporter.lines).toContainEqual(expect.stringContaining('is not as it was written'));
      expect(readdirSync(join(spoolDir, 'damaged')).length).toBeGreaterThan(0);
      expect(notifier.stats().spool?.damaged).toBeGreaterThan(0);
      await notifier.close();
    }
  });

  it('with records that this version cannot read: they are set aside and counted, the others delivered', async () => {
    const spoolDir = spoolFolder();
    const { folder } = await leave(spoolDir);
    const store = await Store.open(loadLevel('test'), folder, { create: false });
    const whole = seal(await firstRecord(store));
    const records = [
      ...['not JSON', '{"v":2,"message_id":"from the future"}', '[]', '{"v":1}', '{}', 'null', '"text"'].map(seal),
      whole.slice(0, -10),
      whole.replace('xxx', 'xyx'),
      '',
    ];
    const put = (key: string, value: string) => ({ type: 'put' as const, key, value });
    await store.write(
      records.map((value, index) => put(notificationKey(500 + index), value)),
      true,
    );
    await store.write([put('n-foreign', 'x'), put('zzz', 'x'), put('o-broken', 'not JSON')], true);
    await store.close();
    const driver = new ScriptedDriver({ batchSize: 100 });
    const { notifier, reporter } = spooled(spoolDir, driver);
    await notifier.flush();
    expect(driver.delivered).toHaveLength(COUNT);
    expect(notifier.stats().spool).toMatchObject({ damaged: records.length + 1, takenOver: 1 });
    expect(reporter.lines).toContainEqual(expect.stringMatching(/^spool: \d+ records cannot be read/));
    expect(reporter.lines.join()).not.toContain('from the future');
    const kept = readdirSync(join(spoolDir, 'damaged')).map((name) =>
      readFileSync(join(spoolDir, 'damaged', name), 'utf8'),
    );
    expect(kept.join()).toContain('from the future');
    expect(instances(spoolDir)).toHaveLength(1);
  });

  it('with files and folders in the spool that are not of it: left alone', async () => {
    const spoolDir = spoolFolder();
    const { folder } = await leave(spoolDir);
    writeFileSync(join(folder, 'notes.txt'), 'x');
    writeFileSync(join(folder, '999999.ldb'), 'junk');
    writeFileSync(join(spoolDir, 'README'), 'mine');
    mkdirSync(join(spoolDir, 'lost+found'));
    // A file, and an empty folder, that are called like a directory of the spool.
    writeFileSync(join(spoolDir, '0123456789ab-00000000-0000-4000-8000-000000000000'), 'x');
    mkdirSync(join(spoolDir, '0123456789ab-00000000-0000-4000-8000-000000000001'));
    // What a process leaves that dies while it makes its directory.
    const unfinished = join(spoolDir, '0123456789ab-00000000-0000-4000-8000-000000000002');
    mkdirSync(unfinished);
    for (const name of ['LOCK', 'LOG']) writeFileSync(join(unfinished, name), '');
    const driver = new ScriptedDriver({ batchSize: 100 });
    const { notifier } = spooled(spoolDir, driver);
    await notifier.flush();
    expect(new Set(driver.delivered).size).toBe(COUNT);
    expect(readFileSync(join(spoolDir, 'README'), 'utf8')).toBe('mine');
    expect(readdirSync(spoolDir)).toEqual(expect.arrayContaining(['README', 'lost+found']));
    expect(existsSync(unfinished)).toBe(false);
  });
});

describe('the own directory', () => {
  it('that is damaged while it is used: the service goes on, what is readable is delivered, the rest is counted', async () => {
    const spoolDir = spoolFolder();
    const driver = deadDriver();
    const { notifier, reporter } = spooled(spoolDir, driver, { queueMessages: 10, queueBytes: 2 ** 30 });
    await notifier.flush({ timeoutMs: 10 });
    // More than LevelDB keeps in memory, so that some of it is in tables that are read from disk.
    const text = randomBytes(50_000).toString('hex');
    let last = notifier.info('e.0', { text });
    for (let index = 1; index < 120; index += 1) {
      last = notifier.info(`e.${index}`, { text });
      if (index % 20 === 0) await last.durable();
    }
    await last.durable();
    const folder = join(spoolDir, instances(spoolDir)[0] as string);
    await eventually(() => readdirSync(folder).some((name) => name.endsWith('.ldb')));
    for (const name of readdirSync(folder).filter((each) => each.endsWith('.ldb'))) {
      // In place, and within the values: LevelDB has its tables mapped into memory and trusts them. One that is cut off
      // under it, or whose keys are overwritten, ends any process.
      const table = join(folder, name);
      const file = openSync(table, 'r+');
      for (const { index } of readFileSync(table, 'latin1').matchAll(/[0-9a-f]{20000,}/g)) {
        if (Math.random() < 0.5) writeSync(file, Buffer.alloc(1_000, 0x5a), 0, undefined, index + 10_000);
      }
      closeSync(file);
    }
    driver.opens = async () => {};
    await eventually(() => accountOf(notifier).waiting + accountOf(notifier).inFlight === 0, { notifier });
    const { delivered, dropped, accepted } = accountOf(notifier);
    expect(accepted).toBe(120);
    expect(delivered).toBeGreaterThan(30);
    expect(dropped.damaged).toBeGreaterThan(0);
    expect(delivered + (dropped.damaged ?? 0)).toBe(120);
    expect(reporter.lines).toContainEqual(expect.stringContaining('records cannot be read'));
    expect(await notifier.info('e.after').delivered()).toMatchObject({ status: 'delivered' });
    await eventually(() => instances(spoolDir).length === 1);
    await eventually(() => accountOf(notifier).onDisk === 0);
    await notifier.close();
    expect(instances(spoolDir)).toEqual([]);
  });
});
