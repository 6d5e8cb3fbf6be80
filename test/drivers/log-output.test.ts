import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { program, run, told } from '../support/log-program.js';

/** The same with a terminal for standard output. */
function runInTerminal(args: string[], environment: NodeJS.ProcessEnv = {}) {
  const env = { PATH: process.env.PATH, TERM: 'xterm-256color', NODE: process.execPath, CODE: args[2], ...environment };
  const command = '"$NODE" --input-type=module --eval "$CODE"';
  return spawnSync('script', ['-qec', command, '/dev/null'], { encoding: 'utf8', env, timeout: 15_000 });
}

// The `script` of util-linux; that of other systems takes other arguments.
const noTerminal = process.platform !== 'linux' || spawnSync('script', ['--version']).status !== 0;

describe('standard output', () => {
  it('is JSON lines when it is no terminal, and the process ends by itself', () => {
    const { stdout, stderr, status } = run(program(told));
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout.split('\n').map((line) => (line === '' ? '' : JSON.parse(line)))).toEqual([
      {
        level: 'info',
        logger: 'oslo.messaging.notification.image.update',
        event_type: 'image.update',
        payload: { id: 'i-1' },
      },
      {
        level: 'error',
        logger: 'oslo.messaging.notification.image.delete',
        event_type: 'image.delete',
        payload: { id: 'i-1' },
      },
      '',
    ]);
  });

  it('stays JSON in a pipe that forces colours, which only readable lines have', () => {
    expect(run(program(told), { FORCE_COLOR: '1' }).stdout).toMatch(/^\{"level":"info"/);
    const pretty = program(told, '{ format: "pretty" }');
    expect(run(pretty, { FORCE_COLOR: '1' }).stdout).toContain('\u001b[31mERROR   \u001b[0m');
    expect(run(pretty, { FORCE_COLOR: '0' }).stdout).not.toContain('\u001b');
    expect(run(pretty).stdout).not.toContain('\u001b');
  });

  it.skipIf(noTerminal)('is readable lines in colour on a terminal', () => {
    const { stdout, status } = runInTerminal(program(told));
    expect(status).toBe(0);
    expect(stdout).toContain('\u001b[32mINFO    \u001b[0m \u001b[1mimage.update\u001b[0m');
    const plain = runInTerminal(program(told), { NO_COLOR: '1' }).stdout;
    expect(plain.split('\r\n')).toEqual([
      '07:18:08.114Z INFO     image.update  image.host-1  {"id":"i-1"}  op 2f1c9e44',
      '07:18:08.114Z ERROR    image.delete  image.host-1  {"id":"i-1"}  op 2f1c9e44',
      '',
    ]);
    expect(runInTerminal(program(told, '{ format: "json" }')).stdout).toMatch(/^\{"level":"info"/);
  });

  it('shows long payloads short, and control characters as text', () => {
    const { stdout } = run(
      program(
        `await driver.deliver([
          message({ payload: { text: 'a'.repeat(500) } }),
          message({ payload: 'one\\ntwo\\u001b[2J\\u009b2J\\u2028', publisherId: 'image\\r.host', context: {} }),
        ]);`,
        '{ format: "pretty" }',
      ),
    );
    const [long = '', control, end] = stdout.split('\n');
    expect(long).toMatch(/ {2}\{"text":"a{100,}… {2}op 2f1c9e44$/);
    expect(long.length).toBeLessThan(220);
    expect(control).toBe(
      '07:18:08.114Z INFO     image.update  image\\u000d.host  one\\u000atwo\\u001b[2J\\u009b2J\\u2028',
    );
    expect(end).toBe('');
  });

  it('that nobody reads any more rejects the delivery and leaves the process alone', async () => {
    const child = spawn(
      process.execPath,
      program(`
        process.stdin.resume();
        await new Promise((resolve) => process.stdin.once('end', resolve));
        for (const attempt of [1, 2]) {
          const outcome = await driver.deliver([message(), message()]).catch((error) => error);
          say(attempt + ' ' + outcome?.code + ' ' + outcome?.message);
        }
        await driver.close();
        await new Promise((resolve) => setTimeout(resolve, 20));
        say('listeners ' + process.stdout.listenerCount('error'));
      `),
      { stdio: ['pipe', 'pipe', 'pipe'] },
    );
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.stdout.destroy();
    child.stdin.end();
    const status = await new Promise((resolve) => child.once('close', resolve));
    const told = 'DELIVERY_FAILED standard output is closed: what read it has gone (EPIPE); to keep notifications,';
    expect(stderr.split('\n')).toEqual([
      expect.stringContaining(`1 ${told}`),
      expect.stringContaining(`2 ${told}`),
      'listeners 0',
      '',
    ]);
    expect(status).toBe(0);
  });

  it('that was ended or destroyed by the service rejects or takes, and never throws', () => {
    const { stderr, status } = run(
      program(`
        process.stdout.end();
        say(String((await driver.deliver([message()]).catch((error) => error))?.code));
        process.stdout.destroy();
        await driver.deliver([message()]).catch((error) => error);
        say('alive');
      `),
    );
    expect(stderr).toBe('DELIVERY_FAILED\nalive\n');
    expect(status).toBe(0);
  });

  it.skipIf(!existsSync('/dev/full'))('on a full disk rejects, and works once there is space', async () => {
    const { stderr, status } = spawnSync(
      'sh',
      [
        '-c',
        '"$0" "$@" >/dev/full',
        process.execPath,
        ...program(`
        for (const attempt of [1, 2]) say(String((await driver.deliver([message()]).catch((error) => error))?.message));
      `),
      ],
      { encoding: 'utf8', timeout: 15_000 },
    );
    expect(stderr.match(/ENOSPC/g)).toHaveLength(2);
    expect(status).toBe(0);
  });

  it('captured by a test that does not call back still counts as taken', () => {
    const { stdout, stderr } = run(
      program(`
        const captured = [];
        const { write } = process.stdout;
        process.stdout.write = (text) => captured.push(text);
        await driver.deliver([message(), message()]);
        process.stdout.write = write;
        say('captured ' + captured.length);
      `),
    );
    expect(stderr).toBe('captured 2\n');
    expect(stdout).toBe('');
  });

  it('takes everything before the delivery resolves, however slowly it is read', async () => {
    const child = spawn(
      process.execPath,
      program(`
        const batch = Array.from({ length: 100 }, (_, index) => message({ payload: { index, filler: 'x'.repeat(20000) } }));
        await driver.deliver(batch);
        process.exit(0);
      `),
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let text = '';
    for await (const chunk of child.stdout.setEncoding('utf8')) {
      text += chunk as string;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const indexes = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).payload.index);
    expect(indexes).toEqual(Array.from({ length: 100 }, (_, index) => index));
  });
});
