import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import winston from 'winston';
import DailyRotateFile from 'winston-daily-rotate-file';
// A part of winston, under a name of its own.
import Transport from 'winston-transport';
import { driverFor, file, folder, linesOf, opened, useLogFolder } from '../support/log-folder.js';
import { outgoing } from '../support/outgoing.js';

useLogFolder();

const linesIn = async (path: string) => (await readFile(path, 'utf8')).split('\n').slice(0, -1);

describe('winston transports', () => {
  it('write the same lines as the file does', async () => {
    const transported = join(folder, 'transported.log');
    const batch = Array.from({ length: 200 }, (_, n) => outgoing({ payload: { n, text: 'ü"\n' }, priority: 'WARN' }));
    await (await opened({ file })).deliver(batch);
    const driver = driverFor({ transports: [new winston.transports.File({ filename: transported })] });
    await driver.open();
    await driver.deliver(batch);
    await driver.close();
    await vi.waitFor(async () => expect(await linesOf(transported)).toHaveLength(200), 10_000);
    expect(await linesOf(transported)).toEqual(await linesOf(file));
  });

  it('of winston-daily-rotate-file too', async () => {
    const driver = driverFor({
      transports: [
        new DailyRotateFile({
          dirname: folder,
          filename: 'rotated-%DATE%.log',
          auditFile: join(folder, 'audit.json'),
        }),
      ],
      format: 'oslo',
    });
    await driver.open();
    await driver.deliver(Array.from({ length: 50 }, () => outgoing()));
    await driver.close();
    const [name] = (await readdir(folder)).filter((each) => /^rotated-[\d-]+\.log$/.test(each));
    // Neither of them says when it has written.
    await vi.waitFor(async () => expect(await linesIn(join(folder, name ?? ''))).toHaveLength(50), 10_000);
    const lines = await linesIn(join(folder, name ?? ''));
    expect(lines[0]).toMatch(/ INFO oslo\.messaging\.notification\.image\.update \[-\] \{"message_id":/);
  });

  it('with formats and levels of their own find the fields', async () => {
    const stream = new PassThrough();
    const format = winston.format.printf(({ level, message, logger, payload }) =>
      JSON.stringify([level, message, logger, payload]),
    );
    const transport = new winston.transports.Stream({ stream, format, level: 'warn' });
    const driver = await opened({ transports: [transport] });
    await driver.deliver([outgoing(), outgoing({ priority: 'CRITICAL' })]);
    expect(String(stream.read())).toBe(
      '["error","image.update","oslo.messaging.notification.image.update",{"id":"i-1"}]\n',
    );
  });

  it('that fail are told, and harm neither the others nor the process', async () => {
    const said: string[] = [];
    class Failing extends Transport {
      override log(_info: unknown, next: () => void): void {
        this.emit('error', new Error('no such host'));
        next();
      }
    }
    const failing = new Failing();
    const driver = driverFor({ transports: [failing, new winston.transports.File({ filename: file })] });
    await driver.open({ warn: (line) => void said.push(line), unavailable() {}, degraded() {} });
    await driver.deliver([outgoing(), outgoing()]);
    expect(said[0]).toBe('a transport of log.transports failed: no such host');
    await vi.waitFor(async () => expect(await linesIn(file)).toHaveLength(2), 10_000);
  });

  it('that do not take a line get it again, and only they', async () => {
    let isBusy = true;
    const taken: string[] = [];
    class Fragile extends Transport {
      override log(info: { message: string }, next: (error?: Error) => void): void {
        if (!isBusy) taken.push(info.message);
        next(isBusy ? new Error('busy') : undefined);
      }
    }
    const driver = driverFor({ transports: [new Fragile(), new winston.transports.File({ filename: file })] });
    await driver.open();
    const batch = [outgoing({ eventType: 'a.one' }), outgoing({ eventType: 'a.two' })];
    await expect(driver.deliver(batch)).rejects.toMatchObject({
      code: 'DELIVERY_FAILED',
      message: 'a transport of log.transports failed: busy',
    });
    isBusy = false;
    await driver.deliver(batch);
    expect(taken).toEqual(['a.one', 'a.two']);
    await vi.waitFor(async () => expect(await linesIn(file)).toHaveLength(2), 10_000);
  });

  it('that were ended take no more', async () => {
    const transport = new winston.transports.Stream({ stream: new PassThrough() });
    transport.end();
    await expect(driverFor({ transports: [transport] }).open()).rejects.toMatchObject({
      code: 'DELIVERY_FAILED',
      message: expect.stringContaining('was ended'),
    });
  });
});

describe('the format oslo', () => {
  it('is the line of OpenStack services, with the JSON object at its end', async () => {
    const driver = await opened({ file, format: 'oslo' });
    const context = { request_id: 'req-1', user_id: 'u-1', project_id: 'p-1' };
    const messages = [
      outgoing({ context }),
      outgoing({ priority: 'WARN', context: { request_id: 'a\nb' } }),
      outgoing({ priority: 'SAMPLE' }),
    ];
    await driver.deliver(messages);
    const logger = 'oslo.messaging.notification.image.update';
    const time = `2026-11-20 07:18:08.114 ${process.pid}`;
    expect((await readFile(file, 'utf8')).split('\n')).toEqual([
      `${time} INFO ${logger} [req-1 u-1 p-1 - - -] ${messages[0]?.body}`,
      `${time} WARNING ${logger} [a\\u000ab - - - - -] ${messages[1]?.body}`,
      `${time} INFO ${logger} [-] ${messages[2]?.body}`,
      '',
    ]);
  });
});
