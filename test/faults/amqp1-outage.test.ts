import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { boundQueue } from '../support/amqp1-fixture.js';
import { FaultyBroker, isPrivateBrokerPossible } from '../support/broker-faults.js';
import { FaultRun, isFull, rounds } from '../support/fault-run.js';

const broker = isPrivateBrokerPossible() ? new FaultyBroker() : undefined;

describe.skipIf(broker === undefined)('RabbitMQ by AMQP 1.0 goes away: nothing that is told is lost', () => {
  const faulty = broker as FaultyBroker;
  let place: { exchange: string; queue: string };
  beforeEach(async () => {
    place = await boundQueue(faulty.url);
  });

  async function begin(options: object = {}): Promise<FaultRun> {
    const { exchange } = place;
    const run = new FaultRun({ amqp1: { url: faulty.url, address: 'rabbitmq3', exchange, ...options } });
    run.keepTelling();
    await run.deliversMore(50);
    return run;
  }

  // It takes RabbitMQ 3 twenty seconds to stop with a connection of AMQP 1.0.
  test.runIf(isFull)('stopped in order and started again', { timeout: 300_000 }, async () => {
    const run = await begin();
    for (let round = 0; round < rounds(1, 5); round += 1) {
      await faulty.stop();
      await run.becomes('down');
      await run.tellsMore(100);
      expect(run.account.waiting).toBeGreaterThan(50);
      await faulty.start();
      await run.deliversMore(100);
    }
    expect(run.said).toMatch(/amqp1: cannot deliver, trying again/);
    await run.end(faulty.url, place);
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
    await run.end(faulty.url, place);
  });

  test('frozen until it is missed, and thawed', { timeout: 600_000 }, async () => {
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
    await run.end(faulty.url, place);
  });

  test('frozen for a moment only: nothing is sent twice', async () => {
    const run = await begin({ heartbeat: '60s' });
    onTestFinished(() => faulty.thaw());
    await faulty.freeze();
    await run.tellsMore(300);
    expect(run.health.status).toBe('up');
    await faulty.thaw();
    await run.end(faulty.url, { ...place, mayRepeat: false });
  });

  test('short of memory: it is waited for, and nothing is sent twice', { timeout: 120_000 }, async () => {
    const run = await begin({ heartbeat: '60s' });
    onTestFinished(() => faulty.alarm(false));
    for (let round = 0; round < rounds(1, 5); round += 1) {
      await faulty.alarm(true);
      // RabbitMQ 3 still takes some of what comes by AMQP 1.0.
      await run.tellsMore(300);
      await faulty.alarm(false);
      await run.deliversMore(300);
    }
    await run.end(faulty.url, { ...place, mayRepeat: false });
  });
});
