import { describe, expect, onTestFinished, test } from 'vitest';
import { FaultyBroker, isPrivateBrokerPossible } from '../support/broker-faults.js';
import { begun, testOutages, type Varied } from '../support/driver-faults.js';
import { FaultRun, rounds } from '../support/fault-run.js';

const broker = isPrivateBrokerPossible() ? new FaultyBroker() : undefined;

describe.skipIf(broker === undefined)('a broker that goes away loses nothing that is told meanwhile', () => {
  const faulty = broker as FaultyBroker;
  const begin = (varied?: Varied) => begun(new FaultRun({ rabbit: { url: faulty.url, ...varied } }));

  testOutages(faulty, begin);

  test('short of memory: it is waited for, and nothing is sent twice', { timeout: 120_000 }, async () => {
    const run = await begin();
    onTestFinished(() => faulty.alarm(false));
    for (let round = 0; round < rounds(1, 5); round += 1) {
      await faulty.alarm(true);
      // What the broker took just before it is still confirmed.
      let delivered: number;
      do {
        ({ delivered } = run.account);
        await run.tellsMore(50);
      } while (run.account.delivered > delivered);
      await run.tellsMore(300);
      expect(run.account).toMatchObject({ delivered });
      expect(run.account.waiting + run.account.inFlight).toBeGreaterThanOrEqual(300);
      expect(run.health).toMatchObject({
        status: 'degraded',
        reason: expect.stringContaining('takes nothing for now'),
      });
      await faulty.alarm(false);
      await run.deliversMore(300);
      expect(run.health.status).toBe('up');
    }
    expect(run.said).toMatch(/the broker at amqp:\/\/guest@\S+ takes nothing for now \(low on memory\)/);
    await run.end(faulty.url, { mayRepeat: false });
  });
});
