// What the spool costs. All in one process and in turns, so that a noisy machine is noisy for all:
// - the CPU time of this process per notification with the spool on against off, with the real rabbit driver and with
//   drivers that only confirm, after a while;
// - the rate of durable() receipts against appending the same bytes to a file, with one fdatasync for each group;
// - what it costs to remember that an operation is open: withStartEnd against telling a start and an end.
// The spool is on the disk of TMPDIR.
import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import amqplib from 'amqplib';
import { ClassicLevel } from 'classic-level';
import { configureNotifications, createNotifier, notifyAbout, withStartEnd } from 'tidings';
import { startBroker } from './support/broker.mjs';
import { image } from './support/message.mjs';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 9);
const WARM_UP_ROUNDS = 2;
const MESSAGES = Number(process.env.BENCH_MESSAGES ?? 10_000);
const WINDOW = 1_000;
const OPERATIONS = MESSAGES / 2;
const OPERATION_MS = 30;
const CPU_GOAL = 2;
const DURABLE_GOAL = 0.15;

const folder = mkdtempSync(join(tmpdir(), 'tidings-bench-spool-'));
const quiet = { warn() {}, info() {} };
const basics = {
  topics: 'bench',
  publisherId: 'bench.host',
  reporter: quiet,
  queueMessages: 1_000_000,
  exitTimeoutMs: 0,
};

/** Confirms a batch after a while, and costs next to nothing. */
const confirmsAfter = (ms) => ({
  name: 'confirms',
  batchSize: 100,
  window: WINDOW,
  deliver: () => new Promise((resolve) => setTimeout(resolve, ms)),
});
const neverOpens = { name: 'down', open: () => new Promise(() => {}), deliver: async () => {} };

const median = (values) => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];
/** In each round the same machine: the ratio of a round is steadier than the ratio of the medians. */
const ratioOf = (some, others) => median(some.map((value, round) => value / others[round]));
const shown = (value) => Number(value.toFixed(2));

/** Resolves when nothing is left to be written, what is delivered is crossed out too. */
async function settled(notifier) {
  const { drained } = await notifier.flush();
  if (!drained) throw new Error('not delivered');
  while (Object.values(notifier.stats().drivers).some(({ onDisk }) => onDisk > 0)) await sleep(5);
}

/** In microseconds of CPU for each of `count`, all threads of this process; and how many a second. */
async function measured(count, run) {
  const before = process.cpuUsage();
  const begun = performance.now();
  const took = (await run()) ?? performance.now() - begun;
  const { user, system } = process.cpuUsage(before);
  return { cpu: (user + system) / count, rate: (count / took) * 1_000 };
}

/** Tells no faster than it is delivered, enough ahead that the driver's own window is always full. */
async function tellAll(notifier) {
  const begun = performance.now();
  const receipts = [];
  for (let n = 0; n < MESSAGES; n += 1) {
    receipts.push(notifier.info('image.update', image(n)));
    if (n % 100 === 99) await receipts[n - 3 * WINDOW]?.delivered();
  }
  await receipts.at(-1).delivered();
  const took = performance.now() - begun;
  await settled(notifier);
  return took;
}

/** Runs the contestants in turns; resolves with the measurements of each. */
async function inTurns(contestants) {
  const names = Object.keys(contestants);
  const results = Object.fromEntries(names.map((name) => [name, { cpu: [], rate: [] }]));
  for (let round = 0; round < ROUNDS + WARM_UP_ROUNDS; round += 1) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const { cpu, rate } = await contestants[name]();
      if (round < WARM_UP_ROUNDS) continue;
      results[name].cpu.push(cpu);
      results[name].rate.push(rate);
    }
  }
  return results;
}

async function cpuPerMessage(url) {
  const admin = await amqplib.connect(url);
  const channel = await admin.createChannel();
  const drivers = {
    'rabbit, durable queue': () => ({ name: 'rabbit', url, window: WINDOW }),
    'confirms after 2 ms': () => confirmsAfter(2),
    'confirms after 20 ms': () => confirmsAfter(20),
  };
  const notifiers = [];
  const contestants = {};
  for (const [name, driver] of Object.entries(drivers)) {
    for (const spool of ['off', 'on']) {
      const options = { ...basics, drivers: [driver()], ...(spool === 'on' && { spoolDir: join(folder, 'cpu') }) };
      const notifier = createNotifier(options);
      await notifier.flush();
      notifiers.push(notifier);
      contestants[`${name}: ${spool}`] = async () => {
        const result = await measured(MESSAGES, () => tellAll(notifier));
        if (name.startsWith('rabbit')) await channel.purgeQueue('tidings.bench.info');
        return result;
      };
    }
  }
  const results = await inTurns(contestants);
  const rows = Object.keys(drivers).map((name) => {
    const [off, on] = ['off', 'on'].map((spool) => results[`${name}: ${spool}`]);
    const row = {
      'off, µs CPU': shown(median(off.cpu)),
      'on, µs CPU': shown(median(on.cpu)),
      'on / off': shown(ratioOf(on.cpu, off.cpu)),
      'off, per second': Math.round(median(off.rate)),
      'on, per second': Math.round(median(on.rate)),
    };
    return [name, row];
  });
  console.log(`\nCPU per notification: ${MESSAGES} a round, ${ROUNDS} rounds, window ${WINDOW}`);
  console.table(Object.fromEntries(rows));
  for (const [name, row] of rows) console.log(`${name}: on / off: ${row['on / off']} (goal: at most ${CPU_GOAL})`);
  await Promise.all(notifiers.map((notifier) => notifier.close()));
  await admin.close();
}

/** So many at any time that wait for their durable(). */
async function allDurable(notifier) {
  await new Promise((resolve, reject) => {
    let [told, durable] = [0, 0];
    const onReport = ({ status }) => {
      durable += 1;
      if (status !== 'durable') reject(new Error(status));
      else if (durable === MESSAGES) resolve();
      else tell();
    };
    const tell = () => {
      while (told < MESSAGES && told - durable < WINDOW) {
        notifier.info('image.update', image(told)).durable().then(onReport);
        told += 1;
      }
    };
    tell();
  });
}

async function durableRate() {
  let syncs = 0;
  const { batch } = ClassicLevel.prototype;
  ClassicLevel.prototype.batch = function (operations, options) {
    if (options.sync) syncs += 1;
    return batch.call(this, operations, options);
  };
  let [bytes, group] = [0, 0];
  const groups = [];
  const spool = async () => {
    const spoolDir = mkdtempSync(join(folder, 'durable-'));
    // As it is while a broker is down for long: what the queue has no room for is on disk only.
    const notifier = createNotifier({ ...basics, queueMessages: WINDOW, drivers: [neverOpens], spoolDir });
    for (let n = 0; n < 2 * WINDOW; n += 1) notifier.info('image.update', image(n));
    await notifier.info('image.update', image(0)).durable();
    syncs = 0;
    const result = await measured(MESSAGES, () => allDurable(notifier));
    group = Math.round(MESSAGES / syncs);
    groups.push(group);
    bytes = Math.round(notifier.stats().spool.bytes / notifier.stats().drivers.down.onDisk);
    await notifier.close({ timeoutMs: 0 });
    rmSync(spoolDir, { recursive: true });
    return result;
  };
  const raw = async () => {
    const path = join(folder, 'raw');
    const file = await open(path, 'a');
    const whole = Buffer.alloc(group * bytes, 'x');
    const result = await measured(MESSAGES, async () => {
      for (let left = MESSAGES; left > 0; left -= group) {
        await file.write(whole, 0, Math.min(left, group) * bytes);
        await file.datasync();
      }
    });
    await file.close();
    rmSync(path);
    return result;
  };
  const results = { spool: { cpu: [], rate: [] }, raw: { cpu: [], rate: [] } };
  for (let round = 0; round < ROUNDS + WARM_UP_ROUNDS; round += 1) {
    // The second one's groups are as large as those of the first.
    for (const [name, run] of Object.entries({ spool, raw })) {
      const { cpu, rate } = await run();
      if (round < WARM_UP_ROUNDS) continue;
      results[name].cpu.push(cpu);
      results[name].rate.push(rate);
    }
  }
  ClassicLevel.prototype.batch = batch;
  console.log(
    `\ndurable notifications a second: ${MESSAGES} a round, ${WINDOW} waited for at once, ${bytes} bytes each, groups of ${median(groups)}`,
  );
  const row = ({ cpu, rate }) => ({ 'per second': Math.round(median(rate)), 'µs CPU': shown(median(cpu)) });
  console.table({ 'durable() of tidings': row(results.spool), 'append and fdatasync': row(results.raw) });
  const ratio = shown(ratioOf(results.spool.rate, results.raw.rate));
  console.log(`durable() / append and fdatasync: ${ratio} (goal: at least ${DURABLE_GOAL})`);
}

/** So many operations that WINDOW of them are open at any time. */
async function operate(notifier, operation) {
  const begun = performance.now();
  const running = [];
  for (let n = 0; n < OPERATIONS; n += 1) {
    running.push(operation(image(n)));
    if (n % 100 === 99) await running[n - WINDOW];
  }
  await Promise.all(running);
  await notifier.flush();
  const took = performance.now() - begun;
  await settled(notifier);
  return took;
}

async function openOperations() {
  const lengths = { 'ends at once': async () => {}, [`takes ${OPERATION_MS} ms`]: () => sleep(OPERATION_MS) };
  const contestants = {};
  const options = { payload: ([payload]) => payload };
  for (const [length, work] of Object.entries(lengths)) {
    const kinds = {
      'start and end told': async (payload) => {
        notifyAbout('image.update.start', payload);
        await work();
        notifyAbout('image.update.end', payload);
      },
      withStartEnd: withStartEnd('image.update', work, options),
    };
    for (const spool of ['off', 'on']) {
      for (const [kind, operation] of Object.entries(kinds)) {
        contestants[`${length}, ${kind}: ${spool}`] = async () => {
          const spoolDir = spool === 'on' ? { spoolDir: join(folder, 'operations') } : {};
          const notifier = configureNotifications({ ...basics, drivers: [confirmsAfter(2)], ...spoolDir });
          await notifier.flush();
          const result = await measured(OPERATIONS, () => operate(notifier, operation));
          await notifier.close();
          return result;
        };
      }
    }
  }
  const results = await inTurns(contestants);
  console.log(`\noperations, of two notifications each: ${OPERATIONS} a round, confirmed after 2 ms`);
  console.table(
    Object.fromEntries(
      Object.entries(results).map(([name, { cpu, rate }]) => [
        name,
        { 'µs CPU': shown(median(cpu)), 'per second': Math.round(median(rate)) },
      ]),
    ),
  );
  for (const length of Object.keys(lengths)) {
    for (const spool of ['off', 'on']) {
      const [pair, told] = ['withStartEnd', 'start and end told'].map(
        (kind) => results[`${length}, ${kind}: ${spool}`],
      );
      const [cpu, rate] = [ratioOf(pair.cpu, told.cpu), ratioOf(pair.rate, told.rate)].map(shown);
      console.log(`${length}, spool ${spool}: withStartEnd / start and end told: CPU ${cpu}, rate ${rate}`);
    }
  }
}

const only = process.argv[2];
try {
  if (only === undefined || only === 'cpu') {
    const broker = await startBroker();
    try {
      await cpuPerMessage(broker.url);
    } finally {
      broker.stop();
    }
  }
  if (only === undefined || only === 'durable') await durableRate();
  if (only === undefined || only === 'operations') await openOperations();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
