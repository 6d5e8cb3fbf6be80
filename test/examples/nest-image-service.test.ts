import { type ChildProcess, execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, lstat, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const source = join(root, 'examples/nest-image-service');
// As deep as the example itself, so that its `file:../..` is the same.
const folder = join(root, 'build/nest-image-service');

const { PATH, HOME } = process.env;

async function npm(...args: string[]): Promise<string> {
  const { stdout } = await run('npm', args, { cwd: folder, env: { PATH, HOME, NO_COLOR: '1' }, timeout: 5 * 60_000 });
  return stdout;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** The answer of the service, as soon as it listens. */
async function create(child: ChildProcess, port: number): Promise<Response> {
  while (child.exitCode === null) {
    try {
      return await fetch(`http://127.0.0.1:${port}/images`, {
        method: 'POST',
        headers: { 'x-auth-token': 'ada:paintings', 'content-type': 'application/json', connection: 'close' },
        body: JSON.stringify({ name: 'cirros' }),
      });
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  throw new Error(`the service ended with ${child.exitCode}`);
}

describe('examples/nest-image-service', () => {
  beforeAll(async () => {
    if (!existsSync(join(root, 'dist/esm/nest/index.js'))) throw new Error('dist/ is not there: npm run build');
    await rm(folder, { recursive: true, force: true });
    // What a working copy has installed or built there is not part of it.
    const filter = (path: string) => !/[\\/](?:node_modules|dist)$/.test(path);
    await cp(source, folder, { recursive: true, filter });
    await npm('ci', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error');
  }, 5 * 60_000);

  it('has a lock file for every registry', async () => {
    const { packages } = JSON.parse(await readFile(join(source, 'package-lock.json'), 'utf8'));
    const places = Object.values(packages as Record<string, { resolved?: string }>).map(({ resolved }) => resolved);
    expect(places.filter((place) => place !== undefined)).toEqual(['file:../..']);
  });

  it('installs the package as it is packed', async () => {
    const installed = join(folder, 'node_modules/tidings');
    expect((await lstat(installed)).isSymbolicLink()).toBe(false);
    expect((await readdir(installed)).sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'dist',
      'docs',
      'package.json',
    ]);
  });

  it('passes its own tests', { timeout: 2 * 60_000 }, async () => {
    expect(await npm('test')).toMatch(/Tests +5 passed \(5\)/);
  });

  it('runs, and delivers what is pending when it is ended', { timeout: 2 * 60_000 }, async () => {
    await npm('run', 'build');
    const port = await freePort();
    const env = { PATH, HOME, PORT: String(port), TIDINGS_DRIVERS: 'log', TIDINGS_SERVICE: 'ignored' };
    const child = execFile(process.execPath, ['dist/main.js'], { cwd: folder, env });
    try {
      let lines = '';
      child.stdout?.on('data', (chunk) => {
        lines += chunk;
      });
      const ended = once(child, 'close');
      expect((await create(child, port)).status).toBe(201);
      child.kill('SIGTERM');
      expect(await ended).toEqual([null, 'SIGTERM']);
      const told = lines.split('\n').find((line) => line.includes('"image.create"')) ?? '{}';
      expect(JSON.parse(told)).toMatchObject({
        event_type: 'image.create',
        publisher_id: expect.stringMatching(/^image\./),
        payload: { name: 'cirros' },
        context: { request_id: expect.stringMatching(/^req-/), user_id: 'ada', project_id: 'paintings' },
      });
    } finally {
      child.kill('SIGKILL');
    }
  });
});
