import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  auditPeriod,
  type ExistsReport,
  type ExistsSchedule,
  emitDueExists,
  filePeriodStore,
  type ScheduleExistsOptions,
  scheduleExists,
} from '../../src/audit/index.js';
import { MemoryDriver } from '../../src/drivers/memory.js';
import { createNotifier, type Notifier } from '../../src/index.js';
import { type Image, image } from './images.js';

let store: string;
let memory: MemoryDriver;
let notifier: Notifier;
let said: string[];
const schedules: ExistsSchedule[] = [];

beforeEach(async () => {
  store = await mkdtemp(join(tmpdir(), 'tidings-schedule-'));
  memory = new MemoryDriver();
  said = [];
  notifier = createNotifier({ drivers: [memory], reporter: { warn: (line) => said.push(line), info() {} } });
});
afterEach(async () => {
  for (const schedule of schedules.splice(0)) await schedule.close();
  await notifier.close();
  await rm(store, { recursive: true });
});

function definition() {
  return {
    eventType: 'image.exists',
    period: 'month',
    source: (): Iterable<Image> | AsyncIterable<Image> => [image('a', 'alice', '2000-01-01')],
    groupBy: ({ owner }: Image) => owner,
    listKey: 'images',
    notifier,
    store,
  };
}

/** The month that ended `ago` months before the current one began. */
function month(ago: number, now = new Date()) {
  return auditPeriod('month', new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - ago, 2)));
}

async function record(ago: number): Promise<void> {
  const lock = await filePeriodStore({ directory: store }).acquire('image.exists month');
  await lock?.record(month(ago));
  await lock?.release();
}

/** The beginnings of the periods that were told. */
function beginnings(): unknown[] {
  return memory.notifications.map(({ payload }) => (payload as Record<string, unknown>).audit_period_beginning);
}

describe('emitDueExists', () => {
  it('tells the last completed period once', async () => {
    const first = await emitDueExists(definition());
    expect(first).toMatchObject({ isBusy: false, reports: [{ outcome: 'told', messages: 1 }] });
    expect(await emitDueExists(definition())).toEqual({ isBusy: false, reports: [] });
    expect(beginnings()).toEqual([month(0).fields.audit_period_beginning]);
  });

  it('tells nothing while another process does', async () => {
    const lock = await filePeriodStore({ directory: store }).acquire('image.exists month');
    expect(await emitDueExists(definition())).toEqual({ isBusy: true, reports: [] });
    await lock?.release();
  });

  it('leaves out what was missed, and says so', async () => {
    await record(3);
    await emitDueExists(definition());
    expect(beginnings()).toEqual([month(0).fields.audit_period_beginning]);
    const [from, to] = [month(3).end.toISOString(), month(0).begin.toISOString()];
    expect(said).toEqual([expect.stringContaining(`the periods from ${from} to ${to} were missed`)]);
  });

  it.each([
    [true, [3, 2, 1, 0]],
    [2, [2, 1, 0]],
  ])('catches up what was missed (%s), the oldest first', async (catchUp, expected) => {
    await record(4);
    const { reports } = await emitDueExists({ ...definition(), catchUp });
    expect(reports).toHaveLength(expected.length);
    expect(beginnings()).toEqual(expected.map((ago) => month(ago).fields.audit_period_beginning));
  });

  it('records nothing for a source that fails, and what came before it for one that fails later', async () => {
    await record(2);
    let asked = 0;
    const source = () => {
      asked += 1;
      if (asked === 2) throw new Error('the database is gone');
      return [image('a', 'alice', '2000-01-01')];
    };
    await expect(emitDueExists({ ...definition(), source, catchUp: true })).rejects.toThrow('the database is gone');
    expect(await emitDueExists({ ...definition(), catchUp: true })).toMatchObject({ reports: [{}] });
    expect(beginnings()).toEqual([1, 0].map((ago) => month(ago).fields.audit_period_beginning));
  });

  it('records nothing for messages that a closed notifier gave up', async () => {
    await notifier.close();
    await expect(emitDueExists(definition())).rejects.toThrow(/1 × closed/);
    const open = createNotifier({ drivers: [memory] });
    expect(await emitDueExists({ ...definition(), notifier: open })).toMatchObject({ reports: [{ outcome: 'told' }] });
    await open.close();
  });

  it('says which resources were left out', async () => {
    await emitDueExists({ ...definition(), source: () => [image('a', 'alice', 'never')] });
    expect(said).toEqual([expect.stringContaining('left out 1 resources; the first is number 1: it has no time')]);
  });

  it.each([
    [{ store: undefined as never }, /^store is undefined; it takes a directory that outlives the process/],
    [{ catchUp: -1 }, /^catchUp is -1/],
    [{ source: (async function* () {})() as never }, /^source can be read once only/],
    [{ now: () => new Date() } as never, /^now is not an option/],
  ])('refuses %j', async (options, message) => {
    await expect(emitDueExists({ ...definition(), ...options })).rejects.toThrow(message);
  });
});

/** A schedule, and what it reports, one after the other. */
function scheduled(options: Partial<ScheduleExistsOptions<Image>> = {}) {
  const reports: ExistsReport[] = [];
  let wake = () => {};
  const schedule = scheduleExists({
    ...definition(),
    ...options,
    onReport: (report) => {
      reports.push(report);
      wake();
    },
  });
  schedules.push(schedule);
  const nth = async (index: number): Promise<ExistsReport> => {
    while (reports.length <= index) await new Promise<void>((resolve) => (wake = resolve));
    return reports[index] as ExistsReport;
  };
  return { schedule, reports, nth };
}

describe('scheduleExists', () => {
  it('tells the last period at once, and each further one when it has ended', async () => {
    // A clock by which a month ends in a moment.
    const shift = Date.UTC(2024, 2, 1) - 150 - Date.now();
    const { schedule, nth } = scheduled({ now: () => new Date(Date.now() + shift) });
    expect((await nth(0)).period.fields.audit_period_beginning).toBe('2024-01-01 00:00:00');
    expect((await nth(1)).period.fields.audit_period_beginning).toBe('2024-02-01 00:00:00');
    await schedule.close();
    expect(schedule.next.toISOString()).toBe('2024-04-01T00:00:00.001Z');
    expect(beginnings()).toEqual(['2024-01-01 00:00:00', '2024-02-01 00:00:00']);
  });

  it('waits for the delay too', async () => {
    const shift = Date.UTC(2024, 2, 1, 0, 0, 30) - 150 - Date.now();
    const { nth } = scheduled({ now: () => new Date(Date.now() + shift), delayMs: '30s' });
    expect((await nth(0)).period.end.toISOString()).toBe('2024-02-01T00:00:00.000Z');
    expect((await nth(1)).period.end.toISOString()).toBe('2024-03-01T00:00:00.000Z');
  });

  it('tells a period once over hosts and over restarts', async () => {
    const hosts = [1, 2, 3].map(() => scheduled({ retryMs: 10 }));
    await Promise.race(hosts.map(({ nth }) => nth(0)));
    for (const { schedule } of hosts) await schedule.close();
    const { schedule } = scheduled();
    const before = schedule.next;
    while (schedule.next <= before) await new Promise(setImmediate);
    expect(hosts.flatMap(({ reports }) => reports)).toHaveLength(1);
    expect(memory.notifications).toHaveLength(1);
  });

  it('tries again what has failed, and says so', async () => {
    let asked = 0;
    const source = () => {
      asked += 1;
      if (asked < 3) throw new Error('the database is gone');
      return [image('a', 'alice', '2000-01-01')];
    };
    const { nth } = scheduled({ source, retryMs: 10 });
    expect(await nth(0)).toMatchObject({ outcome: 'told' });
    expect(said).toEqual([expect.stringContaining('image.exists month: not told, tried again: the database is gone')]);
  });

  it('stops in the middle when it is closed, and leaves the period to the next', async () => {
    let isAsked = () => {};
    const asked = new Promise<void>((resolve) => (isAsked = resolve));
    async function* hanging(signal: AbortSignal) {
      isAsked();
      yield image('a', 'alice', '2000-01-01');
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    }
    const { schedule } = scheduled({ source: (_, signal) => hanging(signal) });
    await asked;
    await schedule.close();
    expect(memory.notifications).toEqual([]);
    expect(await emitDueExists(definition())).toMatchObject({ isBusy: false, reports: [{ outcome: 'told' }] });
  });

  it('refuses what it cannot run by', () => {
    expect(() => scheduleExists({ ...definition(), period: 'week' })).toThrow(/^period is "week"/);
    expect(() => scheduleExists({ ...definition(), retryMs: 'soon' })).toThrow(/^retryMs is "soon"/);
    expect(() => scheduleExists({ ...definition(), now: 5 as never })).toThrow(/^now takes a function/);
    expect(() => scheduleExists({ ...definition(), intervall: 5 } as never)).toThrow(/^intervall is not an option/);
  });
});
