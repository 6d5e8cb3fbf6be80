import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const ENTRY = pathToFileURL('dist/esm/index.js').href;

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tidings-exit-'));
});
afterAll(() => rm(directory, { recursive: true }));

/** Runs a program in a process of its own; `driver` and `emit` are at hand. */
async function program(body: string) {
  const file = join(directory, `${Math.random().toString(36).slice(2)}.mjs`);
  writeFileSync(
    file,
    `import { configureNotifications, notifyAbout } from ${JSON.stringify(ENTRY)};
     const slow = { name: 'slow', delivered: 0, deliver: () => new Promise((resolve) => {
       setTimeout(() => { slow.delivered += 1; console.log('delivered'); resolve(); }, 50).unref();
     }) };
     const dead = { name: 'dead', open: async () => { throw new Error('no route to host'); }, deliver: async () => {} };
     ${body}`,
  );
  return await run(process.execPath, [file], { timeout: 20_000 });
}

it('lives on where nobody reads its standard error any more', async () => {
  const file = join(directory, 'unread.mjs');
  writeFileSync(
    file,
    `import { configureNotifications, notifyAbout } from ${JSON.stringify(ENTRY)};
     const down = async () => { throw new Error('it is down ' + Math.random()); };
     configureNotifications({ drivers: [{ name: 'dead', open: down, deliver: down }], retryMinMs: 1, retryMaxMs: 5, exitTimeoutMs: 0 });
     notifyAbout('e.one');
     setTimeout(() => { console.log('alive'); }, 500);`,
  );
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'pipe'], timeout: 20_000 });
  child.stderr.destroy();
  let said = '';
  child.stdout.on('data', (chunk) => {
    said += chunk;
  });
  const [code] = await once(child, 'close');
  expect({ said, code }).toEqual({ said: 'alive\n', code: 0 });
});

describe('a process that has nothing else to do', () => {
  it('is held until what is pending is delivered, though nothing of the delivery keeps it alive', async () => {
    const { stdout, stderr } = await program(`
      configureNotifications({ drivers: [slow] });
      for (let index = 0; index < 5; index += 1) notifyAbout('e.' + index);`);
    expect(stdout.match(/delivered/g)).toHaveLength(5);
    expect(stderr).toBe('');
  });

  it('is not held when there is nothing pending', async () => {
    const { stderr } = await program(`
      configureNotifications({ drivers: [dead], exitTimeoutMs: 600_000 });`);
    expect(stderr).not.toContain('lost');
  });

  it('is held no longer than exitTimeoutMs; the rest is counted and told, and receipts settle', async () => {
    const { stdout, stderr } = await program(`
      const notifier = configureNotifications({ drivers: [dead], exitTimeoutMs: 100 });
      const receipt = notifyAbout('e.one');
      notifyAbout('e.two');
      receipt.delivered({ timeoutMs: 600_000 }).then(({ status }) =>
        console.log(status, JSON.stringify(notifier.stats().drivers.dead.dropped)));`);
    expect(stdout.trim()).toBe('closed {"closed":2}');
    expect(stderr).toContain('tidings: dead: 2 notifications lost: the process ended, and 100 ms');
  });

  it('is not held by what waits for its next attempt, nor by who waits for a receipt', async () => {
    const { stdout } = await program(`
      const busy = { name: 'busy', deliver: async () => [new Error('not now')] };
      configureNotifications({ drivers: [busy], exitTimeoutMs: 100, retryMinMs: 60_000, retryMaxMs: 60_000 });
      notifyAbout('e.one').delivered().then(({ status }) => console.log(status));`);
    expect(stdout.trim()).toBe('closed');
  });

  it('says what process.exit() cut off', async () => {
    const { stderr } = await program(`
      configureNotifications({ drivers: [slow] });
      notifyAbout('e.one');
      process.exit(0);`);
    expect(stderr).toContain('tidings: slow: 1 notifications lost: the process ended before it was delivered');
  });

  it('may tell more while it ends', async () => {
    const { stdout } = await program(`
      configureNotifications({ drivers: [slow] });
      notifyAbout('e.one');
      process.once('beforeExit', () => setTimeout(() => notifyAbout('e.two'), 100));`);
    expect(stdout.match(/delivered/g)).toHaveLength(2);
  });
});
