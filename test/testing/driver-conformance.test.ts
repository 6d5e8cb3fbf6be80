import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { MemoryDriver } from '../../src/drivers/memory.js';
import type { Driver, OutgoingMessage } from '../../src/index.js';
import { type DriverHarness, describeDriverConformance, type TestRunner } from '../../src/testing/index.js';

interface Collected {
  readonly tests: Map<string, () => Promise<void>>;
  readonly skipped: string[];
  readonly runner: TestRunner;
}

/** A runner that only collects. */
function collect(): Collected {
  const tests = new Map<string, () => Promise<void>>();
  const skipped: string[] = [];
  const add = (name: string, test: () => Promise<void>) => void tests.set(name, test);
  const it = Object.assign(add, { skip: (name: string) => void skipped.push(name) });
  return { tests, skipped, runner: { describe: (_, body) => body(), it } };
}

/** The names of the tests that a driver fails; `change`: what is wrong with it. */
async function failures(change: (driver: MemoryDriver) => Partial<Driver>): Promise<string[]> {
  const { tests, runner } = collect();
  const start = async (): Promise<DriverHarness> => {
    const memory = new MemoryDriver();
    const driver = Object.assign(Object.create(memory) as Driver, change(memory));
    return {
      driver,
      consumed: async (count) => {
        if (memory.notifications.length < count) throw new Error(`${memory.notifications.length} of ${count}`);
        return memory.notifications;
      },
    };
  };
  describeDriverConformance('broken', start, { runner, skip: { outage: 'in memory' } });
  const failed: string[] = [];
  for (const [name, test] of tests) await test().catch(() => failed.push(name));
  return failed;
}

describe('the conformance suite', () => {
  it('passes a good driver', async () => {
    expect(await failures((memory) => ({ deliver: (batch) => memory.deliver(batch) }))).toEqual([]);
  });

  it.each<[string, string, (memory: MemoryDriver) => Partial<Driver>]>([
    ['confirms what it throws away', 'says "delivered" only', () => ({ deliver: async () => {} })],
    [
      'repeats',
      'loses nothing and repeats nothing',
      (memory) => ({ deliver: async (batch) => memory.deliver([...batch, ...batch.slice(0, 1)]) }),
    ],
    [
      'turns batches around',
      'keeps the order',
      (memory) => ({ deliver: async (batch) => memory.deliver([...batch].reverse()) }),
    ],
    [
      'changes payloads',
      'carries any payload',
      (memory) => ({
        deliver: async (batch) => memory.deliver(batch.map((message) => changed(message))),
      }),
    ],
    ['has no name', 'has a name', (memory) => ({ name: '', deliver: (batch) => memory.deliver(batch) })],
    [
      'cannot be opened twice',
      'opens as often',
      (memory) => {
        let opened = 0;
        return {
          deliver: (batch) => memory.deliver(batch),
          open: async () => {
            opened += 1;
            if (opened > 1) throw new Error('again');
          },
        };
      },
    ],
  ])('fails a driver that %s', async (_, name, change) => {
    expect((await failures(change)).join('\n')).toContain(name);
  });

  it('fails without an outage, unless it is skipped with a reason', async () => {
    const { tests, runner } = collect();
    const driver = new MemoryDriver();
    describeDriverConformance('memory', async () => ({ driver, consumed: async () => [] }), { runner });
    const outage = [...tests].find(([name]) => name.includes('outage'))?.[1];
    await expect(outage?.()).rejects.toThrow('the harness has no outage; give one, or say in skip.outage why not');
  });

  it('shows every skip with its reason, and takes none without', () => {
    const { skipped, runner } = collect();
    const start = async () => ({ driver: new MemoryDriver(), consumed: async () => [] });
    describeDriverConformance('memory', start, { runner, skip: { order: 'it has many arms', large: 'it is small' } });
    expect(skipped).toEqual([
      'keeps the order while nothing is retried (skipped, order: it has many arms)',
      'carries a text of 500000 bytes unchanged (skipped, large: it is small)',
    ]);
    expect(() => describeDriverConformance('m', start, { runner, skip: { order: ' ' } })).toThrow('has no reason');
    expect(() => describeDriverConformance('m', start, { runner, skip: { speed: 'x' } as never })).toThrow(
      'skip.speed is no feature; there are attributes, order, payloads, large, outage',
    );
  });

  it('asks for a runner where there is no global one', () => {
    const start = async () => ({ driver: new MemoryDriver(), consumed: async () => [] });
    expect(() => describeDriverConformance('memory', start)).toThrow(/no global describe and it/);
  });
});

function changed(message: OutgoingMessage): OutgoingMessage {
  const { payload } = message.notification;
  return { ...message, notification: { ...message.notification, payload: { was: payload } } };
}

describe('tidings/testing', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  mkdirSync(join(root, 'build'), { recursive: true });
  const folder = mkdtempSync(join(root, 'build', 'testing-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('runs under node:test, from CommonJS too', async () => {
    const file = join(folder, 'memory.test.cjs');
    writeFileSync(
      file,
      `const { describe, it } = require('node:test');
       const { MemoryDriver } = require('tidings/drivers/memory');
       const { describeDriverConformance } = require('tidings/testing');
       describeDriverConformance('memory', async () => {
         const driver = new MemoryDriver();
         return { driver, consumed: async () => driver.notifications };
       }, { runner: { describe, it }, skip: { outage: 'in memory' } });`,
    );
    const { PATH } = process.env;
    const { stdout } = await promisify(execFile)(process.execPath, ['--test', '--test-reporter=tap', file], {
      cwd: folder,
      env: { PATH },
    });
    expect(stdout).toMatch(/^# pass [0-9]$/m);
    expect(stdout).toMatch(/^# skipped 1$/m);
    expect(stdout).toMatch(/^# fail 0$/m);
  });
});
