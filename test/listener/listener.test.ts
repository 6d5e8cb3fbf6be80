import type { GetMessage } from 'amqplib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RefusedError } from '../../src/index.js';
import { DEAD, REQUEUE } from '../../src/listener/index.js';
import { uniqueName } from '../support/amqp-probe.js';
import { gate, Heard, listening, publish, until } from '../support/listening.js';
import { RabbitFixture, sharedBroker } from '../support/rabbit-fixture.js';
import { TcpProxy } from '../support/tcp-proxy.js';

describe.skipIf(sharedBroker() === undefined)('a listener', () => {
  const rabbit = new RabbitFixture();

  it('calls handlers by pattern, priority and filter, and acknowledges when they are done', async () => {
    const { listener, exchange, topic } = listening({ url: rabbit.url });
    const [images, errors, mine, all] = [new Heard(), new Heard(), new Heard(), new Heard()];
    listener
      .on('image.*,!image.send', images.take)
      .on('*', errors.take, { priority: ['ERROR', 'CRITICAL'] })
      .on('*', mine.take, {
        where: {
          publisherId: 'image.*',
          context: { project_id: /^p\d$/ },
          payload: { 'properties.os': ['linux', 'bsd'] },
        },
      })
      .on('*', all.take);
    await listener.start();
    expect(listener.health()).toEqual({ status: 'up' });
    const payload = { properties: { os: 'bsd' } };
    publish(
      rabbit.probe,
      exchange,
      topic,
      { eventType: 'image.create' },
      { eventType: 'image.send' },
      { eventType: 'task.run', priority: 'ERROR', payload: 'it broke' },
      { eventType: 'image.update', payload, context: { project_id: 'p1' } },
      { eventType: 'image.update', payload, context: { project_id: 'other' } },
      { eventType: 'task.create', payload, context: { project_id: 'p1' }, publisherId: 'compute.h' },
    );
    await all.until(6);
    expect(images.types.sort()).toEqual(['image.create', 'image.update', 'image.update']);
    expect(errors.types).toEqual(['task.run']);
    expect(mine.types).toEqual(['image.update']);
    await until(() => listener.stats().handled === 6);
    await listener.stop();
    expect(listener.stats()).toMatchObject({ received: 6, handled: 6, pending: 0, givenBack: 0 });
    for (const priority of ['info', 'error']) {
      expect(await rabbit.probe.take(`tidings.${topic}.${priority}`)).toEqual([]);
    }
  });

  it('acknowledges what is for nobody', async () => {
    const { listener, exchange, topic } = listening({ url: rabbit.url });
    const heard = new Heard();
    listener.on('image.create', heard.take);
    await listener.start();
    publish(rabbit.probe, exchange, topic, { eventType: 'task.run' }, { eventType: 'image.create' });
    await heard.until(1);
    await until(() => listener.stats().pending === 0);
    expect(listener.stats()).toMatchObject({ handled: 1, ignored: 1 });
  });

  it('tries again what failed, then puts it among the dead letters with the reason', async () => {
    const { listener, exchange, topic, reporter } = listening({ url: rabbit.url });
    const attempts: [number, boolean, string][] = [];
    listener.on('*', (_, { attempt, redelivered, queue }) => {
      attempts.push([attempt, redelivered, queue]);
      throw new Error(`no\nroom ${attempt}, password=hunter2`);
    });
    await listener.start();
    const [told] = publish(rabbit.probe, exchange, topic, {});
    const queue = `tidings.${topic}.info`;
    // A retry may come before the broker has confirmed that it is there.
    await until(() => listener.stats().dead.failed === 1 && listener.stats().pending === 0);
    expect(attempts).toEqual([
      [1, false, queue],
      [2, true, queue],
      [3, true, queue],
    ]);
    expect(listener.stats()).toMatchObject({ received: 3, retried: 2, pending: 0 });
    await listener.stop();
    const [letter, ...rest] = await rabbit.probe.take(`${queue}.dead`);
    expect(rest).toEqual([]);
    expect(letter?.content.toString()).toContain(told?.messageId);
    expect(letter?.properties).toMatchObject({ contentType: 'application/json', deliveryMode: 2 });
    expect(letter?.properties.headers).toMatchObject({
      'x-tidings-reason': expect.stringMatching(/^no room 3, password=(?!hunter2)/),
      'x-tidings-cause': 'failed',
      'x-tidings-attempts': 3,
      'x-tidings-queue': queue,
      'x-tidings-exchange': exchange,
      'x-tidings-routing-key': `${topic}.info`,
      'x-tidings-failed-at': expect.stringMatching(/^\d{4}-.*Z$/),
    });
    for (const level of [1, 2]) expect(await rabbit.probe.take(`${queue}.retry.${level}`)).toEqual([]);
    expect(reporter.lines.join('\n')).toContain(`a message went to '${queue}.dead' (failed): no room 3`);
  });

  it('goes by what a handler returns, and by a refusal', async () => {
    const { listener, exchange, topic } = listening({ url: rabbit.url });
    const calls: string[] = [];
    listener.on('*', async ({ eventType }, { attempt }) => {
      calls.push(`${eventType} ${attempt}`);
      if (eventType === 'a.requeue' && attempt === 1) return REQUEUE;
      if (eventType === 'a.dead') return DEAD;
      if (eventType === 'a.refused') throw new RefusedError('never');
      return 'anything else';
    });
    await listener.start();
    const types = ['a.requeue', 'a.dead', 'a.refused', 'a.handled'];
    publish(rabbit.probe, exchange, topic, ...types.map((eventType) => ({ eventType })));
    await until(() => listener.stats().handled === 2 && listener.stats().dead.refused === 2);
    expect(calls.sort()).toEqual(['a.dead 1', 'a.handled 1', 'a.refused 1', 'a.requeue 1', 'a.requeue 2']);
    const letters = await rabbit.probe.take(`tidings.${topic}.info.dead`);
    expect(letters.map(({ properties }) => properties.headers?.['x-tidings-reason']).sort()).toEqual([
      'never',
      'the handler returned DEAD',
    ]);
  });

  it('does not call a handler again that was done, because another one failed', async () => {
    const { listener, exchange, topic } = listening({ url: rabbit.url });
    const done = new Heard();
    let failures = 0;
    listener.on('*', done.take).on('*', () => {
      failures += 1;
      if (failures < 3) throw new Error('not yet');
    });
    await listener.start();
    publish(rabbit.probe, exchange, topic, {});
    await until(() => listener.stats().handled === 1);
    expect(done.ids).toHaveLength(1);
    expect(failures).toBe(3);
  });

  it('puts what it cannot read among the dead letters, as it came', async () => {
    const { listener, exchange, topic } = listening({ url: rabbit.url });
    const heard = new Heard();
    listener.on('*', heard.take);
    await listener.start();
    const queue = `tidings.${topic}.info`;
    for (let n = 0; n < 50; n += 1) {
      const headers = { CC: ['elsewhere'], 'x-own': 'kept' };
      rabbit.probe.channel.publish(exchange, `${topic}.info`, Buffer.from(`{"poison": ${n}`), {
        headers,
        userId: 'guest',
      });
      publish(rabbit.probe, exchange, topic, { eventType: `good.n${n}` });
    }
    await heard.until(50);
    await until(() => listener.stats().dead.malformed === 50);
    expect(listener.stats()).toMatchObject({ received: 100, handled: 50, pending: 0 });
    const letters = await rabbit.probe.take(`${queue}.dead`);
    expect(letters).toHaveLength(50);
    expect(letters[0]?.content.toString()).toMatch(/^\{"poison": \d+$/);
    expect(letters[0]?.properties.headers).toMatchObject({
      'x-own': 'kept',
      'x-tidings-cause': 'malformed',
      'x-tidings-reason': expect.stringMatching(/^the body is not JSON/),
    });
    expect(letters[0]?.properties.headers).not.toHaveProperty('CC');
  });

  it('takes a duplicate for one that comes while the first is being handled', async () => {
    const { listener, exchange, topic } = listening({ url: rabbit.url });
    let calls = 0;
    const first = gate();
    listener.on('*', () => {
      calls += 1;
      return first.opened;
    });
    await listener.start();
    publish(rabbit.probe, exchange, topic, ...Array.from({ length: 5 }, () => ({ messageId: 'a' })));
    await until(() => listener.stats().received === 5);
    first.open();
    await until(() => listener.stats().pending === 0);
    expect(calls).toBe(1);
    expect(listener.stats()).toMatchObject({ handled: 1, duplicates: 4 });
  });

  it('takes a duplicate for one, only when the first was handled', async () => {
    const { listener, exchange, topic } = listening({ url: rabbit.url, duplicates: 2 });
    const calls: string[] = [];
    const first = gate();
    listener.on('*', async ({ messageId }) => {
      calls.push(messageId);
      if (calls.length === 1) {
        await first.opened;
        throw new Error('the first time it fails');
      }
    });
    await listener.start();
    publish(rabbit.probe, exchange, topic, { messageId: 'a' }, { messageId: 'a' });
    await until(() => listener.stats().received === 2);
    expect(calls).toEqual(['a']);
    first.open();
    // The duplicate is handled in place of the first, whose retry is the duplicate then.
    await until(() => listener.stats().pending === 0);
    expect(calls).toEqual(['a', 'a']);
    expect(listener.stats()).toMatchObject({ handled: 1, retried: 1, duplicates: 1 });
    for (const messageId of ['b', 'c', 'c', 'a']) {
      publish(rabbit.probe, exchange, topic, { messageId });
      await rabbit.probe.channel.checkExchange(exchange);
    }
    await until(() => listener.stats().received === 7);
    await until(() => listener.stats().pending === 0);
    // Of two that are remembered, `a` is none any more.
    expect(calls).toEqual(['a', 'a', 'b', 'c', 'a']);
  });

  it('keeps the order of the queue with concurrency 1, and runs no more than it may', async () => {
    for (const concurrency of [1, 4]) {
      const { listener, exchange, topic } = listening({ url: rabbit.url, concurrency });
      const heard = new Heard();
      let [running, most] = [0, 0];
      listener.on('*', async (each) => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
        running -= 1;
        heard.take(each);
      });
      await listener.start();
      const told = publish(rabbit.probe, exchange, topic, ...Array.from({ length: 60 }, () => ({})));
      await heard.until(60);
      expect(most).toBe(concurrency);
      if (concurrency === 1) expect(heard.ids).toEqual(told.map(({ messageId }) => messageId));
    }
  });

  it('takes no more than the prefetch', async () => {
    const { listener, exchange, topic } = listening({ url: rabbit.url, prefetch: 7, concurrency: 3 });
    const held = gate();
    listener.on('*', () => held.opened, { priority: 'INFO' });
    await listener.start();
    publish(rabbit.probe, exchange, topic, ...Array.from({ length: 30 }, () => ({})));
    await until(async () => (await rabbit.probe.channel.checkQueue(`tidings.${topic}.info`)).messageCount === 23);
    expect(listener.stats()).toMatchObject({ received: 7, pending: 7, running: 3 });
    held.open();
    await until(() => listener.stats().handled === 30);
  });

  it('hands over batches by size and by time, with one result or one for each', async () => {
    const { listener, exchange, topic } = listening({ url: rabbit.url });
    const batches: string[][] = [];
    listener.on(
      'image.*',
      (all) => {
        batches.push(all.map(({ eventType }) => eventType));
        return all.map(({ eventType }) => (eventType === 'image.n1' ? DEAD : undefined));
      },
      { batch: { size: 3, timeout: 50 } },
    );
    await listener.start();
    publish(rabbit.probe, exchange, topic, ...Array.from({ length: 7 }, (_, n) => ({ eventType: `image.n${n}` })));
    await until(() => listener.stats().pending === 0 && listener.stats().received === 7);
    expect(batches).toEqual([['image.n0', 'image.n1', 'image.n2'], ['image.n3', 'image.n4', 'image.n5'], ['image.n6']]);
    expect(listener.stats()).toMatchObject({ handled: 6, dead: { refused: 1 } });
  });

  it('takes nothing from others as a pool, or for a time', async () => {
    const exchange = uniqueName('exchange');
    const topics = uniqueName('topic');
    const options = { url: rabbit.url, exchange, topics };
    const everyone = ['one', 'one', 'two', 'two'].map((pool) => ({ ...options, pool: `${topics}-${pool}` }));
    const all = [options, ...everyone, { ...options, temporary: true }].map((each) => {
      const heard = new Heard();
      const { listener } = listening(each);
      return { heard, listener: listener.on('*', heard.take) };
    });
    for (const { listener } of all) await listener.start();
    const ids = publish(rabbit.probe, exchange, topics, ...Array.from({ length: 40 }, () => ({}))).map(
      ({ messageId }) => messageId,
    );
    const heardBy = (...indexes: number[]) => indexes.flatMap((index) => all[index]?.heard.ids ?? []);
    await until(() => heardBy(0, 1, 2, 3, 4, 5).length === 160);
    for (const group of [[0], [1, 2], [3, 4], [5]]) expect(heardBy(...group).sort()).toEqual([...ids].sort());
    const temporary = (await rabbit.listed('queues', 'name'))
      .map(({ name }) => String(name))
      .filter((name) => name.startsWith('amq.gen'));
    expect(temporary).toHaveLength(1);
    await all[5]?.listener.stop();
    expect((await rabbit.listed('queues', 'name')).map(({ name }) => name)).not.toContain(temporary[0]);
  });

  it('lets those in progress finish when it stops, and gives back the rest', async () => {
    const { listener, exchange, topic } = listening({ url: rabbit.url, concurrency: 2 });
    const held = gate();
    const heard = new Heard();
    listener.on('*', async (each) => {
      await held.opened;
      heard.take(each);
    });
    await listener.start();
    publish(rabbit.probe, exchange, topic, ...Array.from({ length: 10 }, () => ({})));
    await until(() => listener.stats().received === 10);
    const stopped = listener.stop();
    expect(listener.stop()).toBe(stopped);
    const queue = `tidings.${topic}.info`;
    await until(async () => (await rabbit.probe.channel.checkQueue(queue)).messageCount === 8);
    held.open();
    await stopped;
    expect(listener.stats()).toMatchObject({ received: 10, handled: 2, givenBack: 8, pending: 0 });
    expect(heard.ids).toHaveLength(2);
    expect(await rabbit.probe.take(queue)).toHaveLength(8);
  });

  it('lets those in progress finish when it stops while it still begins', async () => {
    const first = listening({ url: rabbit.url });
    const { exchange, topic } = first;
    await first.listener.on('*', () => {}).start();
    await first.listener.stop();
    // The first of the queues to be listened to.
    publish(rabbit.probe, exchange, topic, { priority: 'AUDIT' });
    const { listener } = listening({ url: rabbit.url, exchange, topics: topic });
    const held = gate();
    let stopped: Promise<void> | undefined;
    listener.on('*', () => {
      stopped = listener.stop();
      return held.opened;
    });
    const started = listener.start();
    await expect(started).rejects.toThrow('stopped before it was connected');
    const waits = new Promise((resolve) => setTimeout(resolve, 100, 'waits'));
    expect(await Promise.race([stopped, waits])).toBe('waits');
    held.open();
    await stopped;
    expect(listener.stats()).toMatchObject({ handled: 1, pending: 0, givenBack: 0 });
    expect(await rabbit.probe.take(`tidings.${topic}.audit`)).toEqual([]);
  });

  it('gives back what does not finish in time, and tells the handler', async () => {
    const { listener, exchange, topic } = listening({ url: rabbit.url });
    let signal: AbortSignal | undefined;
    listener.on('*', (_, delivery) => {
      signal = delivery.signal;
      return new Promise(() => {});
    });
    await listener.start();
    publish(rabbit.probe, exchange, topic, {});
    await until(() => signal !== undefined);
    await listener.stop({ timeoutMs: 10 });
    expect(signal?.aborted).toBe(true);
    await until(async () => (await rabbit.probe.channel.checkQueue(`tidings.${topic}.info`)).messageCount === 1);
  });

  it('keeps the attempts over restarts, and waits no shorter for it', async () => {
    const exchange = uniqueName('exchange');
    const topics = uniqueName('topic');
    const attempts: number[] = [];
    const options = { url: rabbit.url, exchange, topics, retryDelays: [300, 20] };
    const fail = (_: unknown, { attempt }: { attempt: number }) => {
      attempts.push(attempt);
      throw new Error('no');
    };
    const first = listening(options);
    first.listener.on('*', fail);
    await first.listener.start();
    publish(rabbit.probe, exchange, topics, {});
    await until(() => first.listener.stats().retried === 1);
    const failed = performance.now();
    await first.listener.stop();
    const second = listening(options);
    second.listener.on('*', fail);
    await second.listener.start();
    await until(() => attempts.length >= 2);
    expect(performance.now() - failed).toBeGreaterThan(200);
    await until(() => second.listener.stats().dead.failed === 1);
    expect(attempts).toEqual([1, 2, 3]);
  });

  it('counts how often a process ended that had it, and tries it no more after five', async () => {
    const exchange = uniqueName('exchange');
    const topics = uniqueName('topic');
    const options = { url: rabbit.url, exchange, topics };
    const heard = new Heard();
    const killed = listening(options);
    const begun = gate();
    killed.listener.on('*', () => {
      begun.open();
      return new Promise(() => {});
    });
    await killed.listener.start();
    for (let life = 0; life < 6; life += 1) {
      const { listener } = life === 0 ? killed : listening(options);
      if (life > 0) {
        listener.on('*', (each) => {
          heard.take(each);
          return new Promise(() => {});
        });
        await listener.start();
      } else {
        publish(rabbit.probe, exchange, topics, {});
        await begun.opened;
      }
      if (life === 5) break;
      if (life > 0) await heard.until(life);
      await listener.stop({ timeoutMs: 0 });
    }
    // Each life but the last has held it.
    await until(async () => (await rabbit.probe.channel.checkQueue(`tidings.${topics}.info.dead`)).messageCount === 1);
    const [letter] = await rabbit.probe.take(`tidings.${topics}.info.dead`);
    expect(letter?.properties.headers?.['x-tidings-reason']).toBe(
      'given back unfinished 5 times: the process that had it ended',
    );
    expect(heard.ids).toHaveLength(4);
  });

  it('takes at once what a quorum queue was given back: such a queue counts by itself', async () => {
    const { listener, topic } = listening({ url: rabbit.url });
    const { channel } = rabbit.probe;
    const queue = `tidings.${topic}.info`;
    await channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
    const [sent] = publish(rabbit.probe, '', `tidings.${topic}`, {});
    let message: GetMessage | false = false;
    while (message === false) message = await channel.get(queue);
    channel.nack(message);
    const redelivered: boolean[] = [];
    const heard = new Heard();
    listener.on('*', (each, delivery) => {
      redelivered.push(delivery.redelivered);
      heard.take(each);
    });
    await listener.start();
    await heard.until(1);
    await listener.stop();
    expect([heard.ids, redelivered]).toEqual([[sent?.messageId], [true]]);
    expect(listener.stats()).toMatchObject({ received: 1, handled: 1, retried: 0 });
  });

  it('declares a deleted queue again and goes on', async () => {
    const { listener, exchange, topic } = listening({ url: rabbit.url });
    const heard = new Heard();
    listener.on('*', heard.take, { priority: 'INFO' });
    await listener.start();
    await rabbit.probe.channel.deleteQueue(`tidings.${topic}.info`);
    await until(() => listener.stats().lostConnections === 1 && listener.health().status === 'up');
    publish(rabbit.probe, exchange, topic, {});
    await heard.until(1);
  });

  it('holds no more of a message in hand however often its connection is lost', async () => {
    const proxy = await TcpProxy.open(rabbit.url);
    onTestFinished(() => proxy.close());
    const { listener, exchange, topic } = listening({ url: proxy.urlFor(rabbit.url), handlerTimeout: false });
    const [begun, finished] = [gate(), gate()];
    const heard = new Heard();
    listener.on(
      '*',
      (each) => {
        heard.take(each);
        begun.open();
        return finished.opened;
      },
      { priority: 'INFO' },
    );
    await listener.start();
    publish(rabbit.probe, exchange, topic, {});
    await begun.opened;
    for (let losses = 1; losses <= 3; losses += 1) {
      proxy.cut();
      await until(() => listener.stats().received === losses + 1 && listener.health().status === 'up');
    }
    // With the handler, and as the broker gave it last.
    expect(listener.stats()).toMatchObject({ pending: 2, givenBack: 2 });
    finished.open();
    await until(() => listener.stats().pending === 0);
    expect(listener.stats()).toMatchObject({ handled: 1, duplicates: 1, givenBack: 2 });
    expect(heard.ids).toHaveLength(1);
  });

  it('may have many that wait for the same, which Node is not to take for a leak', async () => {
    const { listener, exchange, topic } = listening({ url: rabbit.url });
    const warnings: string[] = [];
    const onWarning = ({ name }: Error) => warnings.push(name);
    process.on('warning', onWarning);
    onTestFinished(() => void process.off('warning', onWarning));
    const finished = gate();
    await listener.on('*', () => finished.opened, { priority: 'INFO' }).start();
    publish(rabbit.probe, exchange, topic, ...Array(20).fill({ messageId: uniqueName('id') }));
    await until(() => listener.stats().received === 20);
    finished.open();
    await until(() => listener.stats().pending === 0);
    expect(listener.stats()).toMatchObject({ handled: 1, duplicates: 19 });
    expect(warnings).toEqual([]);
  });
});
