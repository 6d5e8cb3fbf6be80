import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { auditPeriod, type EmitExistsOptions, emitExists } from '../../src/audit/index.js';
import { MemoryDriver } from '../../src/drivers/memory.js';
import { createNotifier, type Driver, type NotificationOptions, type Notifier } from '../../src/index.js';
import { ScriptedDriver } from '../support/scripted-driver.js';
import { type Image, image, told } from './images.js';

const DAY = auditPeriod('day', new Date('2024-03-15T10:30:05Z'));
let notifier: Notifier;
let memory: MemoryDriver;
let temporaryDirectory: string;

function use(driver: Driver, options: NotificationOptions = {}): void {
  notifier = createNotifier({ drivers: [driver], reporter: { warn() {}, info() {} }, ...options });
}

beforeEach(async () => {
  temporaryDirectory = await mkdtemp(join(tmpdir(), 'tidings-audit-'));
  memory = new MemoryDriver();
  use(memory);
});
afterEach(async () => {
  await notifier.close({ timeoutMs: 0 });
  expect(await readdir(temporaryDirectory)).toEqual([]);
  await rm(temporaryDirectory, { recursive: true });
});

function emit(images: Iterable<unknown> | AsyncIterable<unknown>, options: Partial<EmitExistsOptions<Image>> = {}) {
  return emitExists({
    eventType: 'image.exists',
    period: DAY,
    source: images as Iterable<Image>,
    groupBy: ({ owner }) => owner,
    listKey: 'images',
    notifier,
    temporaryDirectory,
    ...options,
  });
}

describe('emitExists', () => {
  it('tells one message per owner, with the bounds of the period', async () => {
    const images = [image('a', 'alice'), image('b', 'bob'), image('c', 'alice'), image('d', null)];
    const report = await emit(images, { describe: ({ id, size }) => ({ id, size }) });
    expect(report).toEqual({
      eventType: 'image.exists',
      period: DAY,
      outcome: 'told',
      read: 4,
      resources: 4,
      outside: 0,
      bad: 0,
      badExamples: [],
      owners: 3,
      messages: 3,
      lost: {},
    });
    expect(
      memory.notifications.map(({ eventType, priority, payload, context }) => [eventType, priority, payload, context]),
    ).toEqual([
      [
        'image.exists',
        'INFO',
        {
          owner: 'alice',
          ...DAY.fields,
          images: [
            { id: 'a', size: 1 },
            { id: 'c', size: 1 },
          ],
        },
        {},
      ],
      ['image.exists', 'INFO', { owner: 'bob', ...DAY.fields, images: [{ id: 'b', size: 1 }] }, {}],
      ['image.exists', 'INFO', { owner: null, ...DAY.fields, images: [{ id: 'd', size: 1 }] }, {}],
    ]);
  });

  it('does not take an owner that is called null for nobody', async () => {
    await emit([image('a', null), image('b', 'null')]);
    expect(told(memory.notifications)).toEqual([
      [null, ['a']],
      ['null', ['b']],
    ]);
  });

  it('covers what existed at any time in the period', async () => {
    const { outside } = await emit([
      image('before and still there', 'o', '2024-01-01'),
      image('created in it', 'o', '2024-03-14T12:00:00Z'),
      image('created as it begins', 'o', '2024-03-14 00:00:00'),
      image('deleted in it', 'o', '2024-01-01', '2024-03-14 12:00:00.5'),
      image('deleted as it begins', 'o', '2024-01-01', '2024-03-14T00:00:00Z'),
      image('created and deleted in it', 'o', '2024-03-14T02:00:00+01:00', '2024-03-14T03:00:00+01:00'),
      image('deleted later', 'o', '2024-03-14T23:59:59.999Z', '2024-03-15T08:00:00Z'),
      image('created as it ends', 'o', '2024-03-15T00:00:00Z'),
      image('deleted before', 'o', '2024-01-01', '2024-03-13T23:59:59.999Z'),
      // An hour before in UTC.
      image('created later', 'o', '2024-03-14T23:30:00-01:00'),
    ]);
    expect(told(memory.notifications)[0]?.[1]).toEqual([
      'before and still there',
      'created in it',
      'created as it begins',
      'deleted in it',
      'deleted as it begins',
      'created and deleted in it',
      'deleted later',
    ]);
    expect(outside).toBe(3);
  });

  it('counts what is wrong with a resource and goes on', async () => {
    const cycle: Record<string, unknown> = { ...image('cycle', 'o') };
    cycle.self = cycle;
    const images = [
      null,
      image('no time', 'o', 'never'),
      image('no end', 'o', '2024-01-01', 'soon'),
      cycle,
      { ...image('no owner', 'o'), owner: {} },
      { ...image('fine', 'o'), size: 12345678901234567890n },
    ];
    const report = await emit(images);
    expect(told(memory.notifications)).toEqual([['o', ['fine']]]);
    expect(report).toMatchObject({ outcome: 'told', read: 6, resources: 1, bad: 5 });
    expect(report.badExamples.map(({ index, why }) => `${index} ${why.slice(0, 32)}`)).toEqual([
      '1 lifetime threw: Cannot destructu',
      '2 it has no time of creation',
      '3 its time of deletion is no time',
      '4 it is not for JSON: Converting c',
      '5 groupBy gave object, not a text',
    ]);
  });

  it('tells nothing when the source fails in the middle', async () => {
    async function* failing() {
      yield image('a', 'alice');
      throw new Error('the database is gone');
    }
    await expect(emit(failing())).rejects.toThrow('the database is gone');
    expect(await notifier.flush()).toMatchObject({ drained: true });
    expect(memory.notifications).toEqual([]);
  });

  it('does not ask the source when the event is turned off, and tells nothing in a dry run', async () => {
    const asked: string[] = [];
    const source = () => {
      asked.push('asked');
      return [image('a', 'alice')];
    };
    expect(await emit([], { source, dryRun: true })).toMatchObject({ outcome: 'dry-run', messages: 1, resources: 1 });
    await notifier.close();
    use(memory, { disabledNotifications: 'image' });
    expect(await emit([], { source })).toMatchObject({ outcome: 'disabled', read: 0 });
    expect(asked).toEqual(['asked']);
    expect(memory.notifications).toEqual([]);
  });

  it('stops when it is told to', async () => {
    const stop = new AbortController();
    async function* endless() {
      for (let id = 0; ; id += 1) {
        if (id === 5_000) stop.abort(new Error('enough'));
        yield image(`${id}`, 'o');
      }
    }
    await expect(emit(endless(), { signal: stop.signal, memoryBytes: 1024 })).rejects.toThrow('enough');
  });

  it.each([
    [{ eventType: 'image exists' }, /^eventType is "image exists"/],
    [{ period: 'day@25' }, /^period is "day@25"/],
    [{ source: 5 as never }, /^source is 5/],
    [{ groupBy: 'owner' as never }, /^groupBy is "owner"; it takes a function/],
    [{ listKey: 'owner' }, /^listKey/],
    [{ memoryBytes: 'much' }, /^memoryBytes is "much"/],
    [{ pirority: 'INFO' } as never, /^pirority is not an option/],
  ])('refuses %j', async (options, message) => {
    await expect(emit([], options)).rejects.toThrow(message);
  });
});

describe('a message that would be too long', () => {
  const options: NotificationOptions = { maxMessageBytes: 16_384, wireFormat: 'oslo' };

  it('is split, with part and parts in the context', async () => {
    await notifier.close();
    use(memory, options);
    const images = Array.from({ length: 200 }, (_, id) => image(`${id}`, id % 10 === 0 ? 'small' : 'large'));
    const report = await emit(images);
    const large = memory.notifications.filter(({ payload }) => (payload as { owner?: string }).owner === 'large');
    expect(report).toMatchObject({ outcome: 'told', owners: 2, messages: memory.notifications.length });
    expect(large.length).toBeGreaterThan(2);
    expect(large.map(({ context }) => context)).toEqual(
      large.map((_, index) => ({ part: index + 1, parts: large.length })),
    );
    expect(told(large).flatMap(([, ids]) => ids)).toEqual(
      images.filter(({ owner }) => owner === 'large').map(({ id }) => id),
    );
    const small = memory.notifications.filter((notification) => !large.includes(notification));
    expect(small.map(({ context }) => context)).toEqual([{}]);
  });

  it('leaves out a resource that no message has room for', async () => {
    await notifier.close();
    use(memory, options);
    const report = await emit([image('a', 'o'), image('b'.repeat(20_000), 'o'), image('c', 'o')]);
    expect(told(memory.notifications)).toEqual([['o', ['a', 'c']]]);
    expect(report.badExamples).toEqual([{ index: 2, why: 'it is too large for a message (maxMessageBytes)' }]);
  });

  it.each([
    ['quotes', '"'.repeat(100)],
    ['backslashes', '\\'.repeat(100)],
    ['what is not ASCII', 'é'.repeat(100)],
    ['surrogate pairs', '😀'.repeat(50)],
    ['control characters', '\u0001'.repeat(100)],
    ['short fields', Object.fromEntries(Array.from({ length: 26 }, (_, key) => [String.fromCharCode(97 + key), 1]))],
    ['short entries', Array.from({ length: 60 }, (_, key) => (key % 2 ? 1 : [[]]))],
  ])('is split small enough where resources are full of %s', async (_, more) => {
    await notifier.close();
    for (const wireFormat of ['oslo', 'plain'] as const) {
      const driver = new MemoryDriver();
      use(driver, { maxMessageBytes: 131_072, wireFormat });
      const images = Array.from({ length: 1_000 }, (_, id) => ({ ...image(`${id}`, 'o'), more }));
      const report = await emit(images);
      expect(report).toMatchObject({ outcome: 'told', resources: 1_000, bad: 0, lost: {} });
      expect(report.messages).toBeGreaterThan(1);
      await notifier.close();
    }
  });

  it('is never too long, whatever is in it, and has every resource once, in memory and on disk alike', async () => {
    await notifier.close();
    const values = fc.object({ maxDepth: 2, values: [fc.string({ unit: 'binary' }), fc.integer(), fc.boolean()] });
    const resources = fc.array(fc.record({ owner: fc.constantFrom('a', 'ü', '"', null), more: values }), {
      minLength: 1,
      maxLength: 60,
    });
    await fc.assert(
      fc.asyncProperty(resources, fc.constantFrom(1024, 2 ** 30), async (written, memoryBytes) => {
        const driver = new MemoryDriver();
        use(driver, { ...options, maxMessageBytes: 10_240, redact: false });
        const images = written.map((more, id) => ({ ...image(`${id}`, null), ...more }));
        const report = await emit(images, { memoryBytes });
        expect(report).toMatchObject({ outcome: 'told', lost: {}, messages: driver.notifications.length });
        const ids = told(driver.notifications).flatMap(([, found]) => found);
        expect(ids).toHaveLength(report.resources);
        expect(new Set(ids).size).toBe(report.resources);
        expect(report.resources + report.bad).toBe(written.length);
        for (const [owner, found] of told(driver.notifications)) {
          expect(found.map((id) => images[Number(id)]?.owner)).toEqual(found.map(() => owner));
        }
        await notifier.close();
      }),
      { numRuns: 60 },
    );
    use(memory);
  });
});

it('needs no more memory for many resources than it was given', async () => {
  const program = `
    import { createNotifier } from 'tidings';
    import { emitExists } from 'tidings/audit';
    const notifier = createNotifier({ drivers: [{ name: 'none', batchSize: 100, async deliver() {} }] });
    async function* source() {
      for (let id = 0; id < 200_000; id += 1) {
        yield { id, owner: 'project ' + (id % 7 === 0 ? 'large' : id % 3_001), created_at: 0, more: 'x'.repeat(250) + id };
      }
    }
    const options = { eventType: 'image.exists', period: 'day', groupBy: ({ owner }) => owner, memoryBytes: '4MiB' };
    const { outcome, resources, owners, messages } = await emitExists({ ...options, source: source(), notifier });
    console.log(JSON.stringify({ outcome, resources, owners, isSplit: messages > owners }));`;
  const args = ['--max-old-space-size=48', '--input-type=module', '-e', program];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  expect(JSON.parse(stdout)).toEqual({ outcome: 'told', resources: 200_000, owners: 3_002, isSplit: true });
}, 60_000);

describe('a queue without room', () => {
  const images = Array.from({ length: 300 }, (_, id) => image(`${id}`, `owner ${id}`));

  it('is waited for: nothing is dropped', async () => {
    await notifier.close();
    const driver = new ScriptedDriver({ batchSize: 2 });
    use(driver, { queueMessages: 10 });
    expect(await emit(images)).toMatchObject({ outcome: 'told', messages: 300, lost: {} });
    expect(driver.delivered).toHaveLength(300);
    expect(notifier.stats().drivers.scripted).toMatchObject({ accepted: 300, delivered: 300, dropped: {} });
  });

  it('still has room for what the service itself tells', async () => {
    await notifier.close();
    const driver = new ScriptedDriver();
    driver.answer = undefined;
    use(driver, { queueMessages: 10 });
    const telling = emit(images);
    const first = await driver.batch(0);
    for (let id = 0; id < 5; id += 1) expect(notifier.info('image.update', { id }).status).toBe('waiting');
    driver.answer = async () => undefined;
    first.resolve();
    expect(await telling).toMatchObject({ outcome: 'told', messages: 300 });
    expect(driver.delivered.filter((type) => type === 'image.update')).toHaveLength(5);
  });

  it('is not waited for where a spool has room', async () => {
    await notifier.close();
    const spoolDir = await mkdtemp(join(tmpdir(), 'tidings-audit-spool-'));
    const driver = new ScriptedDriver();
    driver.answer = async () => {
      throw new Error('down');
    };
    use(driver, { queueMessages: 10, spoolDir });
    expect(await emit(images)).toMatchObject({ outcome: 'told', messages: 300, lost: {} });
    expect(notifier.stats().drivers.scripted).toMatchObject({ accepted: 300, delivered: 0, dropped: {} });
    await notifier.close({ timeoutMs: 0 });
    await rm(spoolDir, { recursive: true });
  });

  it('says what was given up', async () => {
    await notifier.close();
    const driver = new ScriptedDriver();
    driver.answer = undefined;
    use(driver);
    const telling = emit([image('a', 'alice')]);
    await driver.batch(0);
    await notifier.close({ timeoutMs: 0 });
    const { outcome, lost } = await telling;
    expect([outcome, lost]).toEqual(['partly', { 'closed: the notifier was closed before it was delivered': 1 }]);
  });
});
