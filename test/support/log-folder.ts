import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { LogDriver } from '../../src/drivers/log/index.js';

export let folder: string;
/** The log file of a test, in a folder of its own. */
export let file: string;
const drivers: LogDriver[] = [];

/** Gives each test of a file a new folder, and closes the drivers that it opened. */
export function useLogFolder(): void {
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tidings-log-'));
    file = join(folder, 'notifications.log');
  });

  afterEach(async () => {
    for (const driver of drivers.splice(0)) await driver.close();
    await rm(folder, { recursive: true });
  });
}

export function driverFor(options: ConstructorParameters<typeof LogDriver>[0]): LogDriver {
  const driver = new LogDriver(options);
  drivers.push(driver);
  return driver;
}

export async function opened(options: ConstructorParameters<typeof LogDriver>[0]): Promise<LogDriver> {
  const driver = driverFor(options);
  await driver.open();
  return driver;
}

export async function linesOf(path: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(path, 'utf8');
  // One that was moved before anything was written to it.
  if (text === '') return [];
  expect(text.endsWith('\n')).toBe(true);
  return text
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
