import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createNotifier, RefusedError } from '../../src/index.js';
import { ScriptedDriver } from '../support/scripted-driver.js';

const run = promisify(execFile);
let spoolDir: string;
beforeEach(async () => {
  spoolDir = await mkdtemp(join(tmpdir(), 'tidings-cli-'));
});
afterEach(() => rm(spoolDir, { recursive: true, force: true }));

/** `tidings spool …` as an operator calls it. */
async function spool(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  try {
    const { stdout, stderr } = await run(process.execPath, ['dist/esm/cli/main.js', 'spool', ...args], {
      env: { ...process.env, TIDINGS_SPOOL_DIR: spoolDir },
    });
    return { code: 0, stdout, stderr };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

/** A service with a spool whose driver refuses `a.refused`, and cannot deliver at all while `down`. */
function service(down: boolean) {
  const driver = new ScriptedDriver();
  driver.answer = async (batch) => {
    if (down) throw new Error('down');
    return batch.map(({ notification }) =>
      notification.eventType === 'a.refused' ? new RefusedError('no such topic') : undefined,
    );
  };
  const reporter = { warn() {}, info() {} };
  return { driver, notifier: createNotifier({ drivers: [driver], spoolDir, spoolScanMs: 50, reporter }) };
}

it('lists, shows, replays and purges', async () => {
  const refusing = service(false);
  const refused = refusing.notifier.info('a.refused', { id: 1 });
  expect(await refused.delivered()).toMatchObject({ status: 'refused' });
  await refusing.notifier.close();
  const stuck = service(true);
  const waiting = stuck.notifier.info('a.waiting', { id: 2 });
  expect(await waiting.durable()).toMatchObject({ status: 'durable' });
  expect((await spool('list')).stdout).toContain('1 dead letters, 1 directories in use by live processes');
  await stuck.notifier.close({ timeoutMs: 1 });

  const { stdout } = await spool('list');
  expect(stdout).toMatch(new RegExp(`waiting .*${waiting.messageId} .*a.waiting  scripted`));
  expect(stdout).toMatch(new RegExp(`dead .*${refused.messageId} .*a.refused  scripted  no such topic`));
  expect(stdout).toContain('1 waiting, 1 dead letters, 0 directories in use');
  const listing = JSON.parse((await spool('list', '--json', '--state', 'dead')).stdout);
  expect(listing.entries).toMatchObject([{ state: 'dead', notification: { messageId: refused.messageId } }]);

  const shown = await spool('show', waiting.messageId);
  expect(JSON.parse(shown.stdout)).toMatchObject([{ state: 'waiting', notification: { payload: { id: 2 } } }]);
  expect((await spool('show', 'nothing')).code).toBe(1);

  expect((await spool('replay', refused.messageId)).stdout).toBe('1 replayed\n');
  expect((await spool('purge', waiting.messageId)).stdout).toBe('1 purged\n');
  const mended = service(false);
  mended.driver.answer = async () => undefined;
  while (mended.driver.delivered.length < 1) await mended.driver.batch(0);
  await mended.notifier.flush();
  expect(mended.driver.delivered).toEqual(['a.refused']);
  await mended.notifier.close();
  expect((await spool('list')).stdout).toBe('0 waiting, 0 dead letters, 0 directories in use by live processes\n');
  expect((await spool('purge', '--all', '--json')).stdout).toBe('{"purge":0}\n');
});

it.each([
  [['list', '--dri', 'x'], /Unknown option '--dri'/],
  [['purge'], /purge takes message ids, or --all/],
  [['show'], /show takes one message id/],
  [['list', '--state', 'alive'], /--state is "alive"; it takes waiting or dead/],
  [['lsit'], /there is no command "lsit"/],
])('%j is answered with what is wrong and how it is used', async (args, message) => {
  const { code, stderr } = await spool(...args);
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
  expect(stderr).toContain('tidings spool list');
});
