import { spawn } from 'node:child_process';
import { readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { driverFor, file, folder, linesOf, opened, useLogFolder } from '../support/log-folder.js';
import { program } from '../support/log-program.js';
import { outgoing } from '../support/outgoing.js';

useLogFolder();

const MOVED = /^notifications\.log\.\d{8}T\d{6}\.\d{3}$/;

/** The files that were moved, the oldest first. */
async function moved(): Promise<string[]> {
  return (await readdir(folder))
    .filter((name) => MOVED.test(name))
    .sort()
    .map((name) => join(folder, name));
}

/** The ids of every line, of the oldest file first. */
async function ids(): Promise<unknown[]> {
  const lines = await Promise.all([...(await moved()), file].map(linesOf));
  return lines.flat().map(({ message_id }) => message_id);
}

const batchOf = (count: number, filler = 200) =>
  Array.from({ length: count }, () => outgoing({ payload: 'x'.repeat(filler) }));
const idsOf = (batches: ReturnType<typeof batchOf>[]) =>
  batches.flat().map(({ notification }) => notification.messageId);

describe('a log file with a size limit', () => {
  it('is moved before a line would make it longer, and no line is lost, doubled or out of order', async () => {
    const driver = await opened({ file, maxBytes: 4096, maxFiles: 1000 });
    const batches = Array.from({ length: 10 }, () => batchOf(30));
    await Promise.all(batches.map((batch) => driver.deliver(batch)));
    expect(await ids()).toEqual(idsOf(batches));
    const files = [...(await moved()), file];
    expect(files.length).toBeGreaterThan(20);
    for (const path of files) expect((await readFile(path)).length).toBeLessThanOrEqual(4096);
    // Filled, not moved too early.
    for (const path of files.slice(0, -1)) expect((await readFile(path)).length).toBeGreaterThan(4096 - 600);
  });

  it('keeps so many moved files, the youngest, and leaves files alone that are not its own', async () => {
    const others = ['notifications.log.old', 'notifications.log.2026', 'other.log.20261120T000000'];
    for (const name of others) await writeFile(join(folder, name), 'other\n');
    const driver = await opened({ file, maxBytes: 1024, maxFiles: 2 });
    const batches = Array.from({ length: 10 }, () => batchOf(4));
    for (const batch of batches) await driver.deliver(batch);
    expect(await moved()).toHaveLength(2);
    const kept = await ids();
    expect(kept).toEqual(idsOf(batches).slice(-kept.length));
    expect(await readdir(folder)).toEqual(expect.arrayContaining(others));
  });

  it('takes a line that is longer than the limit, in a file of its own', async () => {
    const driver = await opened({ file, maxBytes: 1024 });
    const batch = [...batchOf(1), ...batchOf(1, 5_000), ...batchOf(1)];
    await driver.deliver(batch);
    expect(await moved()).toHaveLength(2);
    expect(await ids()).toEqual(idsOf([batch]));
  });

  it('counts what was there before, and what others append', async () => {
    await writeFile(file, `${JSON.stringify({ filler: 'x'.repeat(1000) })}\n`);
    const driver = await opened({ file, maxBytes: 1100 });
    await driver.deliver(batchOf(1));
    expect(await moved()).toHaveLength(1);
    await writeFile(file, `${JSON.stringify({ filler: 'x'.repeat(1000) })}\n`, { flag: 'a' });
    await driver.deliver(batchOf(1));
    expect(await moved()).toHaveLength(2);
  });

  it('loses nothing where logrotate moves the file too', async () => {
    const driver = await opened({ file, maxBytes: 2048, maxFiles: 1000 });
    const batches: ReturnType<typeof batchOf>[] = [];
    for (let round = 0; round < 20; round += 1) {
      batches.push(batchOf(7), batchOf(7));
      const sent = batches.slice(-2).map((batch) => driver.deliver(batch));
      if (round % 3 === 0) await rename(file, `${file}.logrotate${round}`).catch(() => {});
      await Promise.all(sent);
    }
    await driver.close();
    const paths = (await readdir(folder)).map((name) => join(folder, name));
    const found = (await Promise.all(paths.map(linesOf))).flat().map(({ message_id }) => message_id);
    expect(paths.some((path) => path.includes('logrotate'))).toBe(true);
    expect(found.sort()).toEqual(idsOf(batches).sort());
  });

  it('loses nothing where several processes write and move it', { timeout: 60_000 }, async () => {
    const body = (name: string) => `
      for (let batch = 0; batch < 40; batch += 1) {
        await driver.deliver(Array.from({ length: 20 }, (_, n) => message({ payload: ${JSON.stringify(name)} + '-' + batch + '-' + n })));
      }
      await driver.close();`;
    const options = JSON.stringify({ file, maxBytes: 2048, maxFiles: 5_000 });
    const run = (name: string) =>
      new Promise((resolve, reject) => {
        const child = spawn(process.execPath, program(body(name), options), {
          stdio: ['ignore', 'inherit', 'inherit'],
        });
        child.once('error', reject).once('close', resolve);
      });
    expect(await Promise.all(['a', 'b', 'c'].map(run))).toEqual([0, 0, 0]);
    const paths = (await readdir(folder)).map((name) => join(folder, name));
    const found = (
      await Promise.all(paths.map(async (path) => ((await readFile(path)).length === 0 ? [] : linesOf(path))))
    )
      .flat()
      .map(({ payload }) => payload as string);
    expect(found).toHaveLength(3 * 40 * 20);
    expect(new Set(found).size).toBe(found.length);
  });

  it('leaves what is no file as it is', async () => {
    const driver = await opened({ file: '/dev/null', maxBytes: 1024 });
    await driver.deliver(batchOf(20));
    await driver.close();
  });
});

describe('a log file by the day or the hour', () => {
  const HOUR = 3_600_000;

  it.each([
    ['daily', 24 * HOUR],
    ['hourly', HOUR],
  ] as const)('%s: is moved before the first line of another one', async (rotate, period) => {
    await (await opened({ file })).deliver(batchOf(1));
    const before = new Date(Date.now() - period);
    await utimes(file, before, before);
    const driver = await opened({ file, rotate });
    const batch = batchOf(3);
    await driver.deliver(batch);
    await driver.deliver(batchOf(1));
    const [old, ...more] = await moved();
    expect(more).toEqual([]);
    expect(await linesOf(old ?? '')).toHaveLength(1);
    expect(await linesOf(file)).toHaveLength(4);
    expect(basename(old ?? '')).toContain(new Date().toISOString().slice(0, 10).replaceAll('-', ''));
  });

  it('is not moved within it, and not while it is empty', async () => {
    await writeFile(file, '');
    const before = new Date(Date.now() - 24 * HOUR);
    await utimes(file, before, before);
    const driver = await opened({ file, rotate: 'daily' });
    await driver.deliver(batchOf(3));
    expect(await moved()).toEqual([]);
  });
});

describe('a rotation that fails', () => {
  it('is said, and lines go on into the file, which is moved when that works again', async () => {
    const said: string[] = [];
    const driver = driverFor({ file, maxBytes: 1024 });
    await driver.open({ warn: (line) => void said.push(line), unavailable() {}, degraded() {} });
    await driver.deliver(batchOf(2));
    // Neither a name for the moved file can be taken, nor the file be moved: the folder is not there under its name.
    const away = `${folder}-away`;
    await rename(folder, away);
    await writeFile(folder, '');
    await expect(driver.deliver(batchOf(1))).rejects.toMatchObject({ code: 'DELIVERY_FAILED' });
    await rm(folder);
    await rename(away, folder);
    const batch = batchOf(8);
    await driver.deliver(batch);
    expect((await ids()).slice(-8)).toEqual(idsOf([batch]));
    expect(said).toEqual([]);
  });

  it('for want of a name is said, is not tried for each line, and loses nothing', async () => {
    const said: string[] = [];
    // With the moment behind it, it would be longer than a name may be.
    const long = join(folder, 'x'.repeat(250));
    const driver = driverFor({ file: long, maxBytes: 1024 });
    await driver.open({ warn: (line) => void said.push(line), unavailable() {}, degraded() {} });
    const batches = [batchOf(10), batchOf(10)];
    for (const batch of batches) await driver.deliver(batch);
    expect((await linesOf(long)).map(({ message_id }) => message_id)).toEqual(idsOf(batches));
    expect(said).toEqual([
      expect.stringMatching(/^cannot rotate the log file .*: ENAMETOOLONG.*; it grows until that is mended$/),
    ]);
  });
});
