import { existsSync } from 'node:fs';
import { appendFile, readdir, readFile, readlink, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LogDriver } from '../../src/drivers/log/index.js';
import { PRIORITIES } from '../../src/notification/priority.js';
import { file, folder, linesOf, opened, useLogFolder } from '../support/log-folder.js';
import { outgoing } from '../support/outgoing.js';

useLogFolder();

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

  it('takes readable lines of any context, and refuses what no line can be made of', async () => {
    const driver = await opened({ file, format: 'pretty' });
    const context = { operation_id: 1234567890 as never };
    expect(await driver.deliver([outgoing({ context })])).toBeUndefined();
    expect(await readFile(file, 'utf8')).toContain('  op 12345678\n');
    const broken = outgoing({ timestamp: 5 as never });
    const outcomes = driver.deliver([outgoing(), broken, outgoing()]);
    expect(await outcomes).toEqual([undefined, expect.objectContaining({ code: 'DELIVERY_REFUSED' }), undefined]);
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
