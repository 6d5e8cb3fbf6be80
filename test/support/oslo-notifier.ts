import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';

/** What the notifier is to send. */
export interface Sent {
  readonly priority: string;
  readonly context: Record<string, unknown>;
  readonly publisher_id: string;
  readonly event_type: string;
  readonly payload: unknown;
}

export interface OsloNotifierOptions {
  readonly url: string;
  readonly topic: string;
  readonly exchange: string;
  readonly driver: 'messaging' | 'messagingv2';
  readonly compression?: 'gzip';
}

/** Sends notifications by an unmodified oslo.messaging notifier; resolves when its process has ended. */
export async function sendByOslo(options: OsloNotifierOptions, all: readonly Sent[]): Promise<void> {
  const python = inject('python');
  const command = 'python' in python ? python.python : '';
  const script = fileURLToPath(new URL('../interop/notifier.py', import.meta.url));
  const { url, topic, exchange, driver, compression } = options;
  const args = [script, url.replace(/^amqp:/, 'rabbit:'), topic, exchange, driver];
  if (compression !== undefined) args.push(compression);
  const child = spawn(command, args, { stdio: ['pipe', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  child.stdin.end(all.map((each) => `${JSON.stringify(each)}\n`).join(''));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`the notifier ended with ${code}: ${said}`);
}
