import { describe, expect, test } from 'vitest';
import { AmqpProbe } from '../support/amqp-probe.js';
import { FaultRun, rounds } from '../support/fault-run.js';
import { RabbitFixture, sharedBroker } from '../support/rabbit-fixture.js';

const rabbit = new RabbitFixture();

describe.skipIf(sharedBroker() === undefined)('queues', { timeout: 120_000 }, () => {
  test.each([undefined, 'oslo'] as const)(
    'deleted while it is told (compat %s): what is told afterwards arrives',
    async (compat) => {
      const run = new FaultRun({ rabbit: { url: rabbit.url, compat, exchange: `faults-${compat}` } });
      run.keepTelling();
      let toldBefore = 0;
      for (let round = 0; round < rounds(5, 100); round += 1) {
        await run.deliversMore(Math.floor(Math.random() * 100));
        run.tell(100);
        await rabbit.probe.channel.deleteQueue(run.queue);
        toldBefore = run.told;
        run.tell(50);
        await run.deliversMore(100);
      }
      // What was in the queue is gone with it, and RabbitMQ confirms, and does not return, what comes to a classic queue
      // in the moment that it is deleted.
      const { retried } = await run.end(rabbit.url, { excused: toldBefore });
      expect(retried).toBeGreaterThan(0);
    },
  );

  test('deleted while nothing is in them: nothing is gone', async () => {
    const run = new FaultRun({ rabbit: { url: rabbit.url } });
    for (let round = 0; round < rounds(3, 50); round += 1) {
      run.tell(100);
      await run.settle();
      await run.consume(rabbit.url);
      await rabbit.probe.channel.deleteQueue(run.queue);
    }
    run.tell(500);
    await run.end(rabbit.url);
  });

  test('the exchange deleted while it is told', async () => {
    const exchange = 'to-be-deleted';
    const run = new FaultRun({ rabbit: { url: rabbit.url, exchange } });
    run.keepTelling();
    for (let round = 0; round < rounds(5, 50); round += 1) {
      await run.deliversMore(50);
      await rabbit.probe.channel.deleteExchange(exchange);
      await run.deliversMore(100);
    }
    await run.end(rabbit.url);
  });

  test.each(['classic', 'quorum'] as const)(
    'full (%s): what is refused waits, and arrives when there is room',
    async (queueType) => {
      const run = new FaultRun({ rabbit: { url: rabbit.url, queueType, queueMaxMessages: 50 } });
      run.keepTelling();
      for (let round = 0; round < rounds(3, 20); round += 1) {
        await run.until(() => run.account.waiting > 50 && /is full/.test(run.health.reason ?? ''));
        expect(run.health.status).toBe('degraded');
        await run.consume(rabbit.url);
        await run.tellsMore(50);
      }
      // Until everything is through, somebody must make room.
      const settled = run.settle();
      let isSettled = false;
      void settled.finally(() => {
        isSettled = true;
      });
      while (!isSettled) await run.consume(rabbit.url);
      await settled;
      await run.end(rabbit.url);
    },
  );
});

describe.skipIf(sharedBroker() === undefined)("a virtual host where OpenStack's own queues are", () => {
  /** As oslo.messaging declares them; it fails where they exist and differ. */
  async function openstackDeclares(probe: AmqpProbe): Promise<number> {
    await probe.channel.assertExchange('openstack', 'topic', { durable: false, autoDelete: false });
    const { messageCount } = await probe.channel.assertQueue('notifications.info', {
      durable: false,
      autoDelete: false,
    });
    await probe.channel.bindQueue('notifications.info', 'openstack', 'notifications.info');
    return messageCount;
  }

  test('they are left alone, and with compat oslo used', { timeout: 120_000 }, async () => {
    const openstack = await AmqpProbe.open(rabbit.url);
    await openstackDeclares(openstack);
    openstack.channel.publish('openstack', 'notifications.info', Buffer.from('{"from": "openstack"}'));
    // The broker lists them in any order.
    const listed = async (what: string, ...columns: string[]) =>
      (await rabbit.listed(what, ...columns)).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    const topology = async () => [
      await listed('queues', 'name', 'durable', 'auto_delete', 'exclusive', 'arguments'),
      await listed('bindings', 'source_name', 'routing_key', 'destination_name', 'arguments'),
      await listed('exchanges', 'name', 'type', 'durable', 'auto_delete', 'arguments'),
    ];
    const theirs = (rows: Record<string, unknown>[][]) =>
      rows.map((table) => table.filter((row) => !JSON.stringify(row).includes('tidings')));
    const before = await topology();

    const own = new FaultRun({ rabbit: { url: rabbit.url }, topic: 'notifications' });
    own.tell(300);
    await own.end(rabbit.url, { mayRepeat: false });
    const after = await topology();
    expect(theirs(after)).toEqual(theirs(before));
    expect(JSON.stringify(after)).toContain('tidings.notifications.info');
    expect(await openstackDeclares(openstack)).toBe(1);

    await openstack.take('notifications.info');
    const compatible = new FaultRun({ rabbit: { url: rabbit.url, compat: 'oslo' }, topic: 'notifications' });
    compatible.tell(300);
    await compatible.settle();
    expect(await topology()).toEqual(after);
    expect(await openstackDeclares(openstack)).toBe(300);
    await compatible.end(rabbit.url, { mayRepeat: false });
    expect(own.said + compatible.said).toBe('');
    await openstack.close();
  });
});
