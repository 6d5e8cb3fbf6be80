// What a broker that is down costs the service: the time of a telling on the caller's stack beside one with the broker up,
// in one process and in turns, and the memory of a million tellings, in a process of its own.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createNotifier } from 'tidings';
import { startBroker } from './support/broker.mjs';
import { image } from './support/message.mjs';

const ROUNDS = 400;
const WARM_UP_ROUNDS = 100;
const CALLS = 500;
/** So many rounds make one sample of the ratio: a p99 of all is that of the machine's worst moments. */
const BLOCK_ROUNDS = 20;
const TOLD = Number(process.env.BENCH_MESSAGES ?? 1_000_000);
const MIB = 1024 ** 2;
const QUEUE_MIB = 64;
const NOWHERE = 'amqp://127.0.0.1:1';

const turn = () => new Promise(setImmediate);
const notifierFor = (url) =>
  createNotifier({
    drivers: [{ name: 'rabbit', url }],
    topics: 'bench',
    publisherId: 'bench.host',
    reporter: { warn() {}, info() {} },
    exitTimeoutMs: 0,
  });
const sorted = (values) => values.toSorted((one, other) => one - other);
const at = (values, share) => values[Math.floor((values.length - 1) * share)];

async function time() {
  const broker = await startBroker();
  const notifiers = { up: notifierFor(broker.url), down: notifierFor(NOWHERE) };
  const samples = { up: [], down: [] };
  try {
    for (let round = 0; round < ROUNDS + WARM_UP_ROUNDS; round += 1) {
      for (const state of round % 2 === 0 ? ['up', 'down'] : ['down', 'up']) {
        const notifier = notifiers[state];
        for (let n = 0; n < CALLS; n += 1) {
          const payload = image(n);
          const begun = performance.now();
          notifier.info('image.update', payload);
          const took = performance.now() - begun;
          if (round >= WARM_UP_ROUNDS) samples[state].push(took * 1_000);
        }
        // What the background does for one must not be in the time of the other.
        await (state === 'up' ? notifier.flush() : turn());
      }
    }
    const { delivered, dropped } = notifiers.up.stats().drivers.rabbit;
    if (delivered !== (ROUNDS + WARM_UP_ROUNDS) * CALLS) throw new Error(`not up: ${JSON.stringify(dropped)}`);
  } finally {
    await Promise.all(Object.values(notifiers).map((notifier) => notifier.close({ timeoutMs: 0 })));
    broker.stop();
  }
  const perBlock = BLOCK_ROUNDS * CALLS;
  const ratiosOf = (share) =>
    Array.from({ length: (ROUNDS * CALLS) / perBlock }, (_, block) => {
      const of = (values) => at(sorted(values.slice(block * perBlock, (block + 1) * perBlock)), share);
      return of(samples.down) / of(samples.up);
    });
  const row = (values) => {
    const inOrder = sorted(values);
    const shown = (share) => Number(at(inOrder, share).toFixed(2));
    return { 'median, µs': shown(0.5), 'p99, µs': shown(0.99), 'p99.9, µs': shown(0.999) };
  };
  console.log(`\ntime per telling, ${ROUNDS * CALLS} each`);
  console.table({ 'broker up': row(samples.up), 'broker down': row(samples.down) });
  const ratio = (share) => at(sorted(ratiosOf(share)), 0.5).toFixed(2);
  console.log(
    `the median of ${ROUNDS / BLOCK_ROUNDS} ratios: p99 down / up: ${ratio(0.99)} (goal: at most 1.5); median: ${ratio(0.5)}`,
  );
}

/** In MiB: what is held after a collection, and what the process occupies. */
function memory() {
  globalThis.gc();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { held: (heapUsed + external) / MIB, rss: rss / MIB };
}

/** In the process of its own. `kind`: the image of the other benchmarks, or a payload that fills the queue's bytes. */
async function measureMemory(kind) {
  const large = (n) => ({ ...image(n), text: Buffer.alloc(8_000, 97 + (n % 26)).toString('latin1') });
  const payload = kind === 'large' ? large : image;
  const notifier = notifierFor(NOWHERE);
  let peak;
  const run = async (count, each) => {
    for (let n = 0; n < count; n += 1) {
      each(payload(n));
      if (n % CALLS === CALLS - 1) await turn();
      if (n % 20_000 !== 19_999) continue;
      const { rss } = process.memoryUsage();
      const now = memory();
      peak = { held: Math.max(peak.held, now.held), rss: Math.max(peak.rss, rss / MIB) };
    }
  };
  const tell = (built) => notifier.info('image.update', built);
  for (let n = 0; n < 1_000; n += 1) tell(payload(n));
  await turn();
  // Idle is a service that makes the same payloads and tells nothing.
  peak = memory();
  let sink = 0;
  await run(100_000, (built) => {
    sink += built.size;
  });
  if (sink === 0) throw new Error('nothing was built');
  const idle = { held: memory().held, rss: peak.rss };
  peak = { ...idle };
  await run(TOLD, tell);
  const { waiting } = notifier.stats().drivers.rabbit;
  process.send({ idle, peak, waiting });
  await notifier.close({ timeoutMs: 0 });
}

async function memoryOf(kind) {
  const child = fork(fileURLToPath(import.meta.url), [kind], { execArgv: ['--expose-gc'] });
  const [{ idle, peak, waiting }] = await once(child, 'message');
  await once(child, 'exit');
  return {
    waiting,
    'held idle': Math.round(idle.held),
    'held peak': Math.round(peak.held),
    'RSS idle': Math.round(idle.rss),
    'RSS peak': Math.round(peak.rss),
    'held growth': Math.round(peak.held - idle.held),
    'RSS growth': Math.round(peak.rss - idle.rss),
  };
}

const [, , kind] = process.argv;
if (kind !== undefined) await measureMemory(kind);
else {
  await time();
  const rows = { 'an image': await memoryOf('image'), '8 kB more': await memoryOf('large') };
  console.log(
    `\nmemory over ${TOLD} tellings with the broker down, MiB; queue of ${QUEUE_MIB} MiB and 10,000 notifications`,
  );
  console.table(rows);
  for (const [name, row] of Object.entries(rows)) {
    const goal = `goal: at most ${QUEUE_MIB} + 32`;
    console.log(`${name}: held ${row['held growth']} MiB over idle, RSS ${row['RSS growth']} MiB over idle (${goal})`);
  }
}
