import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import winston from 'winston';
import { LogDriver } from '../../src/drivers/log/index.js';
import { logSettings } from '../../src/drivers/log/settings.js';
import { createNotifier } from '../../src/setup/create-notifier.js';
import { outgoing } from '../support/outgoing.js';

const file = join(tmpdir(), 'tidings-log-that-is-never-opened.log');

describe('options of the log driver', () => {
  it.each([
    [{ files: 'x' }, 'log.files', 'is not an option; there are name, file, format, maxBytes,'],
    [{ name: '' }, 'log.name', 'is ""; it takes a text that is not empty'],
    [{ file: '' }, 'log.file', 'is ""; it takes the path of a file'],
    [{ file: 7 }, 'log.file', 'is 7; it takes the path of a file'],
    [{ file: 'a\0b' }, 'log.file', 'it takes the path of a file'],
    [{ format: 'xml' }, 'log.format', 'is "xml"; it takes one of json, pretty, oslo'],
    [{ file, maxBytes: 10 }, 'log.maxBytes', 'is 10; it takes a number of bytes from 1024 to'],
    [{ file, rotate: 'weekly' }, 'log.rotate', 'is "weekly"; it takes one of daily, hourly'],
    [{ file, maxBytes: '1MiB', maxFiles: 0 }, 'log.maxFiles', 'is 0; it takes a whole number from 1 to 10000'],
    [{ file, maxFiles: 3 }, 'log.maxFiles', 'does nothing without log.maxBytes (TIDINGS_LOG_MAX_BYTES) or log.rotate'],
    [{ maxBytes: '1MiB' }, 'log.maxBytes', 'does nothing without log.file (TIDINGS_LOG_FILE)'],
    [{ rotate: 'daily' }, 'log.rotate', 'does nothing without log.file (TIDINGS_LOG_FILE)'],
    [{ transports: [] }, 'log.transports', 'it takes an array of winston transports, at least one'],
    [{ transports: [{}] }, 'log.transports', 'it takes an array of winston transports'],
    [
      { transports: [new winston.transports.Console()], logger: console },
      'log.transports',
      'do nothing together with log.logger',
    ],
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

  it('name the driver, to tell two of them apart', () => {
    expect(new LogDriver().name).toBe('log');
    expect(new LogDriver({ name: 'audit-log', file }).name).toBe('audit-log');
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
    const values: Record<string, string> = {
      LOG_FILE: file,
      LOG_FORMAT: 'oslo',
      LOG_MAX_BYTES: '100MiB',
      LOG_ROTATE: 'daily',
      LOG_MAX_FILES: '7',
    };
    expect(logSettings.map(({ env }) => env)).toEqual(Object.keys(values));
    const options = logSettings.map(({ env, option, check }) => [option, check(values[env], `TIDINGS_${env}`)]);
    expect(() => new LogDriver(Object.fromEntries(options))).not.toThrow();
    for (const { env, check } of logSettings) {
      expect(() => check(' ', `TIDINGS_${env}`)).toThrow(new RegExp(`^TIDINGS_${env} is " "; it takes `));
    }
  });

  it('have a logger and transports in code win over what the environment says of files', async () => {
    const environment = { TIDINGS_LOG_FILE: file, TIDINGS_LOG_MAX_BYTES: '1MiB', TIDINGS_LOG_FORMAT: 'oslo' };
    const transport = new winston.transports.Stream({ stream: new PassThrough() });
    for (const options of [{ logger: { log() {} } }, { transports: [transport] }]) {
      const notifier = createNotifier({ drivers: [{ name: 'log', ...options }] }, environment);
      notifier.info('a.b');
      expect(await notifier.close()).toEqual({ drained: true, undelivered: 0 });
    }
    expect(existsSync(file)).toBe(false);
    expect(() => createNotifier({ drivers: 'log' }, { TIDINGS_LOG_MAX_BYTES: '1MiB' })).toThrow(
      'log.maxBytes does nothing without log.file (TIDINGS_LOG_FILE)',
    );
  });
});
