import { describe, test } from 'vitest';
import { begun, openProxy, testNetworkFaults, type Varied } from '../support/driver-faults.js';
import { FaultRun } from '../support/fault-run.js';
import { RabbitFixture, sharedBroker } from '../support/rabbit-fixture.js';

const rabbit = new RabbitFixture();
const begin = (varied?: Varied) => begun(new FaultRun({ rabbit: { url: rabbit.url, ...varied } }));

describe.skipIf(sharedBroker() === undefined)('a network that fails loses nothing', { timeout: 120_000 }, () => {
  testNetworkFaults(() => rabbit.url, begin, 20);

  test('a network that swallows everything, until the heartbeat is missed', async () => {
    const proxy = await openProxy(rabbit.url);
    const run = await begin({ url: proxy.urlFor(rabbit.url) });
    void proxy.holdAfter(0);
    await run.becomes('down');
    proxy.cut();
    await run.deliversMore(200);
    await run.end(rabbit.url);
  });
});
