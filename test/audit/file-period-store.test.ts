import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { filePeriodStore } from '../../src/audit/index.js';
import { day, testPeriodStore } from './period-store-conformance.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tidings-periods-'));
});
afterAll(() => rm(directory, { recursive: true }));

testPeriodStore(async () => [filePeriodStore({ directory }), filePeriodStore({ directory })]);

/** Makes the holder of a lock look as if it had not been heard of for an hour. */
async function age(home: string): Promise<void> {
  const lock = join(directory, home, 'lock');
  const hourAgo = Date.now() / 1000 - 3_600;
  for (const name of await readdir(lock)) await utimes(join(lock, name), hourAgo, hourAgo);
}

it('takes over the lock of a process that was killed, once, when it has not been heard of for a while', async () => {
  const program = `
    import { filePeriodStore } from 'tidings/audit';
    await filePeriodStore({ directory: ${JSON.stringify(directory)} }).acquire('killed');
    setInterval(() => {}, 1000);
    console.log('held');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');

  const store = filePeriodStore({ directory });
  expect(await store.acquire('killed')).toBeUndefined();
  await age('killed');
  const locks = await Promise.all(Array.from({ length: 8 }, () => store.acquire('killed')));
  const [lock, ...others] = locks.filter((found) => found !== undefined);
  expect(others).toEqual([]);
  await lock?.release();
});

it('records nothing for one that was only asleep', async () => {
  const store = filePeriodStore({ directory });
  const asleep = await store.acquire('asleep');
  await age('asleep');
  const follower = await store.acquire('asleep');
  await expect(asleep?.record(day(0))).rejects.toThrow('the lock was taken over by another process');
  expect(asleep?.lost.aborted).toBe(true);
  // Its release must not be taken for that of the other.
  await asleep?.release();
  expect(await store.acquire('asleep')).toBeUndefined();
  expect(await follower?.last()).toBeUndefined();
  await follower?.release();
});

it('does not take a damaged record for none', async () => {
  const lock = await filePeriodStore({ directory }).acquire('damaged');
  await writeFile(join(directory, 'damaged', 'last.json'), '{"begin":');
  await expect(lock?.last()).rejects.toThrow(/last\.json is damaged/);
  await lock?.release();
});

it('takes any name, however long', async () => {
  for (const name of ['..', `${'Image.'.repeat(40)}exists day@18`, 'a/b\\c']) {
    const lock = await filePeriodStore({ directory }).acquire(name);
    await lock?.record(day(0));
    expect(await lock?.last()).toEqual({ begin: day(0).begin, end: day(0).end });
    await lock?.release();
  }
});

it('refuses a directory that is none, and a holder that has no time to live', () => {
  expect(() => filePeriodStore({ directory: '' })).toThrow(/^directory is ""/);
  expect(() => filePeriodStore({ directory, staleMs: '1s' })).toThrow(/^staleMs is "1s"/);
});
