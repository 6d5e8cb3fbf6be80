import { beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Amqp1Options } from '../../src/drivers/amqp1/index.js';
import { AmqpProbe, uniqueName } from '../support/amqp-probe.js';
import { addressOfQueue, boundQueue, EXCHANGE_ADDRESS } from '../support/amqp1-fixture.js';
import { isPrivateBrokerPossible } from '../support/broker-faults.js';
import { begun, openProxy, testNetworkFaults } from '../support/driver-faults.js';
import { type FaultOptions, FaultRun, rounds } from '../support/fault-run.js';
import { sharedBroker } from '../support/rabbit-fixture.js';
import { type BrokerAccess, createVhost, ctl } from '../support/rabbitmq.js';

describe.skipIf(!isPrivateBrokerPossible())(
  'RabbitMQ by AMQP 1.0, over a network that fails',
  { timeout: 120_000 },
  () => {
    const access = sharedBroker() as BrokerAccess;
    let url: string;
    let place: { exchange: string; queue: string };
    beforeAll(async () => {
      url = await createVhost(access);
    });
    beforeEach(async () => {
      place = await boundQueue(url);
    });

    /** What it is set up with, over the virtual host and an exchange of its own with a queue. */
    const varied = (options: Omit<Amqp1Options, 'name'> = {}): FaultOptions => ({
      amqp1: { url, address: EXCHANGE_ADDRESS, exchange: place.exchange, ...options },
      queue: place.queue,
    });

    testNetworkFaults(
      () => url,
      (options) => begun(new FaultRun(varied(options))),
      6,
    );

    test('a network that swallows what is sent, while the broker still gives signs of life', async () => {
      const proxy = await openProxy(url);
      const run = await begun(new FaultRun(varied({ url: proxy.urlFor(url), answerTimeout: '1s' })));
      void proxy.holdAfter(0);
      await run.becomes('down');
      expect(run.said).toMatch(/has answered for none of \d+ messages in 1000 ms/);
      proxy.cut();
      await run.deliversMore(200);
      await run.end(url);
    });

    test('a wrong password, then the right one: the function is asked again', async () => {
      const user = uniqueName('user');
      await ctl(access, 'add_user', user, 'right-password');
      await ctl(access, 'set_permissions', '-p', new URL(url).pathname.slice(1), user, '.*', '.*', '.*');
      let password = 'wrong-password';
      const given = async () => url.replace('guest:guest', `${user}:${password}`);
      const run = new FaultRun(varied({ url: given, connectTimeout: '10s' }));
      run.keepTelling();
      await run.becomes('down');
      expect(run.health.reason).toMatch(/refused the login of user/);
      expect(run.account.delivered).toBe(0);
      password = 'right-password';
      await run.deliversMore(100);
      expect(run.said).not.toMatch(/(wrong|right)-password/);
      await run.end(url, { mayRepeat: false });
    });

    test('the exchange deleted while it is told, and made again: what was not accepted arrives', async () => {
      const probe = await AmqpProbe.open(url);
      onTestFinished(() => probe.close());
      const exchange = uniqueName('deleted');
      // Else what comes between its declaration and its binding would be accepted, and thrown away.
      const make = () => probe.channel.assertExchange(exchange, 'topic', { alternateExchange: place.exchange });
      await make();
      const run = new FaultRun(varied({ exchange }));
      for (let round = 0; round < rounds(2, 30); round += 1) {
        run.tell(100);
        await run.settle();
        await probe.channel.deleteExchange(exchange);
        run.keepTelling();
        await run.until(() => run.account.retried > 0 && run.account.waiting > 50);
        expect(run.said).toMatch(/no exchange 'deleted-/);
        await make();
        await run.deliversMore(100);
        await run.settle();
      }
      await run.end(url);
    });

    test('a full queue: what is refused waits, and arrives when there is room', async () => {
      const probe = await AmqpProbe.open(url);
      onTestFinished(() => probe.close());
      const queue = uniqueName('full');
      await probe.channel.assertQueue(queue, { arguments: { 'x-max-length': 60, 'x-overflow': 'reject-publish' } });
      const run = new FaultRun({ amqp1: { url, address: addressOfQueue(queue), window: 50 }, queue });
      run.tell(100);
      await run.until(() => run.account.retried > 0);
      expect(run.account.delivered).toBeLessThan(100);
      const settled = run.settle();
      let isSettled = false;
      void settled.finally(() => {
        isSettled = true;
      });
      while (!isSettled) await run.consume(url);
      await settled;
      await run.end(url);
    });
  },
);
