import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach } from 'vitest';
import { createNotifier, type NotificationOptions, type Notifier } from '../../src/index.js';
import { expectBalanced } from './accounting.js';
import { RecordingReporter } from './recorded.js';
import { ScriptedDriver } from './scripted-driver.js';

const folders: string[] = [];
const notifiers = new Set<Notifier>();
const processes = new Set<SpoolProcess>();

afterEach(async () => {
  for (const each of processes) await each.kill();
  for (const notifier of notifiers) await notifier.close({ timeoutMs: 10 });
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  processes.clear();
  notifiers.clear();
});

/** A directory for a spool, removed after the test. */
export function spoolFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tidings-spool-'));
  folders.push(folder);
  return join(folder, 'spool');
}

/** The LevelDB directories in a spool. */
export function instances(spoolDir: string): string[] {
  if (!existsSync(spoolDir)) return [];
  return readdirSync(spoolDir).filter((name) => /^[0-9a-f]{12}-/.test(name));
}

/** A driver that delivers nothing until it is told to. */
export function deadDriver(name = 'scripted'): ScriptedDriver {
  const driver = new ScriptedDriver({ name, batchSize: 20, window: 100 });
  driver.opens = async () => {
    throw new Error('down');
  };
  return driver;
}

export function revive(driver: ScriptedDriver): void {
  driver.opens = async () => {};
}

/** A notifier with a spool; closed after the test. */
export function spooled(
  spoolDir: string,
  driver: ScriptedDriver | ScriptedDriver[],
  options: NotificationOptions = {},
) {
  const reporter = new RecordingReporter();
  const drivers = Array.isArray(driver) ? driver : [driver];
  const notifier = createNotifier({
    drivers,
    spoolDir,
    reporter,
    publisherId: 'test.host',
    retryMinMs: 1,
    retryMaxMs: 5,
    spoolScanMs: 50,
    ...options,
  });
  notifiers.add(notifier);
  return { notifier, reporter };
}

/** Waits until `condition` holds, and holds the accounts to their invariant meanwhile. */
export async function eventually(
  condition: () => boolean,
  { notifier, timeoutMs = 10_000 }: { notifier?: Notifier; timeoutMs?: number } = {},
): Promise<void> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    if (notifier !== undefined) expectBalanced(notifier);
    if (condition()) return;
    if (performance.now() > end) throw new Error(`not within ${timeoutMs} ms: ${condition}`);
    await sleep(2);
  }
}

const ENTRY = new URL('../../dist/esm/index.js', import.meta.url).href;

/**
 * A process of its own with a notifier on `spoolDir`. Its program sees `createNotifier`, `options(driver)`, `recording`
 * (a driver that appends `message_id event_type` to the file `log`), `dead` (one that never opens), `say(event)`.
 */
export class SpoolProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly said: Record<string, unknown>[] = [];
  stderr = '';
  exitCode: number | null = null;

  constructor(spoolDir: string, log: string, body: string) {
    const program = `
      import { appendFileSync } from 'node:fs';
      import { createNotifier } from ${JSON.stringify(ENTRY)};
      const recording = { name: 'scripted', batchSize: 20, async deliver(batch) {
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
        appendFileSync(${JSON.stringify(log)}, batch.map(({ notification: { messageId, eventType } }) => messageId + ' ' + eventType + '\\n').join(''));
      } };
      const dead = { name: 'scripted', open: async () => { throw new Error('down'); }, deliver: async () => {} };
      const options = (driver, more) => ({ drivers: [driver], spoolDir: ${JSON.stringify(spoolDir)}, publisherId: 'test.host',
        retryMinMs: 5, retryMaxMs: 20, spoolScanMs: 50, ...more });
      const say = (event) => process.send?.(event);
      ${body}`;
    this.#child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child.on('message', (event) => this.said.push(event as Record<string, unknown>));
    this.#child.stderr?.on('data', (text) => {
      this.stderr += text;
    });
    this.#ended = new Promise((resolve) => {
      this.#child.once('close', (code) => {
        this.exitCode = code;
        resolve();
      });
    });
    processes.add(this);
  }

  /** The first event that it said under this name. */
  async until(name: string, timeoutMs = 20_000): Promise<unknown> {
    const found = () => this.said.find((event) => name in event);
    const end = performance.now() + timeoutMs;
    while (found() === undefined) {
      if (performance.now() > end || this.exitCode !== null) throw new Error(`never said ${name}: ${this.stderr}`);
      await sleep(2);
    }
    return found()?.[name];
  }

  /** kill -9. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  async end(): Promise<void> {
    await this.#ended;
  }

  send(message: object): void {
    this.#child.send(message);
  }
}

/** What recording drivers delivered: message ids with their event types, in order. */
export function delivered(log: string): { readonly id: string; readonly type: string }[] {
  if (!existsSync(log)) return [];
  const lines = readFileSync(log, 'utf8').split('\n');
  return lines
    .filter((line) => line !== '')
    .map((line) => {
      const [id = '', type = ''] = line.split(' ');
      return { id, type };
    });
}
