import { describe, expect, onTestFinished, test } from 'vitest';
import { FaultyBroker, isPrivateBrokerPossible } from '../support/broker-faults.js';
import { FaultRun, rounds } from '../support/fault-run.js';

const broker = isPrivateBrokerPossible() ? new FaultyBroker() : undefined;

describe.skipIf(broker === undefined)('a broker that goes away loses nothing that is told meanwhile', () => {
  const faulty = broker as FaultyBroker;

  async function begin(): Promise<FaultRun> {
    const run = new FaultRun({ rabbit: { url: faulty.url } });
    run.keepTelling();
    await run.deliversMore(50);
    return run;
  }

  test('stopped in order and started again', { timeout: 300_000 }, async () => {
    const run = await begin();
    for (let round = 0; round < rounds(1, 5); round += 1) {
      await faulty.stop();
      await run.becomes('down');
      await run.tellsMore(100);
      expect(run.account.waiting).toBeGreaterThan(50);
      await faulty.start();
      await run.deliversMore(100);
    }
    expect(run.said).toMatch(/rabbit: cannot deliver, trying again/);
    await run.end(faulty.url);
  });

  test('killed at a random moment and started again', { timeout: 900_000 }, async () => {
    const run = await begin();
    for (let round = 0; round < rounds(1, 20); round += 1) {
      run.tell(Math.floor(Math.random() * 2_000));
      await run.deliversMore(Math.floor(Math.random() * 200));
      await faulty.kill();
      await run.tellsMore(50);
      await faulty.start();
      await run.deliversMore(100);
    }
    await run.end(faulty.url);
  });

  test('frozen until the heartbeat is missed, and thawed', { timeout: 600_000 }, async () => {
    const run = await begin();
    onTestFinished(() => faulty.thaw());
    for (let round = 0; round < rounds(1, 10); round += 1) {
      run.tell(500);
      await faulty.freeze();
      await run.becomes('down');
      await run.tellsMore(100);
      await faulty.thaw();
      await run.deliversMore(600);
    }
    expect(run.said).toMatch(/it has stopped answering \(heartbeat timeout\): check the network/);
    await run.end(faulty.url);
  });

  test('frozen for a moment only: nothing is sent twice', async () => {
    const run = new FaultRun({ rabbit: { url: faulty.url, heartbeat: '60s' } });
    run.keepTelling();
    await run.deliversMore(50);
    onTestFinished(() => faulty.thaw());
    await faulty.freeze();
    await run.tellsMore(300);
    expect(run.health.status).toBe('up');
    await faulty.thaw();
    await run.end(faulty.url, { mayRepeat: false });
  });

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
