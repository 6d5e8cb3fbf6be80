import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OPERATIONS } from '../../src/delivery/spool/keys.js';
import { loadLevel } from '../../src/delivery/spool/level.js';
import { decodeOperation } from '../../src/delivery/spool/record-format.js';
import { Store } from '../../src/delivery/spool/store.js';
import { Operation } from '../../src/notification/operation.js';
import type { Notifier } from '../../src/notifier/notifier.js';
import { accountOf } from '../support/accounting.js';
import { ScriptedDriver } from '../support/scripted-driver.js';
import { deadDriver, eventually, instances, SpoolProcess, spooled, spoolFolder } from '../support/spool.js';

/** Begins an operation as an instrumented method does. */
function begin(notifier: Notifier, type: string, operation = new Operation(undefined)) {
  const start = notifier.tell(`${type}.start`, 'INFO', {}, undefined, undefined, operation);
  const open = notifier.openOperation(start, `${type}.error`);
  const end = () => {
    notifier.tell(`${type}.end`, 'INFO', {}, undefined, undefined, operation, 1);
    if (open !== undefined) notifier.closeOperation(open);
  };
  return { start, open, end, operation };
}

const told = (driver: ScriptedDriver) =>
  driver.batches.flatMap(({ messages }) => messages.map(({ notification }) => notification));

/** A process that begins some operations with a context, ends one of them, and dies. */
async function die(spoolDir: string, driver: 'recording' | 'dead') {
  const log = join(dirname(spoolDir), 'log');
  const child = new SpoolProcess(
    spoolDir,
    log,
    `import { Operation } from ${JSON.stringify(new URL('../../dist/esm/notification/operation.js', import.meta.url).href)};
     const n = createNotifier(options(${driver}));
     await n.flush({ timeoutMs: 100 });
     const begin = (type, context) => {
       const operation = new Operation(undefined);
       const start = n.tell(type + '.start', 'INFO', {}, { context, topics: ['special'] }, undefined, operation);
       return { operation, start, open: n.openOperation(start, type + '.error') };
     };
     const cut = begin('task.run', { request_id: 'req-1' });
     const whole = begin('task.other');
     n.tell('task.other.end', 'INFO', {}, undefined, undefined, whole.operation, 1);
     n.closeOperation(whole.open);
     await Promise.all([cut.start.durable(), whole.start.durable()]);
     await n.info('e.last').durable();
     // Delivered may be sooner than written.
     await n.flush({ timeoutMs: 100 });
     await new Promise((resolve) => setTimeout(resolve, 200));
     say({ operation: cut.operation.id });
     setInterval(() => {}, 1000);`,
  );
  const operation = (await child.until('operation')) as string;
  await child.kill();
  return { operation, log };
}

describe('an operation that is open when its process dies', () => {
  it('is closed by an error with its operation id, context, topics and publisher; one that has ended is not', async () => {
    const spoolDir = spoolFolder();
    const { operation } = await die(spoolDir, 'dead');
    const driver = new ScriptedDriver({ batchSize: 10 });
    const before = Date.now();
    const { notifier } = spooled(spoolDir, driver, { publisherId: 'other.host' });
    await notifier.flush();
    expect(driver.delivered).toEqual([
      'task.run.start',
      'task.other.start',
      'task.other.end',
      'e.last',
      'task.run.error',
    ]);
    const error = told(driver).at(-1);
    expect(error).toMatchObject({
      eventType: 'task.run.error',
      priority: 'ERROR',
      publisherId: 'test.host',
      payload: 'the process ended before the operation did',
      context: { operation_id: operation, request_id: 'req-1' },
    });
    expect(Date.parse(error?.timestamp ?? '')).toBeGreaterThanOrEqual(before);
    expect(driver.batches.flatMap(({ messages }) => messages).at(-1)?.topics).toEqual(['special']);
    expect(accountOf(notifier)).toMatchObject({ recovered: 5, delivered: 5 });
    expect(notifier.stats().spool).toMatchObject({ orphans: 1 });
    // Once.
    await notifier.close();
    expect(instances(spoolDir)).toEqual([]);
  });

  it('is closed also when its start was delivered long ago', async () => {
    const spoolDir = spoolFolder();
    const { operation } = await die(spoolDir, 'recording');
    const driver = new ScriptedDriver();
    await spooled(spoolDir, driver).notifier.flush();
    expect(told(driver).at(-1)).toMatchObject({ eventType: 'task.run.error', context: { operation_id: operation } });
  });

  it('is closed also when the process ends by itself, in the moment that it begins; one that has just ended is not', async () => {
    const spoolDir = spoolFolder();
    const log = join(dirname(spoolDir), 'log');
    const child = new SpoolProcess(
      spoolDir,
      log,
      `import { Operation } from ${JSON.stringify(new URL('../../dist/esm/notification/operation.js', import.meta.url).href)};
       const n = createNotifier(options(dead));
       await n.flush({ timeoutMs: 100 });
       const begin = (type) => n.openOperation(n.tell(type + '.start', 'INFO', {}, undefined, undefined, new Operation(undefined)), type + '.error');
       const [ended, open] = [begin('task.ended'), begin('task.open')];
       await n.info('e.one').durable();
       await new Promise((resolve) => setTimeout(resolve, 200));
       begin('task.late');
       n.closeOperation(ended);
       process.exit(0);`,
    );
    await child.end();
    const driver = new ScriptedDriver({ batchSize: 10 });
    const { notifier } = spooled(spoolDir, driver);
    await notifier.flush();
    expect(driver.delivered.filter((type) => type.endsWith('.error')).sort()).toEqual([
      'task.late.error',
      'task.open.error',
    ]);
    expect(notifier.stats().spool).toMatchObject({ orphans: 2 });
  });

  it('is not told of where the operator has turned it off', async () => {
    const spoolDir = spoolFolder();
    await die(spoolDir, 'dead');
    const driver = new ScriptedDriver();
    const { notifier } = spooled(spoolDir, driver, { disabledNotifications: 'task.run.error' });
    await notifier.flush();
    expect(driver.delivered).not.toContain('task.run.error');
    expect(notifier.stats().spool).toMatchObject({ orphans: 0, takenOver: 1 });
  });
});

describe('an operation', () => {
  it('costs nothing without a spool, and is none where its start was not accepted', async () => {
    const { notifier } = spooled(spoolFolder(), deadDriver(), { disabledNotifications: 'task.off' });
    expect(begin(notifier, 'task.on').open).toBeDefined();
    expect(begin(notifier, 'task.off').open).toBeUndefined();
    const { createNotifier } = await import('../../src/index.js');
    const without = createNotifier({ drivers: [deadDriver()], reporter: { warn() {}, info() {} } });
    expect(begin(without, 'task.on').open).toBeUndefined();
    await without.close({ timeoutMs: 1 });
  });

  it('that ends is on disk no longer, whatever became of its end', async () => {
    const spoolDir = spoolFolder();
    const { notifier } = spooled(spoolDir, new ScriptedDriver({ batchSize: 10 }));
    await notifier.flush();
    const operations = Array.from({ length: 30 }, () => begin(notifier, 'task.run'));
    await notifier.flush();
    for (const { open } of operations) if (open !== undefined) notifier.closeOperation(open);
    await notifier.flush();
    await notifier.close();
    expect(instances(spoolDir)).toEqual([]);
  });

  it('that outlives its notifier in a living process is not cut off', async () => {
    const spoolDir = spoolFolder();
    const first = spooled(spoolDir, new ScriptedDriver()).notifier;
    await first.flush();
    const [ended, going] = [begin(first, 'task.ended'), begin(first, 'task.going')];
    await first.info('e.one').durable();
    await first.close();
    ended.end();
    const driver = new ScriptedDriver();
    const second = spooled(spoolDir, driver).notifier;
    await second.flush();
    expect(driver.delivered).toEqual([]);
    expect(second.stats().spool).toMatchObject({ orphans: 0, takenOver: 1 });
    going.end();
    await second.close();
    expect(instances(spoolDir)).toEqual([]);
  });

  it('keeps its context though its start has left the memory before it was written', async () => {
    const spoolDir = spoolFolder();
    const { notifier } = spooled(spoolDir, deadDriver(), { queueMessages: 1 });
    // One more, so that some pair of a start and its operation is not written in one group.
    notifier.info('e.first');
    const operations = Array.from({ length: 700 }, () => begin(notifier, 'task.run'));
    await notifier.info('e.last').durable();
    await eventually(() => accountOf(notifier).onDisk === 702);
    await notifier.close({ timeoutMs: 1 });
    const folder = join(spoolDir, instances(spoolDir)[0] as string);
    const store = await Store.open(loadLevel('test'), folder, { create: false });
    const kept: unknown[] = [];
    for await (const rows of store.read(OPERATIONS)) {
      for (const [, text] of rows) kept.push(decodeOperation(text).notification.context.operation_id);
    }
    await store.close();
    expect(kept.sort()).toEqual(operations.map(({ operation }) => operation.id).sort());
  });
});
