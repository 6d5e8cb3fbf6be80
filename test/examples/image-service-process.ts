import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** A notification as the log driver writes it down. */
export interface Logged {
  readonly event_type: string;
  readonly priority: string;
  readonly payload: Readonly<Record<string, unknown>> | string;
  readonly context: Readonly<Record<string, unknown>>;
}

const BUILD = new URL('../../build/examples/image-service/', import.meta.url);
/** The environment without any setting of tidings. */
const CLEAN = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TIDINGS_')));

function start(script: string, args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  const path = fileURLToPath(new URL(script, BUILD));
  if (!existsSync(path)) throw new Error(`${path} is not there: run npm run build && npm run build:examples`);
  return spawn(process.execPath, [path, ...args], { env: { ...CLEAN, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Runs the demo to its end. */
export async function runDemo(env: Readonly<Record<string, string>> = {}, args: readonly string[] = []) {
  const child = start('demo.js', args, env);
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk) => (stdout += chunk));
  child.stderr?.on('data', (chunk) => (stderr += chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr, notifications: loggedIn(stdout.split('\n')) };
}

function loggedIn(lines: readonly string[]): Logged[] {
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Logged);
}

/** The service on its own, with the log driver. */
export class ServiceProcess {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #lines: string[];

  private constructor(child: ChildProcess, url: string, lines: string[]) {
    this.#child = child;
    this.url = url;
    this.#lines = lines;
  }

  static async start(env: Readonly<Record<string, string>>): Promise<ServiceProcess> {
    const child = start('main.js', [], { PORT: '0', TIDINGS_DRIVERS: 'log', ...env });
    const lines: string[] = [];
    if (child.stdout === null || child.stderr === null) throw new Error('the service has no output');
    createInterface(child.stdout).on('line', (line) => lines.push(line));
    for await (const line of createInterface(child.stderr)) {
      const url = /^image service: (\S+)$/.exec(line)?.[1];
      if (url !== undefined) return new ServiceProcess(child, url, lines);
    }
    throw new Error('the service did not start');
  }

  get notifications(): Logged[] {
    return loggedIn(this.#lines);
  }

  /** Waits for a notification that is told in the background. */
  async told(eventType: string, isIt: (notification: Logged) => boolean = () => true): Promise<Logged> {
    for (const deadline = Date.now() + 5_000; Date.now() < deadline; await sleep(10)) {
      const found = this.notifications.find((it) => it.event_type === eventType && isIt(it));
      if (found !== undefined) return found;
    }
    throw new Error(`${eventType} was not told`);
  }

  /** As an operator stops it; resolves with its exit code. */
  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM');
    const [code] = (await once(this.#child, 'close')) as [number | null];
    return code;
  }
}
