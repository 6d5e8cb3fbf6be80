import { existsSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, readdir, readFile, readlink, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LogDriver, logSettings } from '../../src/drivers/log/index.js';
import { PRIORITIES } from '../../src/notification/priority.js';
import { outgoing } from '../support/outgoing.js';

let folder: string;
let file: string;
const drivers: LogDriver[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidings-log-'));
  file = join(folder, 'notifications.log');
});

afterEach(async () => {
  for (const driver of drivers.splice(0)) await driver.close();
  await rm(folder, { recursive: true });
});

async function opened(options: ConstructorParameters<typeof LogDriver>[0]): Promise<LogDriver> {
  const driver = new LogDriver(options);
  drivers.push(driver);
  await driver.open();
  return driver;
}

async function linesOf(path: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(path, 'utf8');
  expect(text.endsWith('\n')).toBe(true);
  return text
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('a log file', () => {
  it('holds the fields of the plain format, the level and the logger name, one object a line', async () => {
    const driver = await opened({ file });
    const message = outgoing({ payload: { name: 'tea\nhouse' }, context: { request_id: 'req-1' } });
    await driver.deliver([message]);
    expect(await linesOf(file)).toEqual([
      {
        level: 'info',
        logger: 'oslo.messaging.notification.image.update',
        message_id: message.notification.messageId,
        publisher_id: 'image.host-1',
        event_type: 'image.update',
        priority: 'INFO',
        timestamp: '2026-11-20T07:18:08.114Z',
        payload: { name: 'tea\nhouse' },
        context: { request_id: 'req-1' },
      },
    ]);
  });

  it('has every priority, the quiet ones too, each under its level', async () => {
    const driver = await opened({ file });
    await driver.deliver(PRIORITIES.map((priority) => outgoing({ priority })));
    const levels = (await linesOf(file)).map(({ priority, level }) => [priority, level]);
    expect(Object.fromEntries(levels)).toEqual({
      AUDIT: 'info',
      DEBUG: 'debug',
      INFO: 'info',
      WARN: 'warn',
      ERROR: 'error',
      CRITICAL: 'error',
      SAMPLE: 'info',
    });
  });

  it('takes a body in another wire format as it is', async () => {
    const driver = await opened({ file });
    await driver.deliver([
      { ...outgoing(), body: '{"specversion":"1.0"}' },
      { ...outgoing(), body: '{}' },
    ]);
    const logged = { level: 'info', logger: 'oslo.messaging.notification.image.update' };
    expect(await linesOf(file)).toEqual([{ ...logged, specversion: '1.0' }, logged]);
  });

  it('can hold readable lines instead', async () => {
    const driver = await opened({ file, format: 'pretty' });
    await driver.deliver([outgoing({ priority: 'WARN', context: { operation_id: '2f1c9e44-aaaa' } })]);
    expect(await readFile(file, 'utf8')).toBe(
      '07:18:08.114Z WARN     image.update  image.host-1  {"id":"i-1"}  op 2f1c9e44\n',
    );
  });

  it('is created with its directories, and appended to when it is there', async () => {
    const deep = join(folder, 'a', 'b', 'notifications.log');
    await (await opened({ file: deep })).deliver([outgoing()]);
    await (await opened({ file: deep })).deliver([outgoing()]);
    expect(await linesOf(deep)).toHaveLength(2);
  });

  it('has every line when the delivery resolves, in order, however many and large', async () => {
    const driver = await opened({ file });
    const batches = [0, 1, 2, 3].map((batch) =>
      Array.from({ length: 100 }, (_, index) => outgoing({ payload: { batch, index, filler: 'x'.repeat(20_000) } })),
    );
    await Promise.all(batches.map((batch) => driver.deliver(batch)));
    const ids = (await linesOf(file)).map((line) => line.message_id);
    expect(ids).toEqual(batches.flat().map(({ notification }) => notification.messageId));
  });

  it('is shared by several drivers without broken lines', async () => {
    const shared = await Promise.all([1, 2, 3].map(() => opened({ file })));
    const batch = () => Array.from({ length: 50 }, () => outgoing({ payload: 'y'.repeat(9_000) }));
    await Promise.all(shared.map((driver) => driver.deliver(batch())));
    expect(await linesOf(file)).toHaveLength(150);
  });

  it('keeps a line that a crash left half apart from the next one', async () => {
    await writeFile(file, '{"whole":1}\n{"half":');
    await (await opened({ file })).deliver([outgoing()]);
    const lines = (await readFile(file, 'utf8')).split('\n');
    expect(lines.slice(0, 2)).toEqual(['{"whole":1}', '{"half":']);
    expect(JSON.parse(lines[2] ?? '')).toMatchObject({ event_type: 'image.update' });
  });

  it('is created anew after a log rotation has moved it or it was deleted', async () => {
    const driver = await opened({ file });
    await driver.deliver([outgoing({ payload: 1 })]);
    await rename(file, `${file}.1`);
    await driver.deliver([outgoing({ payload: 2 })]);
    expect((await linesOf(`${file}.1`)).map(({ payload }) => payload)).toEqual([1]);
    expect((await linesOf(file)).map(({ payload }) => payload)).toEqual([2]);
    await rm(file);
    await driver.deliver([outgoing({ payload: 3 })]);
    expect((await linesOf(file)).map(({ payload }) => payload)).toEqual([3]);
  });

  it('loses nothing when it is rotated between deliveries that run at the same time', async () => {
    const driver = await opened({ file });
    const sent: Promise<unknown>[] = [];
    for (let round = 0; round < 20; round += 1) {
      sent.push(driver.deliver([outgoing(), outgoing()]), driver.deliver([outgoing()]));
      if (round % 5 === 0 && existsSync(file)) await rename(file, `${file}.${round}`);
    }
    await Promise.all(sent);
    await driver.close();
    const paths = [file, ...[0, 5, 10, 15].map((round) => `${file}.${round}`)].filter((path) => existsSync(path));
    expect(paths.length).toBeGreaterThan(1);
    const ids = (await Promise.all(paths.map(linesOf))).flat().map((line) => line.message_id);
    expect(new Set(ids).size).toBe(60);
    expect(ids).toHaveLength(60);
  });

  it.skipIf(!existsSync('/proc/self/fd'))(
    'is open once, whoever opens it at the same time, and not after closing',
    async () => {
      const descriptors = async () => {
        const links = (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ''));
        return (await Promise.all(links)).filter((path) => path.startsWith(file)).length;
      };
      const driver = new LogDriver({ file });
      await Promise.all([driver.open(), driver.open(), driver.deliver([outgoing()])]);
      expect(await descriptors()).toBe(1);
      await rename(file, `${file}.1`);
      await Promise.all([driver.deliver([outgoing()]), driver.deliver([outgoing()])]);
      await driver.close();
      expect(await descriptors()).toBe(0);
    },
  );

  it('that cannot be written is told at opening, and opening works once the cause is gone', async () => {
    await writeFile(join(folder, 'occupied'), '');
    const driver = new LogDriver({ file: join(folder, 'occupied', 'notifications.log') });
    drivers.push(driver);
    await expect(driver.open()).rejects.toMatchObject({
      code: 'DELIVERY_FAILED',
      message: expect.stringMatching(
        /cannot write to the log file .*notifications\.log: E(EXIST|NOTDIR).*TIDINGS_LOG_FILE/,
      ),
    });
    await rm(join(folder, 'occupied'));
    await driver.open();
    await driver.deliver([outgoing()]);
    expect(await linesOf(join(folder, 'occupied', 'notifications.log'))).toHaveLength(1);
  });

  it('that is a directory is told at opening', async () => {
    await mkdir(file);
    await expect(new LogDriver({ file }).open()).rejects.toThrow(/EISDIR/);
  });

  it('is opened again by a delivery that finds it closed by a failed write', async () => {
    const driver = await opened({ file });
    await rm(folder, { recursive: true });
    await writeFile(folder, 'a file where the folder was');
    await expect(driver.deliver([outgoing()])).rejects.toMatchObject({ code: 'DELIVERY_FAILED' });
    await rm(folder);
    await driver.deliver([outgoing()]);
    expect(await linesOf(file)).toHaveLength(1);
  });

  it.skipIf(!existsSync('/dev/full'))('on a full disk rejects the delivery and takes it again later', async () => {
    const driver = await opened({ file: '/dev/full' });
    for (const attempt of [1, 2, 3]) {
      const batch = [{ ...outgoing(), attempt }, outgoing()];
      await expect(driver.deliver(batch)).rejects.toMatchObject({
        code: 'DELIVERY_FAILED',
        message: expect.stringContaining('ENOSPC'),
      });
    }
    await driver.close();
  });

  it('may be closed before it was opened, and twice', async () => {
    const driver = new LogDriver({ file });
    await driver.close();
    await driver.close();
    expect(existsSync(file)).toBe(false);
  });

  it('is left alone by what others append', async () => {
    const driver = await opened({ file });
    await appendFile(file, '{"other":1}\n');
    await driver.deliver([outgoing()]);
    expect(await linesOf(file)).toHaveLength(2);
  });
});

describe('options of the log driver', () => {
  it.each([
    [{ files: 'x' }, 'log.files', 'is not an option; there are file, format, logger'],
    [{ file: '' }, 'log.file', 'is ""; it takes the path of a file'],
    [{ file: 7 }, 'log.file', 'is 7; it takes the path of a file'],
    [{ file: 'a\0b' }, 'log.file', 'it takes the path of a file'],
    [{ format: 'xml' }, 'log.format', 'is "xml"; it takes one of json, pretty'],
    [{ logger: {} }, 'log.logger', 'it takes a winston logger'],
    [{ logger: null }, 'log.logger', 'is null; it takes a winston logger'],
    [{ logger: console, format: 'json' }, 'log.format', 'together with log.logger'],
  ])('case %# is refused', (options, setting, problem) => {
    const error = expect.objectContaining({
      code: 'CONFIGURATION',
      setting,
      message: expect.stringContaining(problem),
    });
    expect(() => new LogDriver(options as never)).toThrow(error);
  });

  it('take undefined as unset', () => {
    expect(() => new LogDriver({ file: undefined, format: undefined, logger: undefined })).not.toThrow();
  });

  it('have a logger win over a file, which the environment may have set', async () => {
    const driver = new LogDriver({ file, logger: { log() {} } });
    await driver.open();
    await driver.deliver([outgoing()]);
    expect(existsSync(file)).toBe(false);
  });

  it('can be set by the environment as the table says', () => {
    expect(logSettings.map(({ env, option }) => [env, option])).toEqual([['LOG_FILE', 'file']]);
    for (const { option, check } of logSettings) new LogDriver({ [option]: check(file, 'TIDINGS_LOG_FILE') });
    expect(() => logSettings[0]?.check(' ', 'TIDINGS_LOG_FILE')).toThrow('TIDINGS_LOG_FILE is " "; it takes the path');
  });
});
