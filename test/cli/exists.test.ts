import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const run = promisify(execFile);
let folder: string;
let module: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidings-exists-cli-'));
  module = await written('images.mjs', 'export default { ...common, source: () => images };');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function written(name: string, code: string): Promise<string> {
  const path = join(folder, name);
  const common = `
    const images = [
      { id: 'a', owner: 'alice', created_at: '2024-01-01' },
      { id: 'b', owner: 'bob', created_at: '2024-01-01' },
      { id: 'c', owner: 'bob', created_at: 'never' },
      { id: 'd', owner: 'bob', created_at: '2024-03-16' },
    ];
    const common = { eventType: 'image.exists', groupBy: ({ owner }) => owner, listKey: 'images' };`;
  await writeFile(path, `${common}\n${code}`);
  return path;
}

/** `tidings exists …` as an operator or a cron job calls it, with the log driver. */
async function exists(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  try {
    const { stdout, stderr } = await run(process.execPath, ['dist/esm/cli/main.js', 'exists', ...args], {
      env: { ...process.env, TIDINGS_DRIVERS: 'log', TIDINGS_LOG_FILE: join(folder, 'log') },
    });
    return { code: 0, stdout, stderr };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

async function logged(): Promise<Record<string, unknown>[]> {
  const text = await readFile(join(folder, 'log'), 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

describe('tidings exists', () => {
  it('says in a dry run what it would tell, and tells nothing', async () => {
    const answer = await exists('--module', module, '--period', 'day', '--dry-run', '--at', '2024-03-15T10:30:05Z');
    expect(answer).toEqual({
      code: 0,
      stdout:
        'image.exists, 2024-03-14 00:00:00 to 2024-03-15 00:00:00 UTC: would tell 2 messages for 2 owners, 2 resources (1 not of this period, 1 bad)\n',
      stderr: 'resource 3 is left out: it has no time of creation\n',
    });
    expect(await logged()).toEqual([]);
  });

  it('tells by the drivers of the environment', async () => {
    const { code, stdout } = await exists('--module', module, '--period', 'day', '--at', '2024-03-15', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'told', messages: 2, bad: 1 });
    expect(await logged()).toMatchObject([
      { event_type: 'image.exists', payload: { owner: 'alice', audit_period_ending: '2024-03-14 00:00:00' } },
      { event_type: 'image.exists', payload: { owner: 'bob', images: [{ id: 'b' }] } },
    ]);
  });

  it('tells each period once with a store', async () => {
    const args = ['--module', module, '--period', 'hour', '--store', join(folder, 'periods')];
    expect((await exists(...args)).stdout).toMatch(/UTC: told 2 messages for 2 owners, 3 resources/);
    expect((await exists(...args)).stdout).toBe('image.exists of hour was told before\n');
    expect(await logged()).toHaveLength(2);
  });

  it('takes several definitions, made by a function', async () => {
    const code = `export default async () => ['image.exists', 'volume.exists'].map((eventType) => ({ ...common, eventType, source: images }));`;
    const { stdout } = await exists('--module', await written('several.mjs', code), '--period', 'year', '--dry-run');
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.split(',')[0]),
    ).toEqual(['image.exists', 'volume.exists']);
  });

  it('ends with 1 when the source fails', async () => {
    const code = `export default { ...common, source: () => { throw new Error('the database is gone'); } };`;
    const failing = await written('failing.mjs', code);
    expect(await exists('--module', failing, '--period', 'day')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'tidings: the database is gone\n',
    });
  });

  it.each([
    [['--period', 'day'], 2, /no module is named/],
    [['--module', 'MODULE'], 2, /no period is named/],
    [['--module', 'MODULE', '--period', 'month@31'], 1, /period is "month@31", which not every month has/],
    [['--module', 'MODULE', '--period', 'day', '--at', 'noon'], 2, /--at is "noon"/],
    [['--module', 'MODULE', '--period', 'day', '--catch-up', 'all'], 2, /--catch-up needs --store/],
    [['--module', 'MODULE', '--period', 'day', '--store', 'x', '--dry-run'], 2, /does not go with --dry-run/],
    [['--module', 'NONE', '--period', 'day'], 1, /Cannot find module/],
  ])('%j is answered with what is wrong', async (args, expected, message) => {
    const { code, stderr } = await exists(...args.map((arg) => (arg === 'MODULE' ? module : arg)));
    expect(stderr).toMatch(message);
    expect(code).toBe(expected);
    expect(stderr.includes('tidings exists --module FILE')).toBe(expected === 2);
  });
});
