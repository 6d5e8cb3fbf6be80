import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cjs, esm, program, run, told } from '../support/log-program.js';

describe('the log driver in a process', () => {
  it('that is not closed does not keep it alive, and has written', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tidings-log-'));
    const file = join(folder, 'notifications.log');
    const { status, stderr, error } = run(program(told, JSON.stringify({ file })));
    expect({ status, stderr, error }).toEqual({ status: 0, stderr: '', error: undefined });
    expect((await readFile(file, 'utf8')).split('\n')).toHaveLength(3);
    await rm(folder, { recursive: true });
  });

  it.skipIf(process.platform === 'win32')('is not held by a named pipe that nobody reads', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tidings-log-'));
    const file = join(folder, 'pipe');
    spawnSync('mkfifo', [file]);
    const body = `say(String(await new LogDriver({ file: ${JSON.stringify(file)} }).open().catch((error) => error.message)));`;
    const { status, stderr } = run(program(body));
    expect(stderr).toContain('ENXIO');
    expect(status).toBe(0);
    await rm(folder, { recursive: true });
  });

  it('loads winston when it opens, not before', () => {
    const loaded = `Object.keys(require.cache).some((path) => path.includes('winston'))`;
    const inCommonJs = `
      const { LogDriver } = require(${JSON.stringify(cjs)});
      const driver = new LogDriver({});
      const before = ${loaded};
      driver.open().then(() => console.log(before, ${loaded}));`;
    expect(run(['--eval', inCommonJs]).stdout).toBe('false true\n');
    const inModule = `
      import { createRequire } from 'node:module';
      const require = createRequire(${JSON.stringify(esm)});
      const { LogDriver } = await import(${JSON.stringify(esm)});
      const driver = new LogDriver({});
      const before = ${loaded};
      await driver.open();
      console.log(before, ${loaded});`;
    expect(run(['--input-type=module', '--eval', inModule]).stdout).toBe('false true\n');
  });

  it('logs from CommonJS too', () => {
    const code = `
      const { LogDriver } = require(${JSON.stringify(cjs)});
      const driver = new LogDriver();
      const notification = { eventType: 'a.b', priority: 'WARN' };
      driver.open().then(() => driver.deliver([{ notification, body: '{"event_type":"a.b"}' }]));`;
    const { stdout, stderr } = run(['--eval', code]);
    expect(stderr).toBe('');
    expect(stdout).toBe('{"level":"warn","logger":"oslo.messaging.notification.a.b","event_type":"a.b"}\n');
  });
});
