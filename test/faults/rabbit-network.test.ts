import { describe, expect, onTestFinished, test } from 'vitest';
import { FaultRun, rounds } from '../support/fault-run.js';
import { RabbitFixture, sharedBroker } from '../support/rabbit-fixture.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const rabbit = new RabbitFixture();

async function openProxy(): Promise<TcpProxy> {
  const proxy = await TcpProxy.open(rabbit.url);
  onTestFinished(() => proxy.close());
  return proxy;
}

describe.skipIf(sharedBroker() === undefined)('a network that fails loses nothing', { timeout: 120_000 }, () => {
  test('connections cut in the middle of publishing', async () => {
    const proxy = await openProxy();
    const run = new FaultRun({ rabbit: { url: proxy.urlFor(rabbit.url) } });
    run.keepTelling();
    for (let round = 0; round < rounds(20, 300); round += 1) {
      await run.deliversMore(1);
      const before = proxy.bytesFromClients;
      // Somewhere in a frame: what is told now is cut in two.
      const bytes = Math.floor(Math.random() * 50_000);
      void proxy.holdAfter(bytes);
      run.tell(200);
      await run.until(() => proxy.bytesFromClients - before > bytes);
      proxy.cut();
    }
    const { retried } = await run.end(rabbit.url);
    expect(retried).toBeGreaterThan(0);
  });

  test('a network that swallows everything, until the heartbeat is missed', async () => {
    const proxy = await openProxy();
    const run = new FaultRun({ rabbit: { url: proxy.urlFor(rabbit.url) } });
    run.keepTelling();
    await run.deliversMore(50);
    void proxy.holdAfter(0);
    await run.becomes('down');
    proxy.cut();
    await run.deliversMore(200);
    await run.end(rabbit.url);
  });

  test('a node of the cluster that is gone: the next one is used, and the first one when that is gone', async () => {
    const [first, second] = [await openProxy(), await openProxy()];
    const url = [first.urlFor(rabbit.url), second.urlFor(rabbit.url)];
    const run = new FaultRun({ rabbit: { url } });
    run.keepTelling();
    await run.deliversMore(50);
    expect(second.bytesFromClients).toBe(0);
    first.close();
    await run.until(() => second.bytesFromClients > 0);
    await run.deliversMore(100);
    await run.end(rabbit.url);
  });
});
