import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accountOf } from '../support/accounting.js';
import { ScriptedDriver } from '../support/scripted-driver.js';
import { deadDriver, eventually, instances, revive, spooled, spoolFolder } from '../support/spool.js';

/** A small disk of its own; undefined where the machine does not let us mount. */
function mountSmallDisk(folder: string, megabytes: number): string | undefined {
  mkdirSync(folder, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tidings-test', folder], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return `this machine does not let us mount a tmpfs: ${String(error).split('\n')[0]}`;
  }
}

let disk: string;
let unavailable: string | undefined;
beforeEach(() => {
  disk = join(dirname(spoolFolder()), 'disk');
  unavailable = mountSmallDisk(disk, 4);
});
afterEach(() => {
  if (unavailable === undefined) execFileSync('umount', ['-l', disk]);
});

/** Fills the disk to the last byte. */
function fill(): string {
  const file = join(disk, 'full');
  try {
    execFileSync('dd', ['if=/dev/zero', `of=${file}`, 'bs=4k'], { stdio: 'pipe' });
  } catch {
    // Full.
  }
  return file;
}

describe('a full disk', () => {
  it('is told; everything goes on in memory, and back on disk when there is room', async (context) => {
    if (unavailable !== undefined) context.skip(unavailable);
    const spoolDir = join(disk, 'spool');
    const driver = deadDriver();
    const { notifier, reporter } = spooled(spoolDir, driver, { queueMessages: 100 });
    const before = Array.from({ length: 150 }, (_, index) => notifier.info(`e.${index}`, { text: 'x'.repeat(1_000) }));
    await before.at(-1)?.durable();
    const full = fill();
    const during: ReturnType<typeof notifier.info>[] = [];
    // LevelDB has some room in the file that it writes to.
    await eventually(
      () => {
        during.push(notifier.info('e.during', { text: 'y'.repeat(5_000) }));
        return notifier.health().spool?.status === 'down';
      },
      { notifier },
    );
    expect(reporter.lines).toContainEqual(
      expect.stringMatching(/^spool: cannot use .*, notifications are kept in memory only: .*No space left on device/),
    );
    expect(notifier.health()).toMatchObject({ spool: { status: 'down' } });
    // What was on disk is not lost: nothing was dropped but by the rules of the memory queue.
    expect(accountOf(notifier).dropped.damaged ?? 0).toBe(0);
    const { waiting } = accountOf(notifier);
    expect(waiting).toBeGreaterThanOrEqual(150);

    rmSync(full);
    await eventually(() => notifier.health().spool?.status === 'up', { notifier, timeoutMs: 30_000 });
    await eventually(() => reporter.lines.includes('spool: writing to disk again'), { notifier });
    const after = notifier.info('e.after');
    expect(await after.durable()).toMatchObject({ status: 'durable' });
    await eventually(() => accountOf(notifier).onDisk === accountOf(notifier).waiting, { notifier });
    revive(driver);
    expect(await notifier.flush()).toMatchObject({ drained: true });
    const { accepted, delivered, dropped } = accountOf(notifier);
    expect(delivered + (dropped.overflow ?? 0)).toBe(accepted);
    expect(driver.delivered.filter((type) => /^e\.\d+$/.test(type)).sort()).toEqual(
      before.map((_, index) => `e.${index}`).sort(),
    );
    expect(driver.delivered).toContain('e.after');
    await eventually(() => accountOf(notifier).onDisk === 0, { notifier });
    expect(notifier.stats().spool?.bytes).toBe(0);
    await notifier.close();
    expect(instances(spoolDir)).toEqual([]);
  });

  it('from the start: the service runs on memory, and takes over what is there when there is room', async (context) => {
    if (unavailable !== undefined) context.skip(unavailable);
    const spoolDir = join(disk, 'spool');
    const left = spooled(spoolDir, deadDriver()).notifier;
    for (let index = 0; index < 50; index += 1) left.info(`e.${index}`);
    await left.close({ timeoutMs: 10 });
    const full = fill();
    const driver = new ScriptedDriver({ batchSize: 10 });
    const { notifier, reporter } = spooled(spoolDir, driver);
    expect(await notifier.info('e.now').delivered()).toMatchObject({ status: 'delivered' });
    await notifier.flush();
    expect(reporter.lines).toContainEqual(expect.stringContaining('No space left on device'));
    expect(driver.delivered).toEqual(['e.now']);
    rmSync(full);
    await eventually(() => driver.delivered.length === 51, { notifier, timeoutMs: 30_000 });
    expect(accountOf(notifier)).toMatchObject({ accepted: 1, recovered: 50, delivered: 51 });
  });
});

describe('a read-only disk', () => {
  it('is told; everything goes on in memory, and back on disk when it can be written', async (context) => {
    if (unavailable !== undefined) context.skip(unavailable);
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    const driver = new ScriptedDriver();
    const { notifier, reporter } = spooled(join(disk, 'spool'), driver);
    expect(await notifier.info('e.one').delivered()).toMatchObject({ status: 'delivered' });
    await notifier.flush();
    expect(reporter.lines).toContainEqual(expect.stringMatching(/^spool: cannot use .*read-only file system/));
    expect(notifier.health()).toMatchObject({ status: 'degraded', spool: { status: 'down' } });
    execFileSync('mount', ['-o', 'remount,rw', disk]);
    await eventually(() => notifier.health().spool?.status === 'up', { notifier, timeoutMs: 30_000 });
  });
});

describe('a spool directory that is none', () => {
  it.each(['a file', 'below a file'])('%s: told, and everything goes on in memory', async (where) => {
    const file = join(dirname(spoolFolder()), 'file');
    writeFileSync(file, 'mine');
    const spoolDir = where === 'a file' ? file : join(file, 'spool');
    const driver = deadDriver();
    const { notifier, reporter } = spooled(spoolDir, driver, { queueMessages: 5 });
    const receipts = Array.from({ length: 8 }, (_, index) => notifier.info(`e.${index}`));
    await eventually(() => notifier.health().spool?.status === 'down', { notifier });
    expect(reporter.lines).toContainEqual(
      expect.stringMatching(/^spool: cannot use .*, notifications are kept in memory/),
    );
    expect(accountOf(notifier)).toMatchObject({ accepted: 8, waiting: 5, dropped: { overflow: 3 }, onDisk: 0 });
    expect(receipts[0]?.status).toBe('waiting');
    // What is in memory is written as soon as that is possible.
    rmSync(file);
    await eventually(() => accountOf(notifier).onDisk === 5, { notifier });
    expect(receipts[0]?.status).toBe('durable');
    revive(driver);
    await notifier.flush();
    expect(accountOf(notifier)).toMatchObject({ delivered: 5 });
    expect(await notifier.close()).toMatchObject({ drained: true });
  });

  it('that is removed while it is used is made again', async () => {
    const spoolDir = spoolFolder();
    const driver = deadDriver();
    const { notifier } = spooled(spoolDir, driver);
    await notifier.info('e.one').durable();
    rmSync(spoolDir, { recursive: true });
    revive(driver);
    expect(await notifier.flush()).toMatchObject({ drained: true });
    await notifier.close();
    expect(readdirSync(dirname(spoolDir))).toBeDefined();
  });
});
