import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { decodeNotification } from '../../src/listener/index.js';
import { uniqueName } from '../support/amqp-probe.js';
import { CliProcess } from '../support/cli-process.js';
import { isFull, rounds } from '../support/fault-run.js';
import { expectBalancedMetrics, temporaryDirectory, temporaryFile } from '../support/forwarding.js';
import { publish, until } from '../support/listening.js';
import { RabbitFixture, sharedBroker } from '../support/rabbit-fixture.js';

describe.skipIf(sharedBroker() === undefined)('a forwarder that is killed', () => {
  const rabbit = new RabbitFixture();

  it.each([
    ['without a spool', false],
    ['with a spool, behind routes', true],
  ])('under load, again and again, loses nothing %s', { timeout: 300_000 }, async (_, hasSpool) => {
    const [exchange, topic] = [uniqueName('from'), uniqueName('topic')];
    const to = { driver: 'rabbit', url: rabbit.url, exchange: uniqueName('to') };
    const topics = `${topic}-to`;
    const config = {
      ...(hasSpool && { spoolDir: temporaryDirectory() }),
      sources: [{ source: 'rabbit', url: rabbit.url, exchange, topics: topic, prefetch: 100, retryDelays: [100] }],
      sinks: [hasSpool ? { topics, routes: [{ events: '*', drivers: [to] }] } : { ...to, topics }],
      http: { port: 0 },
    };
    const path = temporaryFile('forward.json', JSON.stringify(config));
    const run = async () => {
      const forwarder = new CliProcess(['forward', '-c', path]);
      const { http } = JSON.parse(await forwarder.says(/"message":"forwarding"/));
      return { forwarder, http };
    };
    const ids: string[] = [];
    const seen = new Map<string, number>();
    let { forwarder, http } = await run();
    for (let round = 0; round < rounds(3, 20); round += 1) {
      const all = publish(
        rabbit.probe,
        exchange,
        topic,
        ...Array.from({ length: 600 }, (_, n) => ({ payload: { n } })),
      );
      ids.push(...all.map(({ messageId }) => messageId));
      await delay(5 + Math.random() * 120);
      await expectBalancedMetrics(http);
      await forwarder.kill('SIGKILL');
      ({ forwarder, http } = await run());
    }
    const consume = async () => {
      for (const { content } of await rabbit.probe.take(`tidings.${topic}-to.info`)) {
        const decoded = decodeNotification(content);
        if ('reason' in decoded) throw new Error(decoded.reason);
        const { messageId } = decoded.notification;
        seen.set(messageId, (seen.get(messageId) ?? 0) + 1);
      }
      return ids.every((id) => seen.has(id));
    };
    await until(consume);
    expect(await expectBalancedMetrics(http)).toBeGreaterThan(0);
    expect(await forwarder.kill('SIGTERM')).toBe(0);
    await consume();
    const twice = [...seen.values()].reduce((sum, count) => sum + count - 1, 0);
    if (isFull)
      console.log(
        JSON.stringify({ hasSpool, told: ids.length, lost: ids.filter((id) => !seen.has(id)).length, twice }),
      );
    expect([...seen.keys()].sort()).toEqual([...ids].sort());
    for (const queue of [`tidings.${topic}.info`, `tidings.${topic}.info.retry.1`, `tidings.${topic}.info.dead`]) {
      expect((await rabbit.probe.channel.checkQueue(queue)).messageCount).toBe(0);
    }
  });
});
