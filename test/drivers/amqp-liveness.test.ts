import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { uniqueName } from '../support/amqp-probe.js';
import { EXCHANGE_ADDRESS } from '../support/amqp1-fixture.js';

const broker = inject('broker');
const access = 'access' in broker ? broker.access : undefined;
const FOLDER = join('build', 'amqp-liveness');

/** What a service does that has nothing else to do: its process must end by itself. */
const SCRIPT = `
const host = { unavailable: (error) => console.log('lost', error.message), degraded: () => {}, warn: (line) => console.log('warning', line) };
async function run(Driver, url, topic) {
  const loadedBefore = Object.keys(require.cache).some((file) => /node_modules.(amqplib|rhea)/.test(file));
  const driver = new Driver({ url, connectTimeout: '10m', ...(topic && name === 'amqp1' ? { address: process.env.EXCHANGE_ADDRESS, exchange: 'amq.topic' } : {}) });
  const hold = setInterval(() => {}, 1000);
  const opening = driver.open(host);
  if (topic === undefined) {
    clearInterval(hold);
    return opening;
  }
  await opening;
  const notification = { messageId: topic, priority: 'INFO', eventType: 'a', context: {} };
  await driver.deliver([{ notification, topics: [topic], body: '{}', contentType: 'application/json' }]);
  clearInterval(hold);
  console.log(loadedBefore ? 'loaded too early' : 'delivered');
}
const [kind, name, url, topic] = process.argv.slice(2);
const file = './' + kind + '/drivers/' + name + '/index.js';
const load = kind === 'cjs' ? Promise.resolve(require(file)) : import(file);
load.then(({ RabbitDriver, Amqp1Driver }) => run(RabbitDriver ?? Amqp1Driver, url, topic)).catch((error) => console.log(error));
`;

async function compile(kind: string, type: string): Promise<void> {
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
  const outDir = resolve(FOLDER, kind);
  await mkdir(outDir, { recursive: true });
  await writeFile(join(outDir, 'package.json'), JSON.stringify({ type }));
  const args = [tsc, '-p', `src/tsconfig.${kind}.json`, '--outDir', outDir];
  // It writes what it can, also where types are wrong; `npm run check` tells those.
  await promisify(execFile)(process.execPath, args).catch(() => undefined);
}

/** What a service prints until its process ends by itself. */
async function outputOf(...args: string[]): Promise<string> {
  const child = spawn(process.execPath, [join(FOLDER, 'service.cjs'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, EXCHANGE_ADDRESS },
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk) => chunks.push(chunk));
  try {
    const [status] = await once(child, 'close', { signal: AbortSignal.timeout(20_000) });
    expect(status).toBe(0);
  } finally {
    child.kill('SIGKILL');
  }
  return Buffer.concat(chunks).toString().trim();
}

describe.each(['esm', 'cjs'])('a finished process with a driver (%s) ends', (kind) => {
  beforeAll(async () => {
    await compile(kind, kind === 'cjs' ? 'commonjs' : 'module');
    await writeFile(join(FOLDER, 'service.cjs'), SCRIPT);
  });
  afterAll(() => rm(join(FOLDER, kind), { recursive: true, force: true }));

  test.skipIf(access === undefined)('rabbit, with an open connection', async () => {
    expect(await outputOf(kind, 'rabbit', access?.url ?? '', uniqueName('topic'))).toBe('delivered');
  });

  // A broker that was given by its URL need not speak AMQP 1.0.
  test.skipIf(access?.ctl === undefined)('amqp1, with an open connection', async () => {
    expect(await outputOf(kind, 'amqp1', access?.url ?? '', uniqueName('topic'))).toBe('delivered');
  });

  test.each([
    ['rabbit', 'amqp'],
    ['rabbit', 'amqps'],
    ['amqp1', 'amqp'],
    ['amqp1', 'amqps'],
  ])('%s, while a broker does not answer (%s)', async (name, scheme) => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    expect(await outputOf(kind, name, `${scheme}://127.0.0.1:${port}`)).toBe('');
    server.close();
  });
});
