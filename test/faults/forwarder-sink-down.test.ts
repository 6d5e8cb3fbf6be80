import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { SinkStats } from '../../src/forwarder/index.js';
import { decodeNotification } from '../../src/listener/index.js';
import { uniqueName } from '../support/amqp-probe.js';
import { FaultyBroker, isPrivateBrokerPossible } from '../support/broker-faults.js';
import { consumeAll, isFull } from '../support/fault-run.js';
import { forwarding, temporaryDirectory } from '../support/forwarding.js';
import { HttpServer } from '../support/http-server.js';
import { publish, until } from '../support/listening.js';
import { RabbitFixture } from '../support/rabbit-fixture.js';

/** How long the sinks are down in the full version. */
const MINUTE_MS = 60_000;

describe.skipIf(!isPrivateBrokerPossible())('a forwarder whose sinks are down under load', () => {
  const rabbit = new RabbitFixture();
  const far = new FaultyBroker();

  /** A webhook that remembers the ids it has answered for. */
  async function hook() {
    const ids = new Set<string>();
    const server = await HttpServer.start(({ body }) => {
      const decoded = decodeNotification(body);
      if ('reason' in decoded) return 400;
      ids.add(decoded.notification.messageId);
      return 204;
    });
    return { ids, server };
  }

  async function begin(hasSpool: boolean) {
    const [from, topic] = [uniqueName('from'), uniqueName('topic')];
    const [kept, passing] = [await hook(), await hook()];
    const at = { url: far.url, connectTimeout: '1s' };
    const { forwarder } = await forwarding({
      sources: [{ source: 'rabbit', url: rabbit.url, exchange: from, topics: topic, prefetch: 100 }],
      ...(hasSpool && { spoolDir: temporaryDirectory() }),
      sinks: [
        { driver: 'webhook', name: 'kept-hook', url: kept.server.url, wireFormat: 'plain' },
        { driver: 'rabbit', name: 'kept-queue', ...at, topics: `${topic}-kept` },
        { driver: 'webhook', name: 'passing-hook', url: passing.server.url, wireFormat: 'plain', persist: false },
        { driver: 'rabbit', name: 'passing-queue', ...at, topics: `${topic}-passing`, persist: false },
      ],
    });
    const told: string[] = [];
    const telling = setInterval(() => {
      const all = publish(rabbit.probe, from, topic, ...Array.from({ length: 4 }, (_, n) => ({ payload: { n } })));
      told.push(...all.map(({ messageId }) => messageId));
    }, 20);
    onTestFinished(() => clearInterval(telling));
    const sinks = () => forwarder.stats().sinks;
    return {
      hasSpool,
      forwarder,
      told,
      kept,
      passing,
      topic,
      sinks,
      statuses: () => Object.values(sinks()).map(({ status }) => status),
      stopTelling: () => clearInterval(telling),
    };
  }

  type Run = Awaited<ReturnType<typeof begin>>;
  const delivered = ({ sinks }: Run) => Object.values(sinks()).map((sink) => sink.delivered);
  const droppedBy = ({ dropped = {} }: Partial<SinkStats> = {}) =>
    Object.values(dropped).reduce((sum, count) => sum + count, 0);

  /** Each one told is delivered or counted, and none is missing that is not counted. */
  async function check(run: Run): Promise<object> {
    const { forwarder, told, kept, passing, topic, sinks, hasSpool } = run;
    const source = () => forwarder.stats().sources.rabbit;
    // A minute's backlog takes its time.
    const isThrough = () =>
      source()?.forwarded === told.length && Object.values(sinks()).every(({ waiting }) => waiting === 0);
    await vi.waitUntil(isThrough, { timeout: 120_000, interval: 20 });
    expect(source()).toMatchObject({ received: told.length, pending: 0, retried: 0, dead: 0, givenBack: 0 });
    const inQueue = async (name: string) => new Set(await consumeAll(far.url, `tidings.${topic}-${name}.info`));
    const lost = (ids: ReadonlySet<string>) => told.filter((id) => !ids.has(id)).length;
    const report = {
      hasSpool,
      told: told.length,
      keptLost: [lost(kept.ids), lost(await inQueue('kept'))],
      passingLost: [lost(passing.ids), lost(await inQueue('passing'))],
      passingDropped: [sinks()['passing-hook']?.dropped, sinks()['passing-queue']?.dropped],
    };
    expect(report.keptLost).toEqual([0, 0]);
    for (const name of ['kept-hook', 'kept-queue']) {
      expect(sinks()[name]).toMatchObject({ delivered: told.length, dropped: {}, dead: 0 });
    }
    for (const [index, name] of ['passing-hook', 'passing-queue'].entries()) {
      const stats = sinks()[name];
      const dropped = droppedBy(stats);
      expect((stats?.delivered ?? 0) + dropped, name).toBe(told.length);
      // One that arrived without its answer may be counted as dropped, but none is missing that is not.
      expect(report.passingLost[index], name).toBeLessThanOrEqual(dropped);
      // Where the source waits, all that it has taken may have come through just before.
      if (!hasSpool) continue;
      expect(stats?.dropped.down, name).toBeGreaterThan(0);
      expect(report.passingLost[index], name).toBeGreaterThan(0);
    }
    return report;
  }

  it('loses nothing that is persistent, and counts all the rest', { timeout: 600_000 }, async () => {
    const runs = [await begin(false), await begin(true)];
    const servers = runs.flatMap(({ kept, passing }) => [kept.server, passing.server]);
    for (const run of runs) await until(() => delivered(run).every((count) => count >= 40));
    await Promise.all([...servers.map((server) => server.kill()), far.stop()]);
    for (const run of runs) await until(() => run.statuses().every((status) => status === 'down'));
    const down = performance.now();
    const before = runs.map(({ told }) => told.length);
    if (isFull) await delay(MINUTE_MS);
    for (const [index, run] of runs.entries()) {
      await until(() => run.told.length >= (before[index] ?? 0) + 200);
      expect(run.forwarder.health().status).toBe('down');
      const { pending = 0 } = run.forwarder.stats().sources.rabbit ?? {};
      // Without a spool the source waits, with one it goes on.
      if (!run.hasSpool) expect(pending).toBe(100);
      else await until(() => (run.sinks()['kept-queue']?.waiting ?? 0) > 200);
    }
    const downMs = Math.round(performance.now() - down);
    await Promise.all([...servers.map((server) => server.listen()), far.start()]);
    for (const run of runs) {
      const until100More = delivered(run).map((count) => count + 100);
      await until(() => delivered(run).every((count, index) => count >= (until100More[index] ?? 0)));
      await until(() => run.statuses().every((status) => status === 'up'));
    }
    for (const run of runs) run.stopTelling();
    for (const run of runs) {
      const report = await check(run);
      if (isFull) console.log(JSON.stringify({ downMs, ...report }));
    }
  });
});
