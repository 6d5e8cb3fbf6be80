import { describe, expect, it, onTestFinished } from 'vitest';
import type { ListenerOptions } from '../../src/listener/index.js';
import { osloFormat } from '../../src/wire/oslo.js';
import { notification } from '../support/amqp-probe.js';
import { listeningByAmqp1 } from '../support/amqp1-listening.js';
import { Amqp1Peer, isPeerPossible } from '../support/amqp1-peer.js';
import { gate, Heard, until } from '../support/listening.js';

const INFO = { priority: 'INFO' } as const;
const ADDRESS = 'notifications.info';

/** A message as the broker has it. */
function offered(eventType = 'image.update', count = 0) {
  const told = notification({ eventType });
  return { id: told.messageId, body: osloFormat.encode(told, 'notifications'), count };
}

describe.skipIf(!isPeerPossible())('a listener by AMQP 1.0 to a broker that counts', () => {
  async function listeningToPeer(options: ListenerOptions = {}) {
    const peer = await Amqp1Peer.start();
    onTestFinished(() => peer.stop());
    const give = (...messages: Parameters<typeof offered>[0][]) => messages.map((each) => offered(each));
    const enqueue = (messages: readonly object[], address = ADDRESS) =>
      peer.tell({ enqueue: { address, messages: messages as ReturnType<typeof offered>[] } });
    const settled = () => peer.of('settled').map(({ outcome }) => outcome);
    return {
      peer,
      give,
      enqueue,
      settled,
      ...listeningByAmqp1({ url: peer.url, topics: 'notifications', ...options }),
    };
  }

  it('takes up the delivery-count, and sends a dead letter with all that it came with', async () => {
    const { peer, listener, enqueue, settled } = await listeningToPeer();
    const attempts: number[] = [];
    listener.on(
      '*',
      (_, { attempt }) => {
        attempts.push(attempt);
        throw new Error('no');
      },
      INFO,
    );
    await listener.start();
    const message = { ...offered('image.update', 1), properties: { own: 'kept' } };
    await enqueue([message]);
    await until(() => settled().length === 1);
    expect(attempts).toEqual([2, 3]);
    expect(settled()).toEqual(['accepted']);
    const [letter] = await peer.accepted();
    expect(letter).toMatchObject({
      address: `${ADDRESS}.dead`,
      id: message.id,
      body: message.body,
      durable: true,
      properties: {
        own: 'kept',
        'x-tidings-cause': 'failed',
        'x-tidings-reason': 'no',
        'x-tidings-attempts': 3,
        'x-tidings-queue': ADDRESS,
      },
    });
    expect(listener.stats()).toMatchObject({ received: 2, retried: 1, dead: { failed: 1 }, pending: 0 });
  });

  it('tries no more what was given too often, and a message that is none ends nothing', async () => {
    const { peer, listener, enqueue, settled, give } = await listeningToPeer();
    const heard = new Heard();
    await listener.on('*', heard.take, INFO).start();
    await enqueue([offered('image.poison', 5), { hex: '00aa00bb' }, { body: { a: 'map' } }, ...give('image.good')]);
    await until(() => settled().length === 4);
    expect(heard.types).toEqual(['image.good']);
    expect((await peer.accepted()).map(({ properties }) => properties?.['x-tidings-reason']).sort()).toEqual([
      'given 5 times before and never handled',
      expect.stringMatching(/^it is no message of AMQP 1\.0/),
      'the body is neither text nor bytes',
    ]);
    expect(listener.stats()).toMatchObject({ dead: { malformed: 2, failed: 1 }, handled: 1, lostConnections: 0 });
  });

  it('holds a dead letter until its address takes it', async () => {
    const { peer, listener, enqueue, settled, reporter } = await listeningToPeer();
    await peer.tell({ unknown: [`${ADDRESS}.dead`] });
    await listener.on('*', () => undefined, INFO).start();
    await enqueue([{ body: 'poison' }]);
    await until(() => reporter.lines.some((line) => /cannot send a dead letter, it is held: .*create it/.test(line)));
    expect(settled()).toEqual([]);
    await peer.tell({ unknown: [] });
    await until(() => settled().length === 1);
    expect(await peer.accepted()).toMatchObject([{ body: 'poison' }]);
  });

  it('rejects with the reason where addresses are those of a router, and reads the request of oslo.messaging', async () => {
    const { peer, listener, enqueue } = await listeningToPeer({ address: 'oslo', exchange: 'openstack' });
    const heard = new Heard();
    await listener.on('*', heard.take, INFO).start();
    const address = 'openstack.org/om/notify/anycast/openstack/notifications.info';
    const body = osloFormat.encode(notification({ context: {} }), 'notifications');
    await enqueue([{ body: `{"request":${body},"context":{"request_id":"req-9"}}` }, { body: 'poison' }], address);
    await until(() => peer.of('settled').length === 2);
    expect(heard.notifications).toMatchObject([{ eventType: 'image.update', context: { request_id: 'req-9' } }]);
    expect(
      peer
        .of('settled')
        .map(({ outcome }) => outcome)
        .sort(),
    ).toEqual(['accepted', 'rejected']);
    expect(peer.of('settled').find(({ outcome }) => outcome === 'rejected')).toMatchObject({
      condition: 'tidings:malformed',
      description: expect.stringMatching(/^the body is not JSON/),
    });
  });

  it('stops: asks for no more, finishes what runs, releases the rest, and says what has failed', async () => {
    const { listener, enqueue, settled, give } = await listeningToPeer({
      concurrency: 2,
      prefetch: 4,
      retryDelays: ['1m'],
    });
    const held = gate();
    let failed = 0;
    listener.on(
      '*',
      ({ eventType }) => {
        if (eventType !== 'image.fails') return held.opened;
        failed += 1;
        throw new Error('not now');
      },
      INFO,
    );
    await listener.start();
    await enqueue(give('image.fails', 'a.b', 'a.b', 'a.b', 'a.b', 'a.b'));
    await until(() => failed === 1 && listener.stats().running === 2);
    expect(listener.stats()).toMatchObject({ received: 5, retried: 1, pending: 4 });
    const stopped = listener.stop();
    await until(() => settled().length === 2);
    expect(settled().sort()).toEqual(['failed', 'released']);
    held.open();
    await stopped;
    await until(() => settled().length === 4);
    expect(settled().sort()).toEqual(['accepted', 'accepted', 'failed', 'released']);
    expect(listener.stats()).toMatchObject({ received: 5, handled: 2, givenBack: 2, pending: 0 });
  });

  it('throws away what fails of a topic, and leaves nothing behind', async () => {
    const { peer, listener, enqueue, settled, reporter } = await listeningToPeer({ temporary: true });
    await peer.tell({ topics: [ADDRESS] });
    listener.on('*', () => Promise.reject(new Error('no')), INFO);
    await listener.start();
    await enqueue([offered(), { body: 'poison' }]);
    await until(() => settled().length === 2);
    expect(settled()).toEqual(['accepted', 'accepted']);
    expect(listener.stats()).toMatchObject({ retried: 0, dead: { failed: 1, malformed: 1 }, pending: 0 });
    expect(reporter.lines).toContain(`a message of '${ADDRESS}' is thrown away (failed): no`);
    expect(await peer.accepted()).toEqual([]);
  });

  it('gives up a handler that takes too long, and tries again', async () => {
    const { listener, enqueue, settled } = await listeningToPeer({ handlerTimeout: 30, concurrency: 1 });
    const attempts: number[] = [];
    const hang = (_: unknown, { attempt }: { attempt: number }) => {
      attempts.push(attempt);
      return attempt < 3 ? new Promise(() => {}) : undefined;
    };
    await listener.on('*', hang, INFO).start();
    await enqueue([offered()]);
    await until(() => settled().length === 1);
    expect([attempts, settled()]).toEqual([[1, 2, 3], ['accepted']]);
    expect(listener.stats()).toMatchObject({ handled: 1, retried: 2, overdue: 2, pending: 0 });
  });

  it('one message that is held for long holds up no other', async () => {
    const { listener, enqueue, settled } = await listeningToPeer({ prefetch: 50, duplicates: 0 });
    const held = gate();
    listener.on('*', ({ eventType }) => (eventType === 'image.held' ? held.opened : undefined), INFO);
    await listener.start();
    const message = offered('image.quick');
    await enqueue([offered('image.held'), ...Array.from({ length: 2_100 }, () => ({ ...message }))]);
    await until(() => settled().length === 2_100);
    expect(listener.stats()).toMatchObject({ handled: 2_100, pending: 1 });
  });

  it('connects again when the broker is back, and tries what it was given then', async () => {
    const { peer, listener, enqueue, reporter, give } = await listeningToPeer();
    const heard = new Heard();
    await listener.on('*', heard.take, INFO).start();
    await enqueue(give('image.first'));
    await heard.until(1);
    await peer.stop('SIGKILL');
    await until(() => listener.health().status === 'down');
    expect(reporter.lines.join('\n')).toMatch(/not listening, it is tried again: the broker at amqp:\/\/127/);
    await peer.start();
    await until(() => listener.health().status === 'up');
    await enqueue(give('image.second'));
    await heard.until(2);
    expect(heard.types).toEqual(['image.first', 'image.second']);
    expect(listener.stats()).toMatchObject({ lostConnections: 1 });
  });
});
