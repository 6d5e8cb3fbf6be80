import { describe, expect, it, onTestFinished } from 'vitest';
import { AmqpProbe, messageIds, uniqueName } from '../support/amqp-probe.js';
import { boundQueue, EXCHANGE_ADDRESS } from '../support/amqp1-fixture.js';
import { Amqp1Peer, isPeerPossible } from '../support/amqp1-peer.js';
import { isPrivateBrokerPossible } from '../support/broker-faults.js';
import { CliProcess } from '../support/cli-process.js';
import { sharedBroker } from '../support/rabbit-fixture.js';
import { type BrokerAccess, createVhost } from '../support/rabbitmq.js';

const BY_AMQP1 = ['--protocol', 'amqp1'];

async function sent(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const process = new CliProcess(['send', ...args], env);
  expect(await process.ended, process.errors.join('\n')).toBe(0);
  return JSON.parse(process.lines[0] ?? '');
}

describe.skipIf(!isPeerPossible())('tidings tail and tidings send by AMQP 1.0', () => {
  async function startPeer() {
    const peer = await Amqp1Peer.start();
    onTestFinished(() => peer.stop());
    return peer;
  }

  it('give each who looks on a copy of what is sent to a topic', async () => {
    const peer = await startPeer();
    await peer.tell({ topics: ['events.info', 'events.error'] });
    const broker = [...BY_AMQP1, '--url', peer.url, '--topic', 'events'];
    const options = ['--json', '--count', '1', '--priority', 'info,error'];
    const tails = [1, 2].map(() => new CliProcess(['tail', 'image.*', ...options, ...broker]));
    await Promise.all(tails.map((tail) => tail.says(/listening/)));
    await sent(['task.run', '{}', ...broker]);
    const { message_id, drivers } = await sent(['image.create', '{"id":"i1"}', '--priority', 'error', ...broker]);
    expect(drivers).toMatchObject({ amqp1: { status: 'delivered' } });
    for (const tail of tails) {
      expect(await tail.ended).toBe(0);
      expect(tail.lines.map((line) => JSON.parse(line))).toMatchObject([
        { message_id, priority: 'ERROR', payload: { id: 'i1' } },
      ]);
    }
  });

  it('read nothing from what is no topic: it would be taken from others', async () => {
    const peer = await startPeer();
    await peer.tell({ enqueue: { address: 'events.info', messages: [{ body: 'for others' }] } });
    const broker = [...BY_AMQP1, '--topic', 'events'];
    const tail = new CliProcess(['tail', ...broker], { TIDINGS_AMQP1_URL: peer.url });
    await tail.says(/events\..*is not called a topic by its broker: what is read from it would be taken from others/);
    expect(await tail.kill('SIGTERM')).toBe(0);
    // It has attached, and asked for nothing.
    expect(peer.of('attach_source').map(({ address }) => address)).toContain('events.info');
    expect(peer.of('flow').filter(({ credit }) => credit !== 0)).toEqual([]);
    expect(peer.of('settled')).toEqual([]);
  });
});

describe.skipIf(!isPrivateBrokerPossible())('by AMQP 1.0 on RabbitMQ', () => {
  it('tidings send reaches an exchange, and tidings tail leaves no queue behind', async () => {
    const url = await createVhost(sharedBroker() as BrokerAccess);
    const probe = await AmqpProbe.open(url);
    onTestFinished(() => probe.close());
    const { exchange, queue } = await boundQueue(url);
    const topic = uniqueName('topic');
    const env = { TIDINGS_AMQP1_URL: url, TIDINGS_AMQP1_ADDRESS: EXCHANGE_ADDRESS };
    const { message_id } = await sent(
      ['image.create', ...BY_AMQP1, '--exchange', exchange, '--topic', topic, '--publisher-id', 'image.h'],
      // What is said on the command line is meant.
      { ...env, TIDINGS_DRIVERS: 'noop' },
    );
    expect(messageIds(await probe.take(queue))).toEqual([message_id]);
    const host = new URL(url).host;
    const tail = new CliProcess(['tail', ...BY_AMQP1, '--url', `amqp://guest:guest@${host}`, '--topic', topic]);
    await tail.says(/it is RabbitMQ, which has no temporary queues for AMQP 1\.0: use its own protocol/);
    expect(await tail.kill('SIGTERM')).toBe(0);
    const root = await AmqpProbe.open(`amqp://guest:guest@${host}`);
    onTestFinished(() => root.close());
    await expect(root.channel.checkQueue(`${topic}.info`)).rejects.toThrow('NOT_FOUND');
  });
});

it.each<[string[], number, RegExp]>([
  [['tail', '--protocol', 'mqtt'], 2, /--protocol is "mqtt"; it takes one of rabbit, amqp1/],
  [['tail', '--address', 'queue'], 2, /--address goes with --protocol amqp1/],
  [['send', 'a.b', '--oslo', ...BY_AMQP1], 2, /--oslo is for RabbitMQ; by AMQP 1\.0 it is --address oslo/],
  [
    ['tail', '--address', 'rabbitmq3', ...BY_AMQP1],
    1,
    /RabbitMQ, which has no temporary queues for AMQP 1\.0: .* protocol 'rabbit'/,
  ],
  [['tail', '--address', 'oslo', ...BY_AMQP1], 1, /a router gives each message to one receiver only/],
])('tidings %j ends with %d, and says why', async (args, code, message) => {
  const process = new CliProcess(args);
  expect(await process.ended).toBe(code);
  expect(process.errors.join('\n')).toMatch(message);
});
