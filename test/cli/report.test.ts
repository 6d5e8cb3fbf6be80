import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LogDriver } from '../../src/drivers/log/index.js';
import { createNotifier } from '../../src/index.js';
import { plain } from '../report/lines.js';
import { uniqueName } from '../support/amqp-probe.js';
import { CliProcess } from '../support/cli-process.js';
import { RabbitFixture, sharedBroker } from '../support/rabbit-fixture.js';

let folder: string;
let log: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidings-report-'));
  log = join(folder, 'notifications.log');
  const context = { operation_id: 'op-1', user_id: '=HYPERLINK("x")' };
  const lines = [
    plain({ type: 'task.run.start', at: 0, context }),
    'not json',
    plain({ type: 'task.run.end', at: 2, context: { ...context, duration_ms: 2_000 } }),
    plain({ type: 'image.\u001b[2Jupdate', at: 3, priority: 'ERROR' }),
  ];
  await writeFile(log, `${lines.join('\n')}\n`);
});
afterAll(() => rm(folder, { recursive: true }));

/** `tidings report …`; `input` is its standard input. */
async function report(args: readonly string[], input: Iterable<string> = [], nodeOptions: readonly string[] = []) {
  const child = spawn(process.execPath, [...nodeOptions, 'dist/esm/cli/main.js', 'report', ...args]);
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const [stdout, stderr] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    // It may end before it has read everything, when the arguments are wrong.
    pipeline(input, child.stdin).catch(() => undefined),
  ]);
  return { code: await exited, stdout, stderr };
}

describe('tidings report', () => {
  it('says what a log tells, as a table', async () => {
    const { code, stdout, stderr } = await report([log, '--sla', 'task.run=1s']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.replaceAll(folder, '').split('\n')).toEqual(
      [
        '3 notifications from 2026-03-01T00:00:00.000Z to 2026-03-01T00:00:03.000Z',
        '1 lines were malformed:',
        '  /notifications.log:2: it is not JSON',
        '',
        'EVENT TYPE                COUNT  PER MIN  ERRORS',
        'image.\\u001b[2Jupdate      1       20       1  100.0%',
        'task.run.end                  1       20',
        'task.run.start                1       20',
        '',
        'OPERATION  ENDED  ERRORS       MIN  MEDIAN     P95     P99     MAX  OPEN  ORPHANED  AMBIGUOUS  SKEWED',
        'task.run       1            2.00 s  2.00 s  2.00 s  2.00 s  2.00 s',
        '',
        'OBJECTIVE    OPERATION  CHECKED  VIOLATIONS           WORST',
        'task.run=1s  task.run         1           1  100.0%  2.00 s',
        '',
        'SLOWEST   DURATION  ENDED AT                  OPERATION ID  REQUEST ID  USER             PROJECT  PUBLISHER',
        'task.run  2.00 s    2026-03-01T00:00:02.000Z  op-1                      =HYPERLINK("x")           image.a',
        '',
        'USER             COUNT  ERRORS  MOST OF ALL',
        '=HYPERLINK("x")      2          task.run.end 1, task.run.start 1',
        '',
      ].map((line) =>
        expect.stringMatching(new RegExp(`^${line.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(/ +/g, ' +')}$`)),
      ),
    );
  });

  it('reads what the log driver writes, from several files, compressed ones too, and standard input', async () => {
    const file = join(folder, 'driver.log');
    const notifier = createNotifier({ drivers: [new LogDriver({ file })] });
    notifier.info('image.create', { id: 'i' });
    notifier.error('image.create', 'failed');
    await notifier.close();
    await writeFile(join(folder, 'old.log.gz'), gzipSync(`${plain({ type: 'image.create', at: 0 })}\n`));
    const input = [plain({ type: 'image.create', at: 0 })];
    const { stdout } = await report([file, join(folder, 'old.log.gz'), '-', '--format', 'json'], input);
    expect(JSON.parse(stdout)).toMatchObject({
      input: { lines: 4, notifications: 4, malformed: 0 },
      events: [{ eventType: 'image.create', count: 4, errors: 1 }],
    });
  });

  it('makes a table for a spreadsheet, without a formula in it', async () => {
    const { stdout } = await report([log, '--format', 'csv', '--by', 'user']);
    const [head = '', ...rows] = stdout.trimEnd().split('\r\n');
    expect(head).toMatch(/^kind,name,group,count,/);
    expect(rows).toContain(`user,"'=HYPERLINK(""x"")",,2,,0,,,,,,,,,,,,,,,`);
    expect(rows.filter((row) => /(^|,)"?[=+@]/.test(row))).toEqual([]);
  });

  it('makes one page', async () => {
    const { stdout } = await report([log, '--format', 'html']);
    expect(stdout).toMatch(/^<!doctype html>/);
    expect(stdout).not.toMatch(/<script|https?:\/\//);
  });

  it('is of the time asked for', async () => {
    const { stdout } = await report([
      log,
      '--format',
      'json',
      '--since',
      '2026-03-01T00:00:02Z',
      '--until',
      '2026-03-01T00:00:03Z',
    ]);
    expect(JSON.parse(stdout).input).toMatchObject({ notifications: 1, outside: 2 });
    expect(JSON.parse((await report([log, '--format', 'json', '--since', '1s'])).stdout).input).toMatchObject({
      outside: 3,
    });
  });

  it('reads a long log in bounded memory (a million lines in the full run)', async () => {
    const count = process.env.TIDINGS_TEST_FULL === '1' ? 1_000_000 : 100_000;
    function* lines() {
      for (let index = 0; index < count; index += 2) {
        const context = { operation_id: `operation ${index}`, user_id: `user ${index % 1_000}` };
        const payload = { id: `image ${index}`, name: 'an image'.repeat(10) };
        yield `${plain({ type: 'image.update.start', at: index / 100, context, payload })}\n`;
        const end = { ...context, duration_ms: index % 1_000 };
        // Every tenth end is missing: the operations stay open.
        if (index % 20 === 0) yield '{"cut":\n';
        else yield `${plain({ type: 'image.update.end', at: index / 100 + 1, context: end, payload })}\n`;
      }
    }
    const { code, stdout, stderr } = await report(['--format', 'json'], lines(), ['--max-old-space-size=96']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { input, operations } = JSON.parse(stdout);
    expect(input).toMatchObject({ lines: count, notifications: count * 0.95, malformed: count * 0.05 });
    expect(operations).toMatchObject([{ operation: 'image.update', ended: count * 0.45, open: count * 0.05 }]);
  }, 120_000);

  it('names the file that cannot be read', async () => {
    const whole = gzipSync(`${plain({ type: 'image.create', at: 0 })}\n`);
    await writeFile(join(folder, 'cut.log.gz'), whole.subarray(0, 40));
    for (const file of ['cut.log.gz', '.']) {
      const { code, stdout, stderr } = await report([join(folder, file)]);
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/^tidings: .* cannot be read: (unexpected end of file|EISDIR.*)\n$/);
    }
  });

  it('ends without a word when nobody reads on', async () => {
    const child = spawn(process.execPath, ['dist/esm/cli/main.js', 'report', log, '--format', 'json']);
    child.stdout.destroy();
    expect(await text(child.stderr)).toBe('');
  });

  it.each([
    [['--format', 'pdf'], 2, /--format is "pdf"; it takes one of table, json, csv, html/],
    [['--by', 'host'], 2, /--by is "host"; it takes one of publisher, project, user/],
    [['--sla', 'task.run'], 2, /--sla is "task.run"/],
    [['--since', 'yesterday'], 2, /--since is "yesterday"/],
    [['--live', 'long'], 2, /--live is "long"/],
    [['--live', '1s', 'file'], 2, /--live takes no files/],
    [['--top', '9999'], 2, /--top is "9999"; it takes a whole number from 0 to 1000/],
    [['no-such-file'], 1, /ENOENT.*no-such-file/],
    [['--from', '1h'], 2, /Unknown option '--from'/],
  ])('%j is answered with what is wrong', async (args, expected, message) => {
    const { code, stderr } = await report(args);
    expect(stderr).toMatch(message);
    expect(code).toBe(expected);
  });
});

describe.skipIf(sharedBroker() === undefined)('tidings report --live', () => {
  const rabbit = new RabbitFixture();

  it('says what a broker is told meanwhile', async () => {
    const [exchange, topic] = [uniqueName('exchange'), uniqueName('topic')];
    const broker = ['--url', rabbit.url, '--exchange', exchange, '--topic', topic];
    const live = new CliProcess(['report', '--live', '60s', '--count', '3', '--format', 'json', ...broker]);
    await live.says(/listening/);
    const notifier = createNotifier({ drivers: [{ name: 'rabbit', url: rabbit.url, exchange }], topics: [topic] });
    for (const fails of [false, true, false]) notifier[fails ? 'error' : 'info']('image.create', { id: 'i' });
    expect(await live.ended).toBe(0);
    expect(JSON.parse(live.lines.join('\n'))).toMatchObject({
      events: [{ eventType: 'image.create', count: 3, errors: 1 }],
    });
    await notifier.close();
  });
});
