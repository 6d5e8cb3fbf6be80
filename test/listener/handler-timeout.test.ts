import { describe, expect, it } from 'vitest';
import { gate, Heard, listening, publish, until } from '../support/listening.js';
import { RabbitFixture, sharedBroker } from '../support/rabbit-fixture.js';

describe.skipIf(sharedBroker() === undefined)('a listener whose handlers do not end', () => {
  const rabbit = new RabbitFixture();

  it('gives up a handler that takes too long, tries again, and heeds nothing that it still does', async () => {
    const { listener, exchange, topic, reporter } = listening({ url: rabbit.url, concurrency: 1, handlerTimeout: 50 });
    const signals: AbortSignal[] = [];
    const others = new Heard();
    const held = gate();
    listener.on('image.create', others.take);
    listener.on('image.hangs', async (_, { signal }) => {
      signals.push(signal);
      await held.opened;
      // One ends well and the others do not: nobody asks any more.
      if (signals.length === 3) throw new Error('too late');
    });
    await listener.start();
    const types = ['image.hangs', 'image.create'];
    publish(rabbit.probe, exchange, topic, ...types.map((eventType) => ({ eventType })));
    await until(() => listener.stats().dead.failed === 1 && listener.stats().pending === 0);
    expect(others.types).toEqual(['image.create']);
    expect(signals.map(({ reason }) => reason.name)).toEqual(['TimeoutError', 'TimeoutError', 'TimeoutError']);
    expect(listener.stats()).toMatchObject({ handled: 1, retried: 2, running: 0, overdue: 3, late: 0 });
    expect(listener.stats().longestMs).toBeGreaterThanOrEqual(150);
    expect(listener.health()).toEqual({ status: 'up', overdue: 3 });
    const reason = "the handler 'image.hangs' has not ended in 50 ms";
    expect(reporter.lines).toContain(`${reason}: the message is tried without it, and the handler still runs`);
    held.open();
    await until(() => listener.stats().late === 3);
    expect(listener.stats()).toMatchObject({ handled: 1, dead: { failed: 1 }, overdue: 0, longestMs: 0 });
    expect(listener.health()).toEqual({ status: 'up' });
    const [letter] = await rabbit.probe.take(`tidings.${topic}.info.dead`);
    expect(letter?.properties.headers).toMatchObject({ 'x-tidings-cause': 'failed', 'x-tidings-reason': reason });
  });

  it('gives up a whole batch that takes too long', async () => {
    const { listener, exchange, topic } = listening({ url: rabbit.url, handlerTimeout: 50, retryDelays: [] });
    const signals: AbortSignal[] = [];
    const hang = (_: unknown, deliveries: readonly { signal: AbortSignal }[]) => {
      signals.push(...deliveries.map(({ signal }) => signal));
      return new Promise(() => {});
    };
    listener.on('*', hang, { batch: { size: 3 } });
    await listener.start();
    publish(rabbit.probe, exchange, topic, {}, {}, {});
    await until(() => listener.stats().dead.failed === 3);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true]);
    expect(listener.stats()).toMatchObject({ pending: 0, overdue: 1 });
  });

  it('says how long a handler runs that may run for ever', async () => {
    const { listener, exchange, topic } = listening({ url: rabbit.url, handlerTimeout: false });
    const held = gate();
    listener.on('*', () => held.opened);
    await listener.start();
    publish(rabbit.probe, exchange, topic, {});
    await until(() => listener.stats().longestMs > 100);
    expect(listener.stats()).toMatchObject({ running: 1, overdue: 0, pending: 1 });
    held.open();
    await until(() => listener.stats().handled === 1);
    expect(listener.stats().longestMs).toBe(0);
  });
});
