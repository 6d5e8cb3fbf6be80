import { expect, onTestFinished, test } from 'vitest';
import type { FaultyBroker } from './broker-faults.js';
import { type FaultRun, isFull, rounds } from './fault-run.js';
import { TcpProxy } from './tcp-proxy.js';

/** What a driver is set up with, over its own settings of the test file. */
export interface Varied {
  readonly url?: string | string[];
  readonly heartbeat?: string;
}

/** Makes a run of the driver under test, which keeps telling and has delivered some. */
export type Begin = (varied?: Varied) => Promise<FaultRun>;

/** Has it tell, and waits until some of it is delivered. */
export async function begun(run: FaultRun): Promise<FaultRun> {
  run.keepTelling();
  await run.deliversMore(50);
  return run;
}

/**
 * A broker that goes away, for every driver that publishes to one: the faults that they must survive alike. `stops`: false
 * where stopping takes so long that only the full rounds do it.
 */
export function testOutages(faulty: FaultyBroker, begin: Begin, { stops = true } = {}): void {
  test.runIf(stops || isFull)('stopped in order and started again', { timeout: 300_000 }, async () => {
    const run = await begin();
    for (let round = 0; round < rounds(1, 5); round += 1) {
      await faulty.stop();
      await run.becomes('down');
      await run.tellsMore(100);
      expect(run.account.waiting).toBeGreaterThan(50);
      await faulty.start();
      await run.deliversMore(100);
    }
    expect(run.said).toMatch(/: cannot deliver, trying again/);
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
    const run = await begin({ heartbeat: '60s' });
    onTestFinished(() => faulty.thaw());
    await faulty.freeze();
    await run.tellsMore(300);
    expect(run.health.status).toBe('up');
    await faulty.thaw();
    await run.end(faulty.url, { mayRepeat: false });
  });
}

/** A proxy in front of a broker, closed after the test. */
export async function openProxy(url: string): Promise<TcpProxy> {
  const proxy = await TcpProxy.open(url);
  onTestFinished(() => proxy.close());
  return proxy;
}

/** A network that fails between a driver and its broker. `cuts`: how often a connection is cut, but for the full rounds. */
export function testNetworkFaults(url: () => string, begin: Begin, cuts: number): void {
  test('connections cut in the middle of publishing', async () => {
    const proxy = await openProxy(url());
    const run = await begin({ url: proxy.urlFor(url()) });
    for (let round = 0; round < rounds(cuts, 300); round += 1) {
      await run.deliversMore(1);
      const before = proxy.bytesFromClients;
      // Somewhere in a frame: what is told now is cut in two.
      const bytes = Math.floor(Math.random() * 50_000);
      void proxy.holdAfter(bytes);
      run.tell(200);
      await run.until(() => proxy.bytesFromClients - before > bytes);
      proxy.cut();
    }
    const { retried } = await run.end(url());
    expect(retried).toBeGreaterThan(0);
  });

  test('a node of the cluster that is gone: the next one is used', async () => {
    const [first, second] = [await openProxy(url()), await openProxy(url())];
    const run = await begin({ url: [first.urlFor(url()), second.urlFor(url())] });
    expect(second.bytesFromClients).toBe(0);
    first.close();
    await run.until(() => second.bytesFromClients > 0);
    await run.deliversMore(100);
    await run.end(url());
  });
}
