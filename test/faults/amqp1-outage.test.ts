import { describe, onTestFinished, test } from 'vitest';
import { boundQueue, EXCHANGE_ADDRESS } from '../support/amqp1-fixture.js';
import { FaultyBroker, isPrivateBrokerPossible } from '../support/broker-faults.js';
import { begun, testOutages, type Varied } from '../support/driver-faults.js';
import { FaultRun, rounds } from '../support/fault-run.js';

const broker = isPrivateBrokerPossible() ? new FaultyBroker() : undefined;

describe.skipIf(broker === undefined)('RabbitMQ by AMQP 1.0 goes away: nothing that is told is lost', () => {
  const faulty = broker as FaultyBroker;

  async function begin(varied?: Varied): Promise<FaultRun> {
    const { exchange, queue } = await boundQueue(faulty.url);
    return begun(new FaultRun({ amqp1: { url: faulty.url, address: EXCHANGE_ADDRESS, exchange, ...varied }, queue }));
  }

  // It takes RabbitMQ 3 twenty seconds to stop with a connection of AMQP 1.0.
  testOutages(faulty, begin, { stops: false });

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
    await run.end(faulty.url, { mayRepeat: false });
  });
});
