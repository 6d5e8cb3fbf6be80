import { describe, expect, onTestFinished, test } from 'vitest';
import { Amqp1Peer, isPeerPossible } from '../support/amqp1-peer.js';
import { FaultRun, rounds } from '../support/fault-run.js';
import { TcpProxy } from '../support/tcp-proxy.js';

describe.skipIf(!isPeerPossible())('qpid-proton that fails: nothing that is told is lost', { timeout: 300_000 }, () => {
  async function begin(through: (url: string) => string = (url) => url, peer?: Amqp1Peer) {
    const own = peer ?? (await Amqp1Peer.start());
    onTestFinished(() => own.stop());
    const run = new FaultRun({ amqp1: { url: through(own.url), creditTimeout: '1s' } });
    run.keepTelling();
    await run.deliversMore(50);
    return { peer: own, run, taken: async () => (await own.accepted()).map(({ id }) => id) };
  }

  test.each(['SIGTERM', 'SIGKILL'] as const)('ended by %s and started again', async (signal) => {
    const { peer, run, taken } = await begin();
    for (let round = 0; round < rounds(2, 30); round += 1) {
      run.tell(Math.floor(Math.random() * 1_000));
      await run.deliversMore(Math.floor(Math.random() * 100));
      await peer.stop(signal);
      await run.becomes('down');
      await run.tellsMore(50);
      await peer.start();
      await run.deliversMore(100);
    }
    await run.end(taken);
  });

  test('frozen until it is missed, and thawed', async () => {
    const { peer, run, taken } = await begin();
    for (let round = 0; round < rounds(1, 10); round += 1) {
      peer.signal('SIGSTOP');
      run.tell(500);
      await run.becomes('down');
      peer.signal('SIGCONT');
      await run.deliversMore(300);
    }
    await run.end(taken);
  });

  test('no credit for a while: health says so, nothing is held beyond the window, and nothing is sent twice', async () => {
    const { peer, run, taken } = await begin();
    for (let round = 0; round < rounds(1, 10); round += 1) {
      await peer.tell({ new_credit: 0 });
      await run.becomes('degraded');
      expect(run.health.reason).toMatch(/has given no credit for 1000 ms: see that the queue has room/);
      const { delivered } = run.account;
      run.tell(2_000);
      await run.tellsMore(100);
      expect(run.account).toMatchObject({ delivered });
      expect(run.account.inFlight).toBeLessThanOrEqual(1_000);
      await peer.tell({ credit: 20 });
      await run.deliversMore(500);
    }
    const { duplicated } = await run.end(taken);
    expect(duplicated).toBe(0);
  });

  test('links detached, sessions ended and connections closed while it is told', async () => {
    const { peer, run, taken } = await begin();
    const why = { condition: 'amqp:resource-deleted', description: 'the operator is at it' };
    const address = `${run.topic}.info`;
    for (let round = 0; round < rounds(4, 100); round += 1) {
      for (const fault of [{ detach: { address, ...why } }, { end_sessions: why }, { close: why }]) {
        run.tell(200);
        await run.deliversMore(1 + Math.floor(Math.random() * 50));
        await peer.tell(fault);
        await run.deliversMore(20);
      }
    }
    await peer.tell({ unknown: [address], detach: { address, ...why } });
    await run.until(() => /create it, or correct the option address/.test(run.health.reason ?? ''));
    await run.tellsMore(100);
    await peer.tell({ unknown: [] });
    await run.deliversMore(100);
    expect(run.said).toContain('the operator is at it');
    await run.end(taken);
  });

  test('messages released and modified at random', async () => {
    const { peer, run, taken } = await begin();
    for (let round = 0; round < rounds(5, 50); round += 1) {
      await peer.tell({
        outcomes: Array.from(
          { length: 50 },
          () => ['release', 'accept', 'modify'][Math.floor(Math.random() * 3)] as string,
        ),
      });
      await run.deliversMore(100);
    }
    const { duplicated, retried } = await run.end(taken);
    expect(retried).toBeGreaterThan(0);
    expect(duplicated).toBe(0);
  });

  test('connections cut in the middle of a frame', async () => {
    const peer = await Amqp1Peer.start();
    const proxy = await TcpProxy.open(peer.url);
    onTestFinished(() => proxy.close());
    const { run, taken } = await begin((url) => proxy.urlFor(url), peer);
    for (let round = 0; round < rounds(8, 100); round += 1) {
      // Not more at a time than a small peer in Python gets done.
      await run.deliversMore(100);
      const before = proxy.bytesFromClients;
      const bytes = Math.floor(Math.random() * 20_000);
      void proxy.holdAfter(bytes);
      run.tell(200);
      await run.until(() => proxy.bytesFromClients - before > bytes);
      proxy.cut();
    }
    const { retried } = await run.end(taken);
    expect(retried).toBeGreaterThan(0);
  });
});
