import { describe, expect, test } from 'vitest';
import { Topology } from '../../src/drivers/rabbit/topology.js';
import { AmqpConnection } from '../../src/transport/amqp/amqp-connection.js';
import { messageIds, outgoing, uniqueName } from '../support/amqp-probe.js';
import { RabbitFixture, sharedBroker } from '../support/rabbit-fixture.js';
import { type BrokerAccess, ctl } from '../support/rabbitmq.js';

const access = sharedBroker();
const rabbit = new RabbitFixture();

describe.skipIf(access === undefined)('topology', () => {
  test.skipIf(access?.ctl === undefined)('our own is durable and bounded', async () => {
    const { driver, exchange, topic } = await rabbit.open({ queueMaxBytes: '64MiB' });
    await driver.deliver([outgoing([topic]), outgoing([topic], { priority: 'ERROR' })]);

    const queues = await rabbit.listed('queues', 'name', 'durable', 'auto_delete', 'arguments');
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
    expect(await rabbit.listed('exchanges', 'name', 'type', 'durable', 'auto_delete')).toContainEqual({
      name: exchange,
      type: 'topic',
      durable: true,
      auto_delete: false,
    });
    expect(await rabbit.listed('bindings', 'source_name', 'routing_key', 'destination_name')).toContainEqual({
      source_name: exchange,
      routing_key: `${topic}.error`,
      destination_name: `tidings.${topic}.error`,
    });
  });

  test.skipIf(access?.ctl === undefined)('with compat oslo it is that of oslo.messaging', async () => {
    const { driver, exchange, topic } = await rabbit.open({ compat: 'oslo' });
    await driver.deliver([outgoing([topic], { priority: 'CRITICAL' })]);

    expect(await rabbit.queues()).toContainEqual({
      name: `${topic}.critical`,
      durable: false,
      auto_delete: false,
      arguments: { 'x-queue-type': 'classic' },
    });
    expect(await rabbit.listed('exchanges', 'name', 'type', 'durable', 'auto_delete')).toContainEqual({
      name: exchange,
      type: 'topic',
      durable: false,
      auto_delete: false,
    });
    expect(messageIds(await rabbit.probe.take(`${topic}.critical`))).toHaveLength(1);
  });

  test('what exists is used as it is, however it was declared', async () => {
    const exchange = uniqueName('exchange');
    const topic = uniqueName('topic');
    await rabbit.probe.channel.assertExchange(exchange, 'fanout', { durable: false });
    await rabbit.probe.channel.assertQueue(`tidings.${topic}.info`, {
      durable: false,
      arguments: { 'x-max-length': 5 },
    });
    await rabbit.probe.channel.bindQueue(`tidings.${topic}.info`, exchange, '');
    const { driver, host } = await rabbit.open({ exchange });

    expect(await driver.deliver([outgoing([topic])])).toBeUndefined();

    expect(await rabbit.probe.take(`tidings.${topic}.info`)).toHaveLength(1);
    expect(host.warnings).toEqual([]);
  });

  test('a queue that exists and is not bound is bound when a message finds none', async () => {
    const { driver, topic, exchange } = await rabbit.open();
    await rabbit.probe.channel.assertQueue(`tidings.${topic}.info`);
    await rabbit.probe.channel.assertExchange(exchange, 'topic');
    const message = outgoing([topic]);

    expect(await driver.deliver([message])).toEqual([expect.objectContaining({ code: 'DELIVERY_FAILED' })]);
    expect(await driver.deliver([message])).toBeUndefined();
    expect(await rabbit.probe.take(`tidings.${topic}.info`)).toHaveLength(1);
  });

  test('a queue that is deleted under us is declared again, and the message arrives', async () => {
    for (const compat of [undefined, 'oslo'] as const) {
      const { driver, topic } = await rabbit.open({ compat });
      const queue = compat === 'oslo' ? `${topic}.info` : `tidings.${topic}.info`;
      await driver.deliver([outgoing([topic])]);
      await rabbit.probe.channel.deleteQueue(queue);
      const [lost, other] = [outgoing([topic]), outgoing([topic], { priority: 'ERROR' })];

      const outcomes = await driver.deliver([lost, other]);
      expect(outcomes).toEqual([expect.objectContaining({ code: 'DELIVERY_FAILED' }), undefined]);
      expect(outcomes?.[0]?.message).toContain(`'${topic}.info'`);
      expect(await driver.deliver([lost])).toBeUndefined();

      expect(messageIds(await rabbit.probe.take(queue))).toEqual([lost.notification.messageId]);
    }
  });

  test('without declarations, a message that no queue takes says what to do', async () => {
    const { driver, topic } = await rabbit.open({ declare: 'none', exchange: 'amq.topic' });
    const outcomes = await driver.deliver([outgoing([topic])]);
    expect(outcomes?.[0]?.message).toMatch(/'amq\.topic'.*to no queue: bind one, or let tidings do so/);
  });

  test('a full queue refuses: a failure to try again', async () => {
    const { driver, topic } = await rabbit.open({ queueMaxBytes: 1_000 });
    const outcomes = await driver.deliver(Array.from({ length: 5 }, () => outgoing([topic])));
    expect(outcomes?.[0]).toBeUndefined();
    expect(outcomes?.at(-1)).toMatchObject({ code: 'DELIVERY_FAILED', message: expect.stringContaining('is full') });

    await rabbit.probe.take(`tidings.${topic}.info`);
    expect(await driver.deliver([outgoing([topic])])).toBeUndefined();
  });

  test('an exchange that is deleted under us ends the channel; the next one declares it again', async () => {
    const { driver, host, topic, exchange } = await rabbit.open();
    await driver.deliver([outgoing([topic])]);
    await rabbit.probe.channel.deleteExchange(exchange);
    const message = outgoing([topic]);

    await expect(driver.deliver([message])).rejects.toThrow(`no exchange '${exchange}'`);
    expect(host.lost).toHaveLength(1);
    await driver.open(host);
    expect(await driver.deliver([message])).toBeUndefined();
    expect(messageIds(await rabbit.probe.take(`tidings.${topic}.info`))).toContain(message.notification.messageId);
  });

  test('an exchange that is missing and not to be declared is an error that says what to do', async () => {
    const { driver, topic, exchange } = await rabbit.open({ declare: 'none' });
    await expect(driver.deliver([outgoing([topic])])).rejects.toThrow(
      new RegExp(`no exchange '${exchange}' in vhost.*: create it, or let tidings do so`),
    );
  });

  test('what appears between looking and declaring is a warning, and is used', async () => {
    const topic = uniqueName('topic');
    const connection = await AmqpConnection.open({ urls: [rabbit.url], connectionName: 'test' });
    const openChannel = connection.openChannel.bind(connection);
    connection.openChannel = async () => {
      const channel = await openChannel();
      const checkQueue = channel.checkQueue.bind(channel);
      channel.checkQueue = (queue) =>
        checkQueue(queue).catch(async (error) => {
          await rabbit.probe.channel.assertQueue(queue, { durable: false });
          throw error;
        });
      return channel;
    };
    const warnings: string[] = [];
    const settings = { exchange: 'amq.topic', compat: undefined, declare: 'auto', queueMaxBytes: 1_000 } as const;
    const topology = new Topology(connection, settings, (message) => warnings.push(message));

    const route = topology.route(topic, 'INFO');
    await Promise.all([topology.declare(route), topology.declare(route)]);

    expect(route.isReady).toBe(true);
    expect(warnings).toEqual([
      expect.stringMatching(
        /cannot declare the queue .*, publishing goes on: .*inequivalent arg.*exists already and differs/,
      ),
    ]);
    await connection.close();
  });
});

describe.skipIf(access?.ctl === undefined)('a user who may only write', () => {
  test('publishes to what others have declared, with a warning for what could not be', async () => {
    const user = uniqueName('writer');
    await ctl(access as BrokerAccess, 'add_user', user, 'pass:w/rd');
    await rabbit.ctl('set_permissions', user, '^$', '.*', '^$');
    const exchange = uniqueName('exchange');
    const queue = uniqueName('queue');
    await rabbit.probe.channel.assertExchange(exchange, 'topic');
    await rabbit.probe.channel.assertQueue(queue);
    await rabbit.probe.channel.bindQueue(queue, exchange, '#');
    const { driver, host, topic } = await rabbit.open({
      url: rabbit.url.replace('guest:guest', `${user}:pass%3Aw%2Frd`),
      exchange,
    });

    expect(await driver.deliver([outgoing([topic]), outgoing([topic])])).toBeUndefined();

    expect(await rabbit.probe.take(queue)).toHaveLength(2);
    expect(host.warnings).toHaveLength(1);
    expect(host.warnings[0]).toContain(`cannot declare the queue 'tidings.${topic}.info', publishing goes on`);
    expect(host.warnings[0]).toContain('set_permissions');
    expect(host.warnings[0]).not.toMatch(/pass:w|pass%3A/i);
  });
});
