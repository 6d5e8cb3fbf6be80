import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, inject } from 'vitest';

/** What the listener prints of one notification. */
export interface Heard {
  readonly priority: string;
  readonly ctxt: Record<string, unknown>;
  readonly publisher_id: string;
  readonly event_type: string;
  readonly payload: unknown;
  readonly metadata: { message_id: string; timestamp: string };
}

/** True where this test run has a broker, and a Python with oslo.messaging. */
export function isOsloPossible(): boolean {
  return 'access' in inject('broker') && 'python' in inject('python');
}

const started: ChildProcess[] = [];

/** Starts an unmodified oslo.messaging notification listener; resolves when it listens. It ends with the test file. */
export async function startOsloListener(url: string, topic: string, exchange: string) {
  const python = inject('python');
  const command = 'python' in python ? python.python : '';
  const script = fileURLToPath(new URL('../interop/listener.py', import.meta.url));
  const child = spawn(command, [script, url.replace(/^amqp:/, 'rabbit:'), topic, exchange], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  started.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => (await lines.next()).value as string;
  const first = await next();
  if (first !== 'ready') throw new Error(`the listener did not start: ${first}`);
  return {
    /** The next notifications, in the order that they came. */
    async hear(count: number): Promise<Heard[]> {
      const heard: Heard[] = [];
      while (heard.length < count) heard.push(JSON.parse(await next()) as Heard);
      return heard;
    },
    async end(): Promise<void> {
      child.stdin.end();
      await once(child, 'close');
    },
  };
}

afterAll(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});
