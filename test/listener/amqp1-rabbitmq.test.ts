import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Notification, PRIORITIES, RefusedError } from '../../src/index.js';
import { osloFormat } from '../../src/wire/oslo.js';
import { AmqpProbe, messageIds, notification, uniqueName } from '../support/amqp-probe.js';
import { addressOfQueue, declareOnRabbitmq4, NAME_ADDRESS, QUEUE_ADDRESS } from '../support/amqp1-fixture.js';
import { listeningByAmqp1, sendByAmqp1 } from '../support/amqp1-listening.js';
import { isPrivateBrokerPossible } from '../support/broker-faults.js';
import { forwarding, temporaryDirectory } from '../support/forwarding.js';
import { gate, Heard, until } from '../support/listening.js';
import { isRabbitmq3, sharedBroker } from '../support/rabbit-fixture.js';
import { type BrokerAccess, createVhost } from '../support/rabbitmq.js';

const INFO = { priority: 'INFO' } as const;

describe.skipIf(!isPrivateBrokerPossible())('a listener by AMQP 1.0 on RabbitMQ', () => {
  let probe: AmqpProbe;
  /** As the driver and the listener take it. */
  let at: { url: string; hostname: string; address: string };
  beforeAll(async () => {
    const url = await createVhost(sharedBroker() as BrokerAccess);
    at = { url, hostname: `vhost:${new URL(url).pathname.slice(1)}`, address: NAME_ADDRESS };
    probe = await AmqpProbe.open(url);
    return () => probe.close();
  });

  const some = (count: number) => Array.from({ length: count }, (_, n) => ({ eventType: `image.n${n}` }));
  const left = async (queue: string) => (await probe.channel.checkQueue(queue)).messageCount;

  it('hears each once, of every priority that is asked for, in order', async () => {
    const { listener, topic } = listeningByAmqp1({ ...at, concurrency: 1 });
    const [all, errors] = [new Heard(), new Heard()];
    listener.on('image.*', all.take, INFO).on('*', errors.take, { priority: 'ERROR' });
    await declareOnRabbitmq4(probe.channel, `${topic}.info`, `${topic}.error`);
    await listener.start();
    expect(listener.health()).toEqual({ status: 'up' });
    const sent = await sendByAmqp1(at, topic, ...some(300), { priority: 'ERROR' });
    await until(() => listener.stats().handled === 301);
    expect(all.ids).toEqual(sent.slice(0, 300).map(({ messageId }) => messageId));
    expect(errors.notifications).toMatchObject([{ messageId: sent[300]?.messageId, payload: { name: 'Grüße' } }]);
    await listener.stop();
    expect(listener.stats()).toMatchObject({ received: 301, handled: 301, pending: 0, givenBack: 0 });
    for (const priority of ['info', 'error']) expect(await left(`${topic}.${priority}`)).toBe(0);
  });

  it('hears what was published by AMQP 0-9-1 too, compressed or not, in a queue as it is', async () => {
    const { listener, topic } = listeningByAmqp1({ ...at, address: addressOfQueue('tidings.{topic}.{priority}') });
    const queue = `tidings.${topic}.info`;
    await probe.channel.assertQueue(queue, { durable: true, arguments: { 'x-max-length-bytes': 1_000_000 } });
    const heard = new Heard();
    await listener.on('*', heard.take, INFO).start();
    const [plain, compressed] = [notification(), notification()];
    probe.channel.sendToQueue(queue, Buffer.from(osloFormat.encode(plain, topic)));
    const headers = { compression: 'application/x-gzip' };
    probe.channel.sendToQueue(queue, gzipSync(osloFormat.encode(compressed, topic)), { headers });
    await heard.until(2);
    expect(heard.ids.sort()).toEqual([plain.messageId, compressed.messageId].sort());
  });

  it('tries again what failed, then puts it among the dead letters with the reason', async () => {
    const { listener, topic, reporter } = listeningByAmqp1(at);
    const attempts: unknown[] = [];
    const [done, dead] = [new Heard(), new Heard()];
    listener.on('*', done.take, INFO).on(
      '*',
      ({ eventType }, { attempt, redelivered, queue }) => {
        if (eventType === 'image.refused') throw new RefusedError('never');
        attempts.push([attempt, redelivered, queue]);
        throw new Error(`no\nroom ${attempt}`);
      },
      INFO,
    );
    const queue = `${topic}.info`;
    const address = isRabbitmq3 ? queue : addressOfQueue(queue);
    await declareOnRabbitmq4(probe.channel, queue);
    await listener.start();
    const sent = await sendByAmqp1(at, topic, {}, { eventType: 'image.refused' });
    await until(() => listener.stats().pending === 0 && listener.stats().dead.failed === 1);
    expect(attempts).toEqual([
      [1, false, address],
      [2, true, address],
      [3, true, address],
    ]);
    expect(listener.stats()).toMatchObject({ received: 4, retried: 2, dead: { failed: 1, refused: 1 } });
    expect(done.ids).toHaveLength(2);
    expect(reporter.lines.join('\n')).toContain(`a message went to '${address}.dead' (failed): no room 3`);
    await listener.stop();
    expect(await left(queue)).toBe(0);
    // Durable, and read as any other queue.
    await probe.channel.assertQueue(`${queue}.dead`, { durable: true });
    const again = listeningByAmqp1({ ...at, topics: topic, address: `${NAME_ADDRESS}.dead` });
    await again.listener.on('*', dead.take, INFO).start();
    await dead.until(2);
    expect(dead.ids.sort()).toEqual(sent.map(({ messageId }) => messageId).sort());
  });

  it('puts what it cannot read among the dead letters, and goes on', async () => {
    const { listener, topic } = listeningByAmqp1({ ...at, address: QUEUE_ADDRESS, prefetch: 3 });
    const queue = `${topic}.info`;
    await probe.channel.assertQueue(queue, { durable: true });
    await declareOnRabbitmq4(probe.channel, queue);
    const heard = new Heard();
    await listener.on('*', heard.take, INFO).start();
    for (let n = 0; n < 10; n += 1) {
      probe.channel.sendToQueue(queue, Buffer.from(`{"poison": ${n}`), { messageId: `poison ${n}` });
      probe.channel.sendToQueue(queue, Buffer.from(osloFormat.encode(notification(), topic)));
    }
    await heard.until(10);
    await until(() => listener.stats().dead.malformed === 10);
    const letters = await probe.take(`${queue}.dead`);
    expect(letters.map(({ content }) => content.toString())).toContain('{"poison": 9');
    expect(letters[0]?.properties).toMatchObject({ messageId: expect.stringMatching(/^poison/), deliveryMode: 2 });
    expect(listener.stats()).toMatchObject({ received: 20, handled: 10, pending: 0 });
  });

  it('rejects where no letter is to be sent, so that the broker does with it what it is told to', async () => {
    const { listener, topic } = listeningByAmqp1({ ...at, address: QUEUE_ADDRESS, deadAddress: false });
    const queue = `${topic}.info`;
    await probe.channel.assertQueue(`${queue}.broker-dead`);
    const toDead = { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': `${queue}.broker-dead` };
    await probe.channel.assertQueue(queue, { durable: true, arguments: toDead });
    await listener.on('*', () => undefined, INFO).start();
    probe.channel.sendToQueue(queue, Buffer.from('poison'));
    await until(async () => (await left(`${queue}.broker-dead`)) === 1);
    expect(listener.stats().dead.malformed).toBe(1);
  });

  it('takes no more than the prefetch, lets those in progress finish when it stops, and gives back the rest', async () => {
    const { listener, topic } = listeningByAmqp1({ ...at, prefetch: 7, concurrency: 2 });
    const queue = `${topic}.info`;
    const held = gate();
    await declareOnRabbitmq4(probe.channel, queue);
    await listener.on('*', () => held.opened, INFO).start();
    await sendByAmqp1(at, topic, ...some(30));
    await until(() => listener.stats().received === 7);
    expect(listener.stats()).toMatchObject({ received: 7, pending: 7, running: 2 });
    expect(await left(queue)).toBe(23);
    const stopped = listener.stop();
    await until(async () => (await left(queue)) === 28);
    held.open();
    await stopped;
    expect(listener.stats()).toMatchObject({ received: 7, handled: 2, givenBack: 5, pending: 0 });
    expect(await left(queue)).toBe(28);
  });

  it('stops while what has failed waits for its next attempt: it is there for another listener', async () => {
    const { listener, topic, reporter } = listeningByAmqp1({ ...at, retryDelays: ['1m'] });
    listener.on('*', () => Promise.reject(new Error('not now')), INFO);
    await declareOnRabbitmq4(probe.channel, `${topic}.info`);
    await listener.start();
    const [sent] = await sendByAmqp1(at, topic, {});
    await until(() => listener.stats().retried === 1);
    await listener.stop();
    expect(listener.stats()).toMatchObject({ received: 2, retried: 1, givenBack: 1, pending: 0 });
    expect(reporter.lines).toEqual([]);
    const next = listeningByAmqp1({ ...at, topics: topic });
    const redelivered: boolean[] = [];
    const heard = new Heard();
    next.listener.on(
      '*',
      (each, delivery) => {
        redelivered.push(delivery.redelivered);
        heard.take(each);
      },
      INFO,
    );
    await next.listener.start();
    await heard.until(1);
    expect([heard.ids, redelivered]).toEqual([[sent?.messageId], [true]]);
  });

  it('is a source of a forwarder: accepted when the sink has it, a dead letter when it never will', async () => {
    const topic = uniqueName('topic');
    const file = join(temporaryDirectory(), 'log');
    const source = { ...at, source: 'amqp1', topics: topic, retryDelays: [1] } as const;
    const transform = {
      module: (each: Notification) => {
        if (each.eventType === 'image.poison') throw new Error('never');
        return each;
      },
    };
    const queues = PRIORITIES.map((priority) => `${topic}.${priority.toLowerCase()}`);
    await declareOnRabbitmq4(probe.channel, ...queues);
    const { forwarder } = await forwarding({ sources: [source], transform, sinks: [{ driver: 'log', file }] });
    const sent = await sendByAmqp1(at, topic, {}, { eventType: 'image.poison' }, { priority: 'ERROR' });
    await until(() => forwarder.stats().sources.amqp1?.dead === 1 && forwarder.stats().sources.amqp1?.forwarded === 2);
    await forwarder.stop();
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).message_id).sort()).toEqual(
      [sent[0]?.messageId, sent[2]?.messageId].sort(),
    );
    expect(await left(`${topic}.info`)).toBe(0);
    expect(messageIds(await probe.take(`${topic}.info.dead`))).toEqual([sent[1]?.messageId]);
  });

  it.skipIf(isRabbitmq3)('tells of more addresses than RabbitMQ 4 has sessions for', async () => {
    const topics = Array.from({ length: 10 }, () => uniqueName('topic'));
    await declareOnRabbitmq4(
      probe.channel,
      ...topics.flatMap((topic) => PRIORITIES.map((priority) => `${topic}.${priority.toLowerCase()}`)),
    );
    const { listener, reporter } = listeningByAmqp1({ ...at, topics });
    void listener
      .on('*', () => undefined)
      .start()
      .catch(() => undefined);
    await until(() => reporter.lines.length > 0);
    expect(reporter.lines[0]).toMatch(/allows for 64 sessions, .* fewer topics or priorities/);
  });

  it('tells of a queue that is not there, and listens when it is', async () => {
    const { listener, topic, reporter } = listeningByAmqp1({ ...at, address: QUEUE_ADDRESS });
    const heard = new Heard();
    const started = listener.on('*', heard.take, INFO).start();
    await until(() => reporter.lines.length > 0);
    expect(reporter.lines[0]).toMatch(
      /^not listening, it is tried again: the address '\/(amq\/queue|queues)\/topic-.*create it/,
    );
    expect(listener.health().status).toBe('down');
    await probe.channel.assertQueue(`${topic}.info`, { durable: true });
    await started;
    await sendByAmqp1({ ...at, address: QUEUE_ADDRESS }, topic, {});
    await heard.until(1);
  });
});
