import { PassThrough, type Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import winston from 'winston';
import { LogDriver } from '../../src/drivers/log/index.js';
import { outgoing } from '../support/outgoing.js';

function capture(): { stream: Writable; lines: () => Record<string, unknown>[] } {
  const stream = new PassThrough();
  const lines = () =>
    // One read may give one chunk or all of them: that differs by the version of Node.
    [...readAll(stream)]
      .join('')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { stream, lines };
}

function* readAll(stream: PassThrough): Generator<string> {
  for (let chunk = stream.read(); chunk !== null; chunk = stream.read()) yield String(chunk);
}

describe('an injected winston logger', () => {
  it('gets the event type, the fields and the logger name', async () => {
    const { stream, lines } = capture();
    const logger = winston.createLogger({ transports: [new winston.transports.Stream({ stream })] });
    const driver = new LogDriver({ logger });
    await driver.open();
    const message = outgoing({ priority: 'ERROR', payload: 'no %s space', context: { user_id: 'u-1' } });
    await driver.deliver([message]);
    expect(lines()).toEqual([
      {
        level: 'error',
        message: 'image.update',
        logger: 'oslo.messaging.notification.image.update',
        message_id: message.notification.messageId,
        publisher_id: 'image.host-1',
        event_type: 'image.update',
        priority: 'ERROR',
        timestamp: '2026-11-20T07:18:08.114Z',
        payload: 'no %s space',
        context: { user_id: 'u-1' },
      },
    ]);
  });

  it('filters by its own level, formats as it likes, and stays open', async () => {
    const { stream, lines } = capture();
    const shout = winston.format((info) => {
      (info.payload as { id: string }).id = 'changed';
      return info;
    });
    const logger = winston.createLogger({
      level: 'warn',
      format: winston.format.combine(shout(), winston.format.json()),
      transports: [new winston.transports.Stream({ stream })],
    });
    const driver = new LogDriver({ logger });
    await driver.open();
    const warning = outgoing({ priority: 'WARN' });
    await driver.deliver([outgoing({ priority: 'DEBUG' }), outgoing(), warning]);
    expect(lines()).toMatchObject([{ level: 'warn', payload: { id: 'changed' } }]);
    expect(warning.notification.payload).toEqual({ id: 'i-1' });
    await driver.close();
    logger.warn('still here', { payload: { id: '' } });
    expect(lines()).toMatchObject([{ message: 'still here' }]);
  });

  it('with the levels of syslog is told warnings in its own word', async () => {
    const { stream, lines } = capture();
    const logger = winston.createLogger({
      levels: winston.config.syslog.levels,
      level: 'debug',
      transports: [new winston.transports.Stream({ stream })],
    });
    const driver = new LogDriver({ logger });
    await driver.deliver([outgoing({ priority: 'WARN' }), outgoing({ priority: 'CRITICAL' })]);
    expect(lines().map(({ level }) => level)).toEqual(['warning', 'error']);
  });

  it('that is slow is not filled beyond its buffer', async () => {
    const waiting: (() => void)[] = [];
    let taken = 0;
    const transport = new winston.transports.Stream({ stream: new PassThrough() });
    transport.log = (_info: unknown, next: () => void) => {
      taken += 1;
      waiting.push(next);
    };
    const logger = winston.createLogger({ transports: [transport] });
    const driver = new LogDriver({ logger });
    let done = false;
    const delivery = driver.deliver(Array.from({ length: 100 }, () => outgoing())).then(() => {
      done = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(done).toBe(false);
    expect(logger.writableLength).toBeLessThanOrEqual(logger.writableHighWaterMark);
    const pump = setInterval(() => {
      for (const next of waiting.splice(0)) next();
    }, 1);
    await delivery;
    while (taken < 100) await new Promise((resolve) => setTimeout(resolve, 5));
    clearInterval(pump);
    expect(taken).toBe(100);
  });

  it('that was ended, or throws, fails the delivery and nothing else', async () => {
    const ended = winston.createLogger({ transports: [new winston.transports.Stream({ stream: new PassThrough() })] });
    ended.end();
    await expect(new LogDriver({ logger: ended }).open()).rejects.toThrow('was ended');
    await expect(new LogDriver({ logger: ended }).deliver([outgoing()])).rejects.toThrow('was ended');

    const calls: string[] = [];
    const picky = new LogDriver({
      logger: {
        log(level: string) {
          calls.push(level);
          if (level === 'warn') throw new Error('not today');
        },
      },
    });
    const outcomes = await picky.deliver([outgoing(), outgoing({ priority: 'WARN' }), outgoing()]);
    expect(calls).toEqual(['info', 'warn', 'info']);
    expect(outcomes).toEqual([
      undefined,
      expect.objectContaining({ code: 'DELIVERY_FAILED', message: 'the injected winston logger failed: not today' }),
      undefined,
    ]);
  });
});
