import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { RabbitDriver, type RabbitOptions } from '../../src/drivers/rabbit/index.js';
import { AmqpProbe, innerMessage, messageIds, outgoing, RecordingHost, uniqueName } from '../support/amqp-probe.js';
import { createVhost, ctl } from '../support/rabbitmq.js';

const broker = inject('broker');
const access = 'access' in broker ? broker.access : undefined;

let url = '';
let probe: AmqpProbe;
const opened: RabbitDriver[] = [];

beforeAll(async () => {
  if (access === undefined) return;
  url = await createVhost(access);
  probe = await AmqpProbe.open(url);
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((driver) => driver.close()));
});
afterAll(() => probe?.close());

/** An open driver with an exchange of its own. */
async function open(options: RabbitOptions = {}) {
  const exchange = options.exchange ?? uniqueName('exchange');
  const host = new RecordingHost();
  const driver = new RabbitDriver({ url, exchange, ...options });
  opened.push(driver);
  await driver.open(host);
  return { driver, host, exchange, topic: uniqueName('topic') };
}

/** Rows of `rabbitmqctl list_…`. */
async function listed(what: string, ...columns: string[]): Promise<Record<string, unknown>[]> {
  const vhost = new URL(url).pathname.slice(1);
  const scope = access?.ctl === undefined ? [] : ['-p', vhost];
  if (access === undefined) return [];
  const output = await ctl(access, `list_${what}`, ...scope, ...columns, '--formatter', 'json');
  return JSON.parse(output) as Record<string, unknown>[];
}

describe.skipIf(access === undefined)('messages', () => {
  test('are published in the oslo envelope with the properties of oslo.messaging', async () => {
    const { driver, topic } = await open();
    const message = outgoing([topic], { priority: 'WARN' });

    expect(await driver.deliver([message])).toBeUndefined();

    const [received, ...more] = await probe.take(`tidings.${topic}.warn`);
    expect(more).toEqual([]);
    expect(received?.content.toString()).toBe(message.body);
    expect(received?.fields.routingKey).toBe(`${topic}.warn`);
    const { properties } = received as NonNullable<typeof received>;
    const present = Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined));
    expect(present).toEqual({
      contentType: 'application/json',
      contentEncoding: 'utf-8',
      deliveryMode: 2,
      priority: 0,
      headers: {},
      messageId: message.notification.messageId,
    });
  });

  test('go to each of their topics, encoded for it', async () => {
    const { driver, topic } = await open();
    const other = uniqueName('topic');

    expect(await driver.deliver([outgoing([topic, other])])).toBeUndefined();

    const [one] = await probe.take(`tidings.${topic}.info`);
    const [two] = await probe.take(`tidings.${other}.info`);
    const { _unique_id: firstId, ...first } = innerMessage(one as NonNullable<typeof one>);
    const { _unique_id: secondId, ...second } = innerMessage(two as NonNullable<typeof two>);
    expect(first).toEqual(second);
    expect(firstId).not.toBe(secondId);
  });

  test('keep their order over batches, while the declaration for the first one is still under way', async () => {
    const { driver, topic } = await open();
    const declared = uniqueName('topic');
    await driver.deliver([outgoing([declared])]);
    const messages = Array.from({ length: 20 }, () => outgoing([declared]));
    const first = outgoing([topic, declared]);

    await Promise.all([driver.deliver([first]), ...messages.map((message) => driver.deliver([message]))]);

    const ids = messageIds(await probe.take(`tidings.${declared}.info`)).slice(1);
    expect(ids).toEqual([first, ...messages].map((message) => message.notification.messageId));
  });

  test('are confirmed a thousand at a time', async () => {
    const { driver, topic } = await open();
    const messages = Array.from({ length: 1_000 }, () => outgoing([topic]));
    expect(await driver.deliver(messages)).toBeUndefined();
    const ids = messageIds(await probe.take(`tidings.${topic}.info`));
    expect(ids).toEqual(messages.map((message) => message.notification.messageId));
  });

  test('that AMQP cannot carry are refused, and only those', async () => {
    const { driver, topic } = await open({ declare: 'none', exchange: 'amq.topic' });
    const queue = uniqueName('queue');
    await probe.channel.assertQueue(queue);
    await probe.channel.bindQueue(queue, 'amq.topic', `${topic}.info`);

    const outcomes = await driver.deliver([outgoing(['t'.repeat(300)]), outgoing([topic])]);

    expect(outcomes).toEqual([expect.objectContaining({ code: 'DELIVERY_REFUSED' }), undefined]);
    await probe.channel.deleteQueue(queue);
  });
});

describe.skipIf(access === undefined)('topology', () => {
  test.skipIf(access?.ctl === undefined)('our own is durable and bounded', async () => {
    const { driver, exchange, topic } = await open({ queueMaxBytes: '64MiB' });
    await driver.deliver([outgoing([topic]), outgoing([topic], { priority: 'ERROR' })]);

    const queues = await listed('queues', 'name', 'durable', 'auto_delete', 'arguments');
    for (const priority of ['info', 'error']) {
      expect(queues).toContainEqual({
        name: `tidings.${topic}.${priority}`,
        durable: true,
        auto_delete: false,
        arguments: expect.arrayContaining([
          ['x-max-length-bytes', 'signedint', 64 * 1024 ** 2],
          ['x-overflow', 'longstr', 'reject-publish'],
        ]),
      });
    }
    expect(queues.filter(({ name }) => String(name).includes(topic))).toHaveLength(2);
    expect(await listed('exchanges', 'name', 'type', 'durable', 'auto_delete')).toContainEqual({
      name: exchange,
      type: 'topic',
      durable: true,
      auto_delete: false,
    });
    expect(await listed('bindings', 'source_name', 'routing_key', 'destination_name')).toContainEqual({
      source_name: exchange,
      routing_key: `${topic}.error`,
      destination_name: `tidings.${topic}.error`,
    });
  });

  test.skipIf(access?.ctl === undefined)('with compat oslo it is that of oslo.messaging', async () => {
    const { driver, exchange, topic } = await open({ compat: 'oslo' });
    await driver.deliver([outgoing([topic], { priority: 'CRITICAL' })]);

    expect(await listed('queues', 'name', 'durable', 'auto_delete', 'arguments')).toContainEqual({
      name: `${topic}.critical`,
      durable: false,
      auto_delete: false,
      arguments: [],
    });
    expect(await listed('exchanges', 'name', 'type', 'durable', 'auto_delete')).toContainEqual({
      name: exchange,
      type: 'topic',
      durable: false,
      auto_delete: false,
    });
    expect(messageIds(await probe.take(`${topic}.critical`))).toHaveLength(1);
  });

  test('what exists is used as it is, however it was declared', async () => {
    const exchange = uniqueName('exchange');
    const topic = uniqueName('topic');
    await probe.channel.assertExchange(exchange, 'fanout', { durable: false });
    await probe.channel.assertQueue(`tidings.${topic}.info`, { durable: false, arguments: { 'x-max-length': 5 } });
    await probe.channel.bindQueue(`tidings.${topic}.info`, exchange, '');
    const { driver, host } = await open({ exchange });

    expect(await driver.deliver([outgoing([topic])])).toBeUndefined();

    expect(await probe.take(`tidings.${topic}.info`)).toHaveLength(1);
    expect(host.warnings).toEqual([]);
  });

  test('a queue that exists and is not bound is bound when a message finds none', async () => {
    const { driver, topic, exchange } = await open();
    await probe.channel.assertQueue(`tidings.${topic}.info`);
    await probe.channel.assertExchange(exchange, 'topic');
    const message = outgoing([topic]);

    expect(await driver.deliver([message])).toEqual([expect.objectContaining({ code: 'DELIVERY_FAILED' })]);
    expect(await driver.deliver([message])).toBeUndefined();
    expect(await probe.take(`tidings.${topic}.info`)).toHaveLength(1);
  });

  test('a queue that is deleted under us is declared again, and the message arrives', async () => {
    for (const compat of [undefined, 'oslo'] as const) {
      const { driver, topic } = await open({ compat });
      const queue = compat === 'oslo' ? `${topic}.info` : `tidings.${topic}.info`;
      await driver.deliver([outgoing([topic])]);
      await probe.channel.deleteQueue(queue);
      const [lost, other] = [outgoing([topic]), outgoing([topic], { priority: 'ERROR' })];

      const outcomes = await driver.deliver([lost, other]);
      expect(outcomes).toEqual([expect.objectContaining({ code: 'DELIVERY_FAILED' }), undefined]);
      expect(outcomes?.[0]?.message).toContain(`'${topic}.info'`);
      expect(await driver.deliver([lost])).toBeUndefined();

      expect(messageIds(await probe.take(queue))).toEqual([lost.notification.messageId]);
    }
  });

  test('without declarations, a message that no queue takes says what to do', async () => {
    const { driver, topic } = await open({ declare: 'none', exchange: 'amq.topic' });
    const outcomes = await driver.deliver([outgoing([topic])]);
    expect(outcomes?.[0]?.message).toMatch(/'amq\.topic'.*to no queue: bind one, or let tidings do so/);
  });

  test('a full queue refuses: a failure to try again', async () => {
    const { driver, topic } = await open({ queueMaxBytes: 1_000 });
    const outcomes = await driver.deliver(Array.from({ length: 5 }, () => outgoing([topic])));
    expect(outcomes?.[0]).toBeUndefined();
    expect(outcomes?.at(-1)).toMatchObject({ code: 'DELIVERY_FAILED', message: expect.stringContaining('is full') });

    await probe.take(`tidings.${topic}.info`);
    expect(await driver.deliver([outgoing([topic])])).toBeUndefined();
  });

  test('an exchange that is deleted under us ends the channel; the next one declares it again', async () => {
    const { driver, host, topic, exchange } = await open();
    await driver.deliver([outgoing([topic])]);
    await probe.channel.deleteExchange(exchange);
    const message = outgoing([topic]);

    await expect(driver.deliver([message])).rejects.toThrow(`no exchange '${exchange}'`);
    expect(host.lost).toHaveLength(1);
    await driver.open(host);
    expect(await driver.deliver([message])).toBeUndefined();
    expect(messageIds(await probe.take(`tidings.${topic}.info`))).toContain(message.notification.messageId);
  });

  test('an exchange that is missing and not to be declared is an error that says what to do', async () => {
    const { driver, topic, exchange } = await open({ declare: 'none' });
    await expect(driver.deliver([outgoing([topic])])).rejects.toThrow(
      new RegExp(`no exchange '${exchange}' in vhost.*: create it, or let tidings do so`),
    );
  });
});

describe.skipIf(access?.ctl === undefined)('a user who may only write', () => {
  test('publishes to what others have declared, with a warning for what could not be', async () => {
    const admin = access as NonNullable<typeof access>;
    const user = uniqueName('writer');
    const vhost = new URL(url).pathname.slice(1);
    await ctl(admin, 'add_user', user, 'pass:w/rd');
    await ctl(admin, 'set_permissions', '-p', vhost, user, '^$', '.*', '^$');
    const exchange = uniqueName('exchange');
    const queue = uniqueName('queue');
    await probe.channel.assertExchange(exchange, 'topic');
    await probe.channel.assertQueue(queue);
    await probe.channel.bindQueue(queue, exchange, '#');
    const { driver, host, topic } = await open({
      url: url.replace('guest:guest', `${user}:pass%3Aw%2Frd`),
      exchange,
    });

    expect(await driver.deliver([outgoing([topic]), outgoing([topic])])).toBeUndefined();

    expect(await probe.take(queue)).toHaveLength(2);
    expect(host.warnings).toHaveLength(1);
    expect(host.warnings[0]).toContain(`cannot declare the queue 'tidings.${topic}.info', publishing goes on`);
    expect(host.warnings[0]).toContain('set_permissions');
    expect(host.warnings[0]).not.toMatch(/pass:w|pass%3A/i);
  });
});
