import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { CliProcess } from '../support/cli-process.js';
import { temporaryDirectory, temporaryFile } from '../support/forwarding.js';

const NOBODY = 'amqp://127.0.0.1:1';
const ROUTES = JSON.stringify({ routes: [{ events: '*', drivers: ['log'] }] });

/** The drivers that `tidings send` gave a notification to, with what became of it there. */
async function sent(args: readonly string[], env: Readonly<Record<string, string>>) {
  const process = new CliProcess(['send', 'image.create', '--timeout', '200', ...args], env);
  await process.ended;
  const { drivers } = JSON.parse(process.lines.at(-1) ?? '');
  return Object.entries<{ status: string }>(drivers).map(([name, { status }]) => `${name}: ${status}`);
}

it('tidings send goes where the environment says', async () => {
  const path = temporaryFile('routes.json', ROUTES);
  expect(await sent([], { TIDINGS_DRIVERS: 'log' })).toEqual(['log: delivered']);
  expect(await sent([], { TIDINGS_ROUTES: path })).toEqual(['log: delivered']);
});

it.each([[['--url', NOBODY]], [['--exchange', 'glance']], [['--oslo']], [['--protocol', 'rabbit']]])(
  'tidings send %j goes to that broker, whatever else the environment says, and waits in no spool',
  async (args) => {
    const spool = join(temporaryDirectory(), 'spool');
    const env = {
      TIDINGS_DRIVERS: 'log',
      TIDINGS_ROUTES: temporaryFile('routes.json', ROUTES),
      TIDINGS_SPOOL_DIR: spool,
      TIDINGS_AMQP_URL: NOBODY,
    };
    expect(await sent(args, env)).toEqual(['rabbit: timeout']);
    expect(existsSync(spool)).toBe(false);
  },
);
