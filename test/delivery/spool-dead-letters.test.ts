import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadLevel } from '../../src/delivery/spool/level.js';
import { SpoolMaintenance } from '../../src/delivery/spool/maintenance.js';
import { RefusedError } from '../../src/index.js';
import { accountOf } from '../support/accounting.js';
import { ScriptedDriver } from '../support/scripted-driver.js';
import { deadDriver, eventually, instances, spooled, spoolFolder } from '../support/spool.js';

function refusing(...types: readonly string[]): ScriptedDriver {
  const driver = new ScriptedDriver({ batchSize: 10 });
  driver.answer = async (batch) =>
    batch.map(({ notification: { eventType } }) =>
      types.includes(eventType) ? new RefusedError('no such topic') : undefined,
    );
  return driver;
}

const maintenance = (spoolDir: string) => new SpoolMaintenance(loadLevel('test'), spoolDir);

/** Refuses `e.bad` of three, and ends. */
async function withDeadLetter(spoolDir: string): Promise<string> {
  const { notifier } = spooled(spoolDir, refusing('e.bad'));
  await notifier.flush();
  const receipts = ['e.one', 'e.bad', 'e.two'].map((type) => notifier.info(type, { type }));
  await notifier.flush();
  await notifier.close();
  return receipts[1]?.messageId as string;
}

describe('what is refused for good', () => {
  it('goes to the dead letters, is counted as dead, and its receipt says refused', async () => {
    const spoolDir = spoolFolder();
    const { notifier, reporter } = spooled(spoolDir, refusing('e.bad'));
    const dropped: unknown[] = [];
    const onDropped = (message: unknown) => void dropped.push(message);
    subscribe('tidings:dropped', onDropped);
    onTestFinished(() => void unsubscribe('tidings:dropped', onDropped));
    const receipts = ['e.one', 'e.bad', 'e.two'].map((type) => notifier.info(type));
    expect(await receipts[1]?.delivered()).toMatchObject({ status: 'refused', reason: 'no such topic' });
    await notifier.flush();
    // Crossed out when the letter is on disk; what was never written is not.
    const dead = join(spoolDir, 'dead');
    await eventually(() => existsSync(dead) && readdirSync(dead).some((name) => !name.startsWith('.')), { notifier });
    await eventually(() => accountOf(notifier).onDisk === 0, { notifier });
    expect(accountOf(notifier)).toMatchObject({ accepted: 3, delivered: 2, dead: 1, dropped: {}, waiting: 0 });
    expect(dropped).toMatchObject([{ driver: 'scripted', eventType: 'e.bad', reason: 'refused' }]);
    expect(reporter.lines).toContainEqual('scripted: e.bad is refused, and a dead letter now: no such topic');
    const [file = ''] = readdirSync(dead);
    expect(statSync(join(dead, file)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(join(dead, file), 'utf8'))).toMatchObject({
      v: 1,
      message_id: receipts[1]?.messageId,
      event_type: 'e.bad',
      drivers: ['scripted'],
      reason: 'no such topic',
    });
    await notifier.close();
    expect(instances(spoolDir)).toEqual([]);
  });

  it('is dropped where the dead letters have no room, as without a spool', async () => {
    const { notifier } = spooled(spoolFolder(), refusing('e.bad'), { spoolMaxBytes: '2KiB' });
    await notifier.flush();
    for (let index = 0; index < 10; index += 1) {
      expect(await notifier.info('e.bad', { text: 'x'.repeat(300) }).delivered()).toMatchObject({ status: 'refused' });
    }
    const { dead, dropped } = accountOf(notifier);
    expect(dead).toBeGreaterThan(0);
    expect(dropped.refused).toBe(10 - dead);
    expect(dropped.refused).toBeGreaterThan(0);
  });
});

describe('what is too large for its driver', () => {
  const WIDE = { text: '€'.repeat(300) };

  it('under a limit that was lowered between two runs goes to the dead letters; replayed, once it is raised', async () => {
    const spoolDir = spoolFolder();
    const first = spooled(spoolDir, deadDriver()).notifier;
    const receipts = [first.info('e.wide', WIDE), first.info('e.small')];
    await first.close({ timeoutMs: 10 });

    const driver = new ScriptedDriver();
    const { notifier, reporter } = spooled(spoolDir, driver, { maxMessageBytes: 1_000 });
    await eventually(() => accountOf(notifier).recovered === 2, { notifier });
    expect(await notifier.flush()).toEqual({ drained: true, undelivered: 0 });
    await eventually(() => accountOf(notifier).onDisk === 0, { notifier });
    expect(accountOf(notifier)).toMatchObject({ recovered: 2, delivered: 1, dead: 1, dropped: {}, waiting: 0 });
    expect(driver.delivered).toEqual(['e.small']);
    const reason = 'over 1000 bytes (maxMessageBytes)';
    expect(reporter.lines).toContainEqual(`scripted: e.wide is too large, and a dead letter now: ${reason}`);
    await notifier.close();
    const id = receipts[0]?.messageId as string;
    expect(await maintenance(spoolDir).show(id)).toEqual([
      expect.objectContaining({ state: 'dead', reason, drivers: ['scripted'] }),
    ]);

    const last = spooled(spoolDir, driver).notifier;
    expect(await maintenance(spoolDir).replay()).toBe(1);
    await eventually(() => driver.delivered.length === 2, { notifier: last });
    expect(driver.batches[1]?.messages[0]?.notification).toMatchObject({ messageId: id, payload: WIDE });
  });

  it('is so for that driver alone: another, whose wire format is shorter, delivers it', async () => {
    const spoolDir = spoolFolder();
    const long = Object.assign(new ScriptedDriver({ name: 'long' }), { wireFormat: 'oslo' });
    const { notifier } = spooled(spoolDir, [new ScriptedDriver({ name: 'short' }), long], { maxMessageBytes: 1_000 });
    await notifier.flush();
    // Each quote is escaped once more in oslo's envelope.
    const receipt = notifier.info('e.quoted', { text: '"'.repeat(250) });
    expect(await receipt.delivered()).toEqual({
      status: 'refused',
      reason: 'over 1000 bytes (maxMessageBytes)',
      drivers: {
        short: { status: 'delivered' },
        long: { status: 'refused', reason: 'over 1000 bytes (maxMessageBytes)' },
      },
    });
    expect(accountOf(notifier, 'long')).toMatchObject({ accepted: 1, dead: 1, dropped: {}, inFlight: 0 });
    expect(accountOf(notifier, 'short')).toMatchObject({ delivered: 1, dead: 0 });
    await notifier.close();
    expect(await maintenance(spoolDir).show(receipt.messageId)).toMatchObject([{ state: 'dead', drivers: ['long'] }]);
  });

  it('is dropped where the dead letters have no room', async () => {
    const { notifier } = spooled(spoolFolder(), new ScriptedDriver(), {
      maxMessageBytes: 1_000,
      spoolMaxBytes: '2KiB',
    });
    await notifier.flush();
    for (let index = 0; index < 5; index += 1) await notifier.info('e.wide', WIDE).delivered();
    const { dead, dropped } = accountOf(notifier);
    expect(dead).toBe(1);
    expect(dropped).toEqual({ too_large: 4 });
  });
});

describe('maintenance', () => {
  it('lists and shows dead letters and what waits where nobody lives, and leaves the living alone', async () => {
    const spoolDir = spoolFolder();
    const id = await withDeadLetter(spoolDir);
    const left = spooled(spoolDir, deadDriver()).notifier;
    const waiting = left.info('e.left', { secretless: true });
    await left.close({ timeoutMs: 10 });
    const live = spooled(spoolDir, deadDriver('other')).notifier;
    await live.info('e.live').durable();
    // It has looked at what is left, and put it back.
    const needs = () => instances(spoolDir).filter((name) => existsSync(join(spoolDir, name, 'needs.json')));
    await eventually(() => needs().length === 1);

    const listing = await maintenance(spoolDir).list();
    expect(listing.directories.map(({ state }) => state).sort()).toEqual(['left', 'live']);
    expect(listing.entries.map(({ state, notification }) => [state, notification.eventType])).toEqual([
      ['waiting', 'e.left'],
      ['dead', 'e.bad'],
    ]);
    expect(await maintenance(spoolDir).show(id)).toEqual([
      expect.objectContaining({ state: 'dead', reason: 'no such topic', drivers: ['scripted'] }),
    ]);
    expect(await maintenance(spoolDir).show(waiting.messageId)).toEqual([
      expect.objectContaining({
        state: 'waiting',
        notification: expect.objectContaining({ payload: { secretless: true } }),
      }),
    ]);
    expect(await maintenance(spoolDir).show('nobody')).toEqual([]);
    expect(accountOf(live, 'other')).toMatchObject({ accepted: 1, waiting: 1, onDisk: 1 });
  });

  it('replays dead letters: whoever runs delivers them, with the same id', async () => {
    const spoolDir = spoolFolder();
    const id = await withDeadLetter(spoolDir);
    const driver = new ScriptedDriver();
    const { notifier } = spooled(spoolDir, driver);
    await notifier.flush();
    expect(driver.delivered).toEqual([]);
    const progress: number[][] = [];
    expect(await maintenance(spoolDir).replay({ onProgress: (...step) => progress.push(step) })).toBe(1);
    expect(progress).toEqual([
      [0, 1],
      [1, 1],
    ]);
    await eventually(() => driver.delivered.length === 1, { notifier });
    expect(driver.batches[0]?.messages[0]?.notification).toMatchObject({ messageId: id, payload: { type: 'e.bad' } });
    expect((await maintenance(spoolDir).list()).entries).toEqual([]);
    expect(readdirSync(join(spoolDir, 'dead'))).toEqual([]);
    expect(await maintenance(spoolDir).replay()).toBe(0);
  });

  it('purges what it is told to', async () => {
    const spoolDir = spoolFolder();
    const first = await withDeadLetter(spoolDir);
    const second = await withDeadLetter(spoolDir);
    const left = spooled(spoolDir, deadDriver()).notifier;
    const receipts = ['e.one', 'e.two'].map((type) => left.info(type));
    await left.close({ timeoutMs: 10 });
    const ids = async () =>
      (await maintenance(spoolDir).list()).entries.map(({ notification }) => notification.messageId);
    const [one, two] = receipts.map(({ messageId }) => messageId) as [string, string];
    expect(await ids()).toEqual([one, two, first, second]);
    expect(await maintenance(spoolDir).purge({ ids: [one, second] })).toBe(2);
    expect(await ids()).toEqual([two, first]);
    expect(await maintenance(spoolDir).purge({ state: 'dead' })).toBe(1);
    expect(await ids()).toEqual([two]);
    expect(await maintenance(spoolDir).purge()).toBe(1);
    expect(await ids()).toEqual([]);
  });
});
