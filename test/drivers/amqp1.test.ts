import { describe, expect, test, vi } from 'vitest';
import { createNotifier } from '../../src/index.js';
import { outgoing } from '../support/amqp-probe.js';
import { amqp1Driver, closeDriversAfterEach, openWithPeer } from '../support/amqp1-fixture.js';
import { isPeerPossible } from '../support/amqp1-peer.js';
import { silentHost } from '../support/outgoing.js';

closeDriversAfterEach();

const FAILED = { code: 'DELIVERY_FAILED' };
const REFUSED = { code: 'DELIVERY_REFUSED' };
const batch = (count: number) => Array.from({ length: count }, () => outgoing(['notifications']));

describe.skipIf(!isPeerPossible())('a message, as an AMQP 1.0 peer gets it', () => {
  test('by default: bytes, durable, to a queue that is called after topic and priority', async () => {
    const { peer, driver } = await openWithPeer();
    const message = outgoing(['notifications', 'billing'], { priority: 'ERROR' });
    expect(await driver.deliver([message])).toBeUndefined();
    const common = {
      id: message.notification.messageId,
      subject: 'image.update',
      section: 'data',
      durable: true,
      ttl: 0,
    };
    expect(await peer.accepted()).toMatchObject([
      { ...common, address: 'notifications.error', content_type: 'application/json', body: message.body },
      { ...common, address: 'billing.error', body: message.encode('billing') },
    ]);
  });

  test('in the words of oslo.messaging where the address is one of its routable ones', async () => {
    const { peer, driver } = await openWithPeer({ address: 'oslo', durable: false, messageTtl: '90s' });
    const message = outgoing(['notifications'], { context: { request_id: 'réq-1' } });
    expect(driver.wireFormat).toBe('oslo');
    expect(await driver.deliver([message])).toBeUndefined();
    const [got] = await peer.accepted();
    expect(got).toMatchObject({
      address: 'openstack.org/om/notify/anycast/openstack/notifications.info',
      section: 'value',
      content_type: 'None',
      durable: false,
      ttl: 90,
    });
    expect(JSON.parse(got?.body ?? '')).toEqual({
      request: JSON.parse(message.body),
      context: { request_id: 'réq-1' },
    });
  });

  test('by the environment, under the old name of the driver', async () => {
    const { peer } = await openWithPeer();
    const environment = {
      TIDINGS_DRIVERS: 'qpid',
      TIDINGS_AMQP1_URL: peer.url,
      TIDINGS_AMQP1_ADDRESS: 'all.{event_type}',
    };
    const notifier = createNotifier({}, environment);
    const receipt = notifier.info('image.create', { id: 'i-1' });
    expect(await receipt.delivered()).toMatchObject({
      status: 'delivered',
      drivers: { amqp1: { status: 'delivered' } },
    });
    await notifier.close();
    expect((await peer.accepted()).map(({ address, body }) => [address, JSON.parse(body).payload])).toEqual([
      ['all.image.create', { id: 'i-1' }],
    ]);
  });

  test('the host that is asked for, and the name of the client', async () => {
    const { peer } = await openWithPeer({ hostname: 'vhost:a b', containerId: 'image-service-1' });
    await peer.tell({});
    expect(peer.of('connection')).toMatchObject([
      { hostname: 'vhost:a b', container: 'image-service-1', mechanism: 'ANONYMOUS' },
    ]);
    const other = amqp1Driver({ url: `${peer.url}/regionOne` });
    await other.open(silentHost);
    await peer.tell({});
    expect(peer.of('connection')[1]).toMatchObject({
      hostname: 'regionOne',
      container: expect.stringMatching(/^tidings-/),
    });
  });
});

describe.skipIf(!isPeerPossible())('what becomes of a message is what the peer says', () => {
  test.each<[string, object | undefined, RegExp]>([
    ['accept', undefined, /^/],
    ['accept-unsettled', undefined, /^/],
    ['reject', REFUSED, /rejected the message \(it gave no reason\)/],
    [
      'reject amqp:decode-error no  such\nfield',
      REFUSED,
      /'notifications\.info' at amqp:.*\(amqp:decode-error: no such field\)/,
    ],
    [
      'reject amqp:resource-limit-exceeded full',
      FAILED,
      /could not take the message now \(amqp:resource-limit-exceeded: full\)/,
    ],
    // With a reason, as RabbitMQ from 4.3 on.
    [
      'reject amqp:resource-limit-exceeded reason=maxlen full',
      FAILED,
      /could not take the message now \(amqp:resource-limit-exceeded: full\)/,
    ],
    ['reject amqp:precondition-failed reason=unavailable no leader', FAILED, /could not take.*: no leader\)/],
    [
      'reject amqp:resource-limit-exceeded reason=property-limit-exceeded long',
      REFUSED,
      /rejected the message .*: long/,
    ],
    ['release', FAILED, /did not take the message \(released\)/],
    ['modify', FAILED, /did not take the message \(modified\)/],
    ['modify undeliverable', REFUSED, /never be delivered here \(modified\)/],
    ['settle', FAILED, /without saying what became of it/],
  ])('%s', async (outcome, error, text) => {
    const { peer, driver, host } = await openWithPeer();
    await peer.tell({ outcomes: [outcome] });
    const outcomes = await driver.deliver(batch(3));
    if (error === undefined) expect(outcomes).toBeUndefined();
    else
      expect(outcomes).toEqual([
        expect.objectContaining({ ...error, message: expect.stringMatching(text) }),
        undefined,
        undefined,
      ]);
    // The link goes on.
    expect(await driver.deliver(batch(1))).toBeUndefined();
    await peer.tell({});
    expect(peer.of('attach')).toHaveLength(1);
    expect(host.lost).toEqual([]);
  });

  test('too large for the link: refused, and those beside it are not', async () => {
    const { peer, driver } = await openWithPeer({ maxLinks: 1 });
    await peer.tell({ max_message_size: 5_000 });
    const large = outgoing(['notifications'], { payload: 'x'.repeat(6_000) });
    const other = outgoing(['others']);
    expect(await driver.deliver([large, other, outgoing(['notifications'])])).toEqual([
      expect.objectContaining({
        ...REFUSED,
        message: expect.stringMatching(/at most 5000 bytes, this one has 6\d{3}/),
      }),
      undefined,
      undefined,
    ]);
    expect(await driver.deliver([outgoing(['notifications'], { payload: 'x'.repeat(6_000) }), other])).toEqual([
      expect.objectContaining(REFUSED),
      undefined,
    ]);
  });

  test('settled in any order, over more messages than the window', async () => {
    const { peer, driver } = await openWithPeer({ window: 20, batchSize: 20 });
    for (let round = 0; round < 5; round += 1) {
      await peer.tell({ outcomes: ['hold'] });
      const first = driver.deliver(batch(1));
      for (let each = 0; each < 8; each += 1) expect(await driver.deliver(batch(5))).toBeUndefined();
      await peer.tell({ answer_held: 'accept' });
      expect(await first).toBeUndefined();
    }
    // More than rhea keeps at a time, each to be settled on this side.
    await peer.tell({ outcome: 'accept-unsettled' });
    for (let each = 0; each < 12; each += 1) expect(await driver.deliver(batch(200))).toBeUndefined();
    await peer.tell({});
    expect(peer.of('message')).toHaveLength(5 * 41 + 12 * 200);
  });
});

describe.skipIf(!isPeerPossible())('credit', () => {
  test('nothing is sent that the peer has not asked for, and it goes on where it was given some', async () => {
    const { peer, driver } = await openWithPeer();
    await peer.tell({ credit: 0, outcome: 'hold' });
    const delivery = driver.deliver(batch(10));
    await vi.waitUntil(() => peer.of('attach').length === 1);
    await peer.tell({ grant: 3 });
    await vi.waitUntil(() => peer.messages('hold').length === 3);
    expect(peer.messages('hold')).toHaveLength(3);
    await peer.tell({ outcome: 'accept', answer_held: 'accept' });
    await peer.tell({ grant: 1 });
    await vi.waitUntil(() => peer.of('message').length === 4);
    await peer.tell({ credit: 1 });
    expect(await delivery).toBeUndefined();
    await peer.tell({});
    expect(peer.of('message')).toHaveLength(10);
  });

  test('none for a while: the messages are given back unsent, and arrive once when there is some', async () => {
    const { peer, driver } = await openWithPeer({ creditTimeout: '1s' });
    await peer.tell({ credit: 0 });
    const messages = batch(4);
    expect(await driver.deliver(messages)).toEqual(
      messages.map(() =>
        expect.objectContaining({ ...FAILED, message: expect.stringMatching(/no credit for 1000 ms.*has room/) }),
      ),
    );
    await peer.tell({ credit: 100 });
    expect(await driver.deliver(messages)).toBeUndefined();
    expect((await peer.accepted()).map(({ id }) => id)).toEqual(
      messages.map(({ notification }) => notification.messageId),
    );
  });

  test('taken back by a drain, and given again', async () => {
    const { peer, driver } = await openWithPeer();
    expect(await driver.deliver(batch(1))).toBeUndefined();
    await peer.tell({ drain: true });
    await peer.tell({ credit: 5 });
    expect(await driver.deliver(batch(20))).toBeUndefined();
  });

  test('a link without credit holds up no other', async () => {
    const { peer, driver } = await openWithPeer();
    await peer.tell({ credit: 0 });
    const stuck = driver.deliver([outgoing(['stuck'])]);
    await vi.waitUntil(() => peer.of('attach').length === 1);
    await peer.tell({ new_credit: 10 });
    expect(await driver.deliver([outgoing(['free'])])).toBeUndefined();
    expect(await peer.accepted()).toMatchObject([{ address: 'free.info' }]);
    await peer.tell({ grant: 1 });
    expect(await stuck).toBeUndefined();
  });
});

describe.skipIf(!isPeerPossible())('addresses', () => {
  test('one that does not exist holds up no other, and is used once it exists', async () => {
    const { peer, driver, host } = await openWithPeer();
    await peer.tell({ unknown: ['missing.info'] });
    const messages = [outgoing(['missing']), outgoing(['there'])];
    expect(await driver.deliver(messages)).toEqual([
      expect.objectContaining({
        ...FAILED,
        message: expect.stringMatching(
          /^the address 'missing\.info' .*\(amqp:not-found: there is no missing\.info\): create it/,
        ),
      }),
      undefined,
    ]);
    await peer.tell({ unknown: [] });
    expect(await driver.deliver(messages)).toBeUndefined();
    expect(host.lost).toEqual([]);
  });

  test('more than there may be links, all in use at once: each waits for a link, and stays in its order', async () => {
    const { peer, driver } = await openWithPeer({ address: '{event_type}', maxLinks: 3 });
    const messages = Array.from({ length: 200 }, (_, n) =>
      outgoing(['notifications'], { eventType: `type.${n % 20}`, payload: n }),
    );
    const deliveries = Array.from({ length: 10 }, (_, part) =>
      driver.deliver(messages.slice(part * 20, part * 20 + 20)),
    );
    expect(await Promise.all(deliveries)).toEqual(deliveries.map(() => undefined));
    const accepted = await peer.accepted();
    for (let type = 0; type < 20; type += 1) {
      const ids = accepted.filter(({ address }) => address === `type.${type}`).map(({ id }) => id);
      const told = messages.filter(({ notification }) => notification.eventType === `type.${type}`);
      expect(ids).toEqual(told.map(({ notification }) => notification.messageId));
    }
    // Those that there were when another one was attached: the last of them may just be on its way out.
    const links = peer.of('attach').map((told) => told.links as number);
    expect(links.length).toBeGreaterThanOrEqual(20);
    expect(Math.max(...links)).toBeLessThanOrEqual(3);
  });

  test('a link that is detached, and a session that is ended: what is in flight is tried again', async () => {
    const { peer, driver, host } = await openWithPeer();
    for (const command of [
      { detach: { address: 'notifications.info', condition: 'amqp:resource-deleted', description: 'gone' } },
      { end_sessions: { condition: 'amqp:internal-error', description: 'gone' } },
    ]) {
      await peer.tell({ outcome: 'hold' });
      const before = peer.messages('hold').length;
      const delivery = driver.deliver(batch(2));
      await vi.waitUntil(() => peer.messages('hold').length === before + 2);
      await peer.tell(command);
      expect(await delivery).toEqual(
        [1, 2].map(() =>
          expect.objectContaining({
            ...FAILED,
            message: expect.stringMatching(/closed the (link|session) \(amqp:[a-z-]+: gone\)/),
          }),
        ),
      );
      await peer.tell({ outcome: 'accept' });
      expect(await driver.deliver(batch(1))).toBeUndefined();
    }
    expect(host.lost).toEqual([]);
  });

  test('an attach and messages that are never answered', async () => {
    const { peer, driver, host } = await openWithPeer({ connectTimeout: 300, answerTimeout: '1s' });
    peer.signal('SIGSTOP');
    await expect(driver.deliver(batch(1))).rejects.toThrow(/'notifications\.info' .*did not answer in 300 ms/);
    expect(host.lost).toHaveLength(1);
    peer.signal('SIGCONT');
    await driver.open(host);
    await peer.tell({ outcome: 'hold' });
    const loss = host.nextLoss();
    await expect(driver.deliver(batch(2))).rejects.toThrow(/answered for none of 2 messages in 1000 ms/);
    expect((await loss).message).toMatch(/answered for none of 2 messages/);
    await peer.tell({ outcome: 'accept' });
    await driver.open(host);
    expect(await driver.deliver(batch(2))).toBeUndefined();
  });

  test('a connection that the peer closes is told, with its reason; opening again works', async () => {
    const { peer, driver, host } = await openWithPeer();
    await driver.deliver(batch(1));
    const loss = host.nextLoss();
    await peer.tell({ outcome: 'hold' });
    const delivery = driver.deliver(batch(2));
    const failure = expect(delivery).rejects.toThrow(/closed the connection \(amqp:connection:forced: maintenance\)/);
    await vi.waitUntil(() => peer.messages('hold').length === 2);
    await peer.tell({ close: { condition: 'amqp:connection:forced', description: 'maintenance' }, outcome: 'accept' });
    await failure;
    expect((await loss).message).toMatch(/^the broker at amqp:\/\/127.*amqp:connection:forced: maintenance/);
    expect(host.lost).toHaveLength(1);
    await Promise.all([driver.open(host), driver.open(host)]);
    expect(await driver.deliver(batch(1))).toBeUndefined();
    await peer.tell({});
    expect(peer.of('connection')).toHaveLength(2);
  });
});
