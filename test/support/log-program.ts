import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** What `npm run build` made of the log driver, for real processes with a real standard output. */
export const esm = join(root, 'dist/esm/drivers/log/index.js');
export const cjs = join(root, 'dist/cjs/drivers/log/index.js');

/** A process that logs; `body` sees `driver`, `message(changes)` and `say(text)`, which writes to standard error. */
export function program(body: string, options = '{}'): string[] {
  const text = `
    import { writeSync } from 'node:fs';
    import { LogDriver } from ${JSON.stringify(esm)};
    const say = (text) => writeSync(2, text + '\\n');
    const message = (changes) => {
      const notification = { messageId: 'm-1', publisherId: 'image.host-1', eventType: 'image.update', priority: 'INFO',
        timestamp: '2026-11-20T07:18:08.114Z', payload: { id: 'i-1' }, context: { operation_id: '2f1c9e44-bbbb' }, ...changes };
      return { notification, topics: ['notifications'], body: JSON.stringify({ event_type: notification.eventType,
        payload: notification.payload }), contentType: 'application/json', attempt: 1, encode: () => '' };
    };
    const driver = new LogDriver(${options});
    await driver.open();
    ${body}`;
  return ['--input-type=module', '--eval', text];
}

export function run(args: string[], environment: NodeJS.ProcessEnv = {}) {
  const env = { PATH: process.env.PATH, TERM: 'xterm-256color', ...environment };
  return spawnSync(process.execPath, args, { encoding: 'utf8', env, timeout: 15_000 });
}

/** A program that tells two things. */
export const told = 'await driver.deliver([message(), message({ eventType: "image.delete", priority: "ERROR" })]);';
