import { describe, expect, it, onTestFinished } from 'vitest';
import { AmqpProbe, uniqueName } from '../support/amqp-probe.js';
import { isPrivateBrokerPossible } from '../support/broker-faults.js';
import { gate, Heard, listening, publish, until } from '../support/listening.js';
import { RabbitFixture, sharedBroker } from '../support/rabbit-fixture.js';
import { type BrokerAccess, ctl } from '../support/rabbitmq.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const INFO = { priority: 'INFO' } as const;

describe.skipIf(!isPrivateBrokerPossible())('a listener', () => {
  const rabbit = new RabbitFixture();

  /** An exchange and a queue, as somebody else has declared them. */
  async function prepared(queueArguments: object = {}) {
    const [exchange, topic] = [uniqueName('exchange'), uniqueName('topic')];
    const queue = `tidings.${topic}.info`;
    await rabbit.probe.channel.assertExchange(exchange, 'topic', { durable: true });
    await rabbit.probe.channel.assertQueue(queue, { durable: true, arguments: queueArguments });
    await rabbit.probe.channel.bindQueue(queue, exchange, `${topic}.info`);
    return { exchange, topics: topic, queue };
  }

  it('uses what is there as it is, and declares nothing where it is told so', async () => {
    const { queue, ...options } = await prepared({ 'x-max-length': 100 });
    const before = await rabbit.listed('queues', 'name');
    const { listener, reporter } = listening({ url: rabbit.url, declare: 'none', ...options });
    const heard = new Heard();
    await listener.on('*', heard.take, INFO).start();
    rabbit.probe.channel.sendToQueue(queue, Buffer.from('poison'));
    publish(rabbit.probe, options.exchange, options.topics, {});
    await heard.until(1);
    await until(() => reporter.lines.some((line) => line.includes(`there is no queue '${queue}.dead'`)));
    // Held, and not lost.
    expect(listener.stats()).toMatchObject({ handled: 1, pending: 1 });
    expect(await rabbit.listed('queues', 'name')).toHaveLength(before.length);
    await rabbit.probe.channel.assertQueue(`${queue}.dead`, { durable: true });
    await until(() => listener.stats().dead.malformed === 1);
    expect(await rabbit.probe.take(`${queue}.dead`)).toHaveLength(1);
  });

  it('goes on where it may read and write and declare nothing, and says what it cannot do', async () => {
    const { queue, ...options } = await prepared();
    await rabbit.probe.channel.assertQueue(`${queue}.dead`, { durable: true });
    const user = uniqueName('reader');
    const access = sharedBroker() as BrokerAccess;
    await ctl(access, 'add_user', user, 'secret-word');
    await rabbit.ctl('set_permissions', user, '^$', '.*', '.*');
    const url = rabbit.url.replace(/\/\/[^@]*@/, `//${user}:secret-word@`);
    const { listener, reporter } = listening({ url, ...options });
    const attempts: string[] = [];
    const fail = ({ eventType }: { eventType: string }, { attempt }: { attempt: number }) => {
      attempts.push(`${eventType} ${attempt}`);
      if (eventType === 'image.fails' && attempt === 1) throw new Error('not now');
    };
    await listener.on('*', fail, INFO).start();
    publish(rabbit.probe, options.exchange, options.topics, { eventType: 'image.fails' }, { eventType: 'image.good' });
    rabbit.probe.channel.sendToQueue(queue, Buffer.from('poison'));
    await until(() => listener.stats().handled === 1 && listener.stats().dead.malformed === 1);
    await until(() => reporter.lines.some((line) => line.includes(`there is no queue '${queue}.retry.1'`)));
    expect(reporter.lines.join('\n')).toMatch(/cannot declare the queue '.*\.retry\.1': /);
    expect(reporter.lines.join('\n')).not.toContain('secret-word');
    // Held, until there is somewhere to put it.
    expect(listener.stats()).toMatchObject({ pending: 1, retried: 0, lostConnections: 0 });
    await rabbit.probe.channel.assertQueue(`${queue}.retry.1`, { durable: true });
    await until(() => listener.stats().handled === 2 && listener.stats().pending === 0);
    expect(attempts.sort()).toEqual(['image.fails 1', 'image.fails 1', 'image.fails 2', 'image.good 1']);
    await ctl(access, 'delete_user', user);
  });

  it('tries no more what a quorum queue has given too often', async () => {
    const { queue, ...options } = await prepared({ 'x-queue-type': 'quorum' });
    const [told] = publish(rabbit.probe, options.exchange, options.topics, {});
    // Each of these has had it and not answered.
    for (let count = 0; count < 5; count += 1) {
      // What is given back in order, RabbitMQ 4.3 does not count.
      const holder = await AmqpProbe.open(rabbit.url);
      await until(async () => (await holder.channel.get(queue)) !== false);
      await holder.close();
    }
    const { listener } = listening({ url: rabbit.url, ...options });
    const heard = new Heard();
    await listener.on('*', heard.take, INFO).start();
    await until(() => listener.stats().dead.failed === 1);
    expect(heard.ids).toEqual([]);
    const [letter] = await rabbit.probe.take(`${queue}.dead`);
    expect(letter?.content.toString()).toContain(told?.messageId);
    expect(letter?.properties.headers).toMatchObject({ 'x-tidings-reason': 'given 5 times and never answered for' });
  });

  it('has no reason to while it has it in hand, however often the connection is lost', async () => {
    const { queue, ...options } = await prepared({ 'x-queue-type': 'quorum' });
    const proxy = await TcpProxy.open(rabbit.url);
    onTestFinished(() => proxy.close());
    const { listener } = listening({ url: proxy.urlFor(rabbit.url), ...options, handlerTimeout: false });
    const [begun, finished] = [gate(), gate()];
    const hold = () => {
      begun.open();
      return finished.opened;
    };
    await listener.on('*', hold, INFO).start();
    publish(rabbit.probe, options.exchange, options.topics, {});
    await begun.opened;
    for (let losses = 1; losses <= 6; losses += 1) {
      proxy.cut();
      await until(() => listener.stats().received === losses + 1 && listener.health().status === 'up');
    }
    expect(listener.stats().dead.failed).toBe(0);
    finished.open();
    await until(() => listener.stats().pending === 0);
    expect(listener.stats()).toMatchObject({ handled: 1, duplicates: 1, dead: { failed: 0 } });
  });

  it('gives back a batch that is not full when it stops', async () => {
    const { listener, exchange, topic } = listening({ url: rabbit.url });
    const calls: unknown[] = [];
    listener.on('*', (all) => void calls.push(all), { batch: { size: 3, timeout: '10m' } });
    await listener.start();
    publish(rabbit.probe, exchange, topic, {}, {});
    await until(() => listener.stats().received === 2);
    await listener.stop();
    expect(calls).toEqual([]);
    expect(listener.stats()).toMatchObject({ givenBack: 2, pending: 0 });
    expect(await rabbit.probe.take(`tidings.${topic}.info`)).toHaveLength(2);
  });

  it('begins anew with what an operator puts back from the dead letters', async () => {
    const { listener, exchange, topic } = listening({ url: rabbit.url, retryDelays: [10] });
    const attempts: number[] = [];
    const held = gate();
    listener.on('*', async (_, { attempt }) => {
      attempts.push(attempt);
      if (attempts.length <= 2) throw new Error('no');
      await held.opened;
    });
    await listener.start();
    publish(rabbit.probe, exchange, topic, {});
    const queue = `tidings.${topic}.info`;
    await until(() => listener.stats().dead.failed === 1 && listener.stats().pending === 0);
    const [letter] = await rabbit.probe.take(`${queue}.dead`);
    rabbit.probe.channel.sendToQueue(queue, letter?.content ?? Buffer.of(), { headers: letter?.properties.headers });
    await until(() => attempts.length === 3);
    expect(attempts).toEqual([1, 2, 1]);
    held.open();
    await until(() => listener.stats().handled === 1);
  });
});
