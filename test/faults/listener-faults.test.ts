import { connect } from 'amqplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AmqpProbe, uniqueName } from '../support/amqp-probe.js';
import { declareOnRabbitmq4, NAME_ADDRESS } from '../support/amqp1-fixture.js';
import { listeningByAmqp1, sendByAmqp1 } from '../support/amqp1-listening.js';
import { FaultyBroker, isPrivateBrokerPossible } from '../support/broker-faults.js';
import { isFull, rounds } from '../support/fault-run.js';
import { gate, Heard, listening, publish, until } from '../support/listening.js';
import { isHoldingLimited, isRabbitmq3 } from '../support/rabbit-fixture.js';
import { ctl } from '../support/rabbitmq.js';

describe.skipIf(!isPrivateBrokerPossible())('a listener whose broker fails', () => {
  const broker = new FaultyBroker();

  it('hears every durable message after each restart, and each one once', { timeout: 300_000 }, async () => {
    const { listener, exchange, topic, reporter } = listening({ url: broker.url, heartbeat: '1s', retryDelays: [200] });
    const calls = new Map<string, number>();
    listener.on('*', ({ messageId }) => void calls.set(messageId, (calls.get(messageId) ?? 0) + 1));
    await listener.start();
    const byAmqp1 = listeningByAmqp1({
      url: broker.url,
      address: NAME_ADDRESS,
      heartbeat: '1s',
      retryDelays: [200],
      prefetch: 20,
    });
    const before = await AmqpProbe.open(broker.url);
    await declareOnRabbitmq4(before.channel, `${byAmqp1.topic}.info`);
    await before.close();
    byAmqp1.listener.on('*', ({ messageId }) => void calls.set(messageId, (calls.get(messageId) ?? 0) + 1), {
      priority: 'INFO',
    });
    await byAmqp1.listener.start();
    const ids: string[] = [];
    for (let round = 0; round < rounds(1, 20); round += 1) {
      const model = await connect(broker.url);
      model.on('error', () => undefined);
      const channel = await model.createConfirmChannel();
      const told = publish({ channel }, exchange, topic, ...Array.from({ length: 500 }, () => ({})));
      told.push(...publish({ channel }, '', byAmqp1.topic, ...Array.from({ length: 500 }, () => ({}))));
      // What the broker has confirmed is on its disk.
      await channel.waitForConfirms();
      ids.push(...told.map(({ messageId }) => messageId));
      await until(() => calls.size > ids.length - 900);
      await (round % 2 === 0 ? broker.stop() : broker.kill());
      await until(() => listener.health().status === 'down' && byAmqp1.listener.health().status === 'down');
      await broker.start();
      await until(() => calls.size === ids.length);
      await until(() => listener.stats().pending === 0 && byAmqp1.listener.stats().pending === 0);
    }
    if (isFull) console.log(JSON.stringify({ told: ids.length, handled: calls.size, stats: listener.stats() }));
    expect(ids.filter((id) => !calls.has(id))).toEqual([]);
    expect([...calls.values()].filter((count) => count !== 1)).toEqual([]);
    expect(reporter.lines.join('\n')).toContain('not listening, it is tried again: the broker at amqp://');
    for (const each of [listener, byAmqp1.listener]) expect(each.stats().lostConnections).toBeGreaterThan(0);
  });

  it('puts poison aside and hears all the rest', { timeout: 300_000 }, async () => {
    const [poison, good] = isFull ? [10_000, 100_000] : [500, 5_000];
    const { listener, exchange, topic } = listening({ url: broker.url, retryDelays: [10, 20], prefetch: 200 });
    const heard = new Set<string>();
    listener.on('*', ({ eventType, messageId }) => {
      if (eventType === 'poison.handler') throw new Error('poison');
      heard.add(messageId);
    });
    await listener.start();
    const probe = await AmqpProbe.open(broker.url);
    const begun = performance.now();
    const every = good / poison;
    for (let n = 0; n < good; n += 1) {
      publish(probe, exchange, topic, { eventType: 'good.one' });
      if (n % every !== 0) continue;
      if ((n / every) % 2 === 0) publish(probe, exchange, topic, { eventType: 'poison.handler' });
      else probe.channel.publish(exchange, `${topic}.info`, Buffer.from('{"priority": "poison"'));
      if (n % 1_000 === 0) await probe.channel.checkExchange(exchange);
    }
    const dead = { malformed: poison / 2, failed: poison / 2, refused: 0 };
    await until(() => listener.stats().handled === good && listener.stats().dead.failed === poison / 2);
    expect(listener.stats()).toMatchObject({ handled: good, dead, retried: poison, pending: 0 });
    expect(heard.size).toBe(good);
    const letters = await probe.channel.checkQueue(`tidings.${topic}.info.dead`);
    expect(letters.messageCount).toBe(poison);
    if (isFull) console.log(`${good} good and ${poison} poison in ${Math.round(performance.now() - begun)} ms`);
    await probe.close();
  });

  it('holds what it cannot put aside, and goes on with the rest', async () => {
    const { listener, exchange, topic, reporter } = listening({ url: broker.url, queueMaxBytes: 600 });
    const heard = new Heard();
    listener.on('*', heard.take, { priority: 'INFO' });
    await listener.start();
    const probe = await AmqpProbe.open(broker.url);
    // The first two fill the queue of dead letters; no more than a few are held.
    for (let n = 0; n < 5; n += 1) {
      probe.channel.publish(exchange, `${topic}.info`, Buffer.from(`${n}${'x'.repeat(350)}`));
      await until(() => listener.stats().received === n + 1);
    }
    publish(probe, exchange, topic, { payload: 1 }, { payload: 2 });
    await heard.until(2);
    const dead = `tidings.${topic}.info.dead`;
    await until(() => reporter.lines.some((line) => line.includes(`cannot put a message into '${dead}', it is held`)));
    const before = listener.stats();
    expect(before.pending).toBeGreaterThan(0);
    expect(before.pending + before.dead.malformed).toBe(5);
    let taken = 0;
    while (taken < 5) {
      taken += (await probe.take(dead)).length;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await until(() => listener.stats().pending === 0);
    await probe.close();
  });

  it('stops while the broker answers nothing', async () => {
    const { listener, exchange, topic } = listening({ url: broker.url, heartbeat: '60s' });
    const heard = new Heard();
    listener.on('*', heard.take);
    await listener.start();
    const probe = await AmqpProbe.open(broker.url);
    publish(probe, exchange, topic, {});
    await heard.until(1);
    await broker.freeze();
    try {
      await listener.stop({ timeoutMs: 100 });
      expect(listener.health()).toEqual({ status: 'stopped' });
    } finally {
      await broker.thaw();
    }
    await probe.close();
  });

  describe('and closes the channel of who does not acknowledge in time', () => {
    const setTimes = (consumerMs: number, tickMs: number) =>
      ctl(
        broker.access,
        'eval',
        `application:set_env(rabbit, consumer_timeout, ${consumerMs}), application:set_env(rabbit, channel_tick_interval, ${tickMs}).`,
      );
    beforeAll(() => setTimes(1_500, 100));
    afterAll(() => setTimes(1_800_000, 60_000));

    it.skipIf(!isHoldingLimited)('says so, calls nothing twice, and goes on with the rest', async () => {
      const { listener, exchange, topic, reporter } = listening({ url: broker.url, handlerTimeout: false });
      const calls: string[] = [];
      const held = gate();
      listener.on('*', ({ eventType }) => {
        calls.push(eventType);
        return eventType === 'image.held' ? held.opened : undefined;
      });
      await listener.start();
      const probe = await AmqpProbe.open(broker.url);
      publish(probe, exchange, topic, { eventType: 'image.held' });
      await until(() => listener.stats().lostConnections === 1 && listener.stats().received === 2);
      expect(reporter.lines.join('\n')).toMatch(
        /not listening, it is tried again: .*it closed the channel \(PRECONDITION_FAILED.*timed out.*\): let handlers take less/,
      );
      publish(probe, exchange, topic, { eventType: 'image.next' });
      await until(() => listener.stats().handled === 1);
      held.open();
      await until(() => listener.stats().pending === 0);
      expect(calls).toEqual(['image.held', 'image.next']);
      expect(listener.stats()).toMatchObject({ handled: 2, duplicates: 1, givenBack: 0 });
      await probe.close();
    });

    // By AMQP 1.0 RabbitMQ 4 has no such limit, for classic queues.
    it.skipIf(!isRabbitmq3)('says so by AMQP 1.0 too', async () => {
      const { listener, topic, reporter } = listeningByAmqp1({ url: broker.url, handlerTimeout: false });
      const held = gate();
      let calls = 0;
      const hold = () => {
        calls += 1;
        return held.opened;
      };
      await listener.on('*', hold, { priority: 'INFO' }).start();
      await sendByAmqp1({ url: broker.url }, topic, {});
      await until(() => listener.stats().lostConnections === 1 && listener.stats().received === 2);
      expect(reporter.lines.join('\n')).toMatch(/it closed the session .*timed out.*\): let handlers take less time/);
      held.open();
      await until(() => listener.stats().pending === 0);
      expect(calls).toBe(1);
    });

    it('has no cause to while a handler that never ends is given up before', async () => {
      const { listener, exchange, topic } = listening({ url: broker.url, concurrency: 1, handlerTimeout: '300ms' });
      const heard = new Heard();
      listener.on('image.hangs', () => new Promise(() => {})).on('image.next', heard.take);
      await listener.start();
      const probe = await AmqpProbe.open(broker.url);
      const begun = performance.now();
      publish(probe, exchange, topic, ...['hangs', 'next'].map((name) => ({ eventType: `image.${name}` })));
      await until(() => listener.stats().dead.failed === 1 && listener.stats().pending === 0);
      // Longer than the broker waits, and than it takes to see that.
      await until(() => performance.now() - begun > 2_500);
      publish(probe, exchange, topic, { eventType: 'image.next' });
      await heard.until(2);
      expect(listener.stats()).toMatchObject({ handled: 2, retried: 2, overdue: 3, lostConnections: 0 });
      await probe.close();
    });
  });

  it('is not heard of by a login that is refused', async () => {
    const url = broker.url.replace(/\/\/[^@]*@/, '//nobody:secret-word@');
    const { listener, reporter } = listening({ url, topics: uniqueName('topic') });
    listener.on('*', () => undefined);
    const started = listener.start();
    await until(() => listener.health().error !== undefined);
    expect(listener.health()).toMatchObject({ status: 'down', error: expect.stringContaining('it refused the login') });
    await listener.stop();
    await expect(started).rejects.toThrow('the listener was stopped before it was connected');
    expect(reporter.lines.join('\n')).not.toContain('secret-word');
  });
});
