import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LogDriver, logSettings } from '../../src/drivers/log/index.js';
import { outgoing } from '../support/outgoing.js';

const file = join(tmpdir(), 'tidings-log-that-is-never-opened.log');

describe('options of the log driver', () => {
  it.each([
    [{ files: 'x' }, 'log.files', 'is not an option; there are name, file, format, logger'],
    [{ name: '' }, 'log.name', 'is ""; it takes a text that is not empty'],
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
    expect(logSettings.map(({ env, option }) => [env, option])).toEqual([['LOG_FILE', 'file']]);
    for (const { option, check } of logSettings) new LogDriver({ [option]: check(file, 'TIDINGS_LOG_FILE') });
    expect(() => logSettings[0]?.check(' ', 'TIDINGS_LOG_FILE')).toThrow('TIDINGS_LOG_FILE is " "; it takes the path');
  });
});
