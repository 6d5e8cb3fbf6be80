import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createNotifier, type Notifier } from '../../src/index.js';
import { accountOf, expectBalanced } from '../support/accounting.js';
import { uniqueName } from '../support/amqp-probe.js';
import { FaultyBroker, isPrivateBrokerPossible } from '../support/broker-faults.js';
import { consumeAll, isFull, rounds } from '../support/fault-run.js';

const TOLD = rounds(40_000, 1_000_000);
/** Told in a row before the event loop turns. */
const CHUNK = 500;
const QUEUE_MIB = 8;
const MIB = 1024 ** 2;

const payload = () => ({
  id: '65f8a45e-2bef-46e4-88b5-bb2bd1830a0f',
  name: 'cirros',
  checksum: '227a7bcff360c6b2eacb565b9e2160b9',
  text: 'x'.repeat(400),
  properties: { os_distro: 'linux', at: performance.now() },
  tags: ['a', 'b'],
});

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What cannot be let go of, in MiB. */
async function heldMib(): Promise<number> {
  await turn();
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / MIB;
}

/** Tells so many, in chunks; resolves with the milliseconds that a chunk took on the caller's stack, sorted. */
async function tellMany(notifier: Notifier, count: number, between: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let told = 0; told < count; told += CHUNK) {
    const begun = performance.now();
    for (let n = 0; n < CHUNK; n += 1) notifier.info('image.update', payload);
    times.push(performance.now() - begun);
    expectBalanced(notifier);
    await between();
  }
  return times.sort((one, other) => one - other);
}

const median = (sorted: readonly number[]) => sorted[Math.floor(sorted.length / 2)] as number;

const broker = isPrivateBrokerPossible() ? new FaultyBroker() : undefined;

describe.skipIf(broker === undefined)(`${TOLD} notifications while the broker is down`, () => {
  const faulty = broker as FaultyBroker;

  test.each(['drop-newest', 'drop-oldest'] as const)(
    'use no more memory than the queue may, slow no caller, and are counted (%s)',
    { timeout: 300_000 },
    async (overflow) => {
      const topic = uniqueName('topic');
      const notifier = createNotifier(
        {
          drivers: [{ name: 'rabbit', url: faulty.url }],
          topics: topic,
          overflow,
          queueMessages: 1_000_000,
          queueBytes: `${QUEUE_MIB}MiB`,
          retryMinMs: 10,
          retryMaxMs: 100,
          reporter: { warn() {}, info() {} },
        },
        {},
      );
      onTestFinished(() => void notifier.close({ timeoutMs: 0 }));
      const up = 10_000;
      const timesUp = await tellMany(notifier, up, () => notifier.flush());
      expect(accountOf(notifier, 'rabbit')).toMatchObject({ accepted: up, delivered: up });

      await faulty.stop();
      await tellMany(notifier, CHUNK, () => turn());
      const before = await heldMib();
      let most = 0;
      let chunks = 0;
      const timesDown = await tellMany(notifier, TOLD, async () => {
        chunks += 1;
        if (chunks % 20 === 0) most = Math.max(most, (await heldMib()) - before);
        else await turn();
      });
      const ratio = median(timesDown) / median(timesUp);
      if (isFull)
        console.log(`${overflow}: ${most.toFixed(1)} MiB for a queue of ${QUEUE_MIB}, down/up ${ratio.toFixed(2)}`);
      expect(most).toBeLessThan(QUEUE_MIB + 16);
      // What the queue has no room for costs less than what it takes.
      expect(ratio).toBeLessThan(3);
      const { waiting, dropped } = accountOf(notifier, 'rabbit');
      expect(waiting).toBeGreaterThan(1_000);
      expect(dropped).toEqual({ overflow: TOLD + CHUNK - waiting });

      await faulty.start();
      expect(await notifier.flush({ timeoutMs: 60_000 })).toMatchObject({ drained: true });
      expect(accountOf(notifier, 'rabbit')).toMatchObject({ accepted: up + TOLD + CHUNK, delivered: up + waiting });
      const ids = await consumeAll(faulty.url, `tidings.${topic}.info`);
      expect(new Set(ids).size).toBe(up + waiting);
    },
  );
});
