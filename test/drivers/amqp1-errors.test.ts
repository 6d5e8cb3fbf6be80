import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Amqp1Options } from '../../src/drivers/amqp1/index.js';
import { explainAmqp1Error, reasonOf } from '../../src/transport/amqp1/explain-amqp1-error.js';
import { outgoing, RecordingHost } from '../support/amqp-probe.js';
import { amqp1Driver, closeDriversAfterEach, EXCHANGE_ADDRESS, openWithPeer } from '../support/amqp1-fixture.js';
import { Amqp1Peer, isPeerPossible } from '../support/amqp1-peer.js';
import { isPrivateBrokerPossible } from '../support/broker-faults.js';
import { isRabbitmq3, sharedBroker } from '../support/rabbit-fixture.js';
import { type BrokerAccess, createVhost, ctl } from '../support/rabbitmq.js';

closeDriversAfterEach();

const PASSWORD = 's3cret@/:%pass';
const ENCODED = encodeURIComponent(PASSWORD);
const HALVES = /s3cret|:%pass|%25pass/;
const LOGIN = `someone:${ENCODED}`;

/** Everything that may be printed of an error. */
const printed = (error: unknown) => inspect(error, { depth: 10, showHidden: true }) + String(error);

async function failureOf(options: Amqp1Options): Promise<Error> {
  const opening = amqp1Driver({ connectTimeout: 5_000, ...options }).open(new RecordingHost());
  const error = await opening.then(
    () => new Error('it opened'),
    (failure: Error) => failure,
  );
  expect(error).toMatchObject({ code: 'DELIVERY_FAILED' });
  expect(error.message).not.toContain('\n');
  expect(printed(error)).not.toMatch(HALVES);
  return error;
}

/** The address of a server that answers as told, for as long as the test runs. */
async function serverThat(answers: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    answers(socket);
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as { port: number }).port}`;
}

describe('an error says what happened and what to do, on one line and without the password', () => {
  test.each<[string, string, RegExp]>([
    ['an unknown host', `amqp://${LOGIN}@broker.invalid/v`, /'broker\.invalid' is not known.*check the host/],
    ['no broker', `amqp://${LOGIN}@127.0.0.1:1/v`, /nothing listens on port 1 .*ECONNREFUSED.*check/],
    ['no broker (TLS)', `amqps://${LOGIN}@127.0.0.1:1`, /nothing listens on port 1 .*ECONNREFUSED/],
  ])('%s', async (_, url, message) => {
    const error = await failureOf({ url });
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/^the broker at amqps?:\/\/someone@/);
  });

  test.each(['amqp', 'amqps'])('no answer (%s)', async (scheme) => {
    const host = await serverThat(() => undefined);
    const error = await failureOf({ url: `${scheme}://${LOGIN}@${host}`, connectTimeout: 100 });
    expect(error.message).toMatch(/no answer.*ETIMEDOUT.*firewall/);
  });

  test('a broker that does not speak AMQP 1.0', async () => {
    // What RabbitMQ without the plugin answers.
    const host = await serverThat((socket) => socket.end(Buffer.from('AMQP\0\0\x09\x01', 'latin1')));
    const error = await failureOf({ url: `amqp://${LOGIN}@${host}` });
    expect(error.message).toMatch(/speaks AMQP 0-9-1 and not AMQP 1\.0: .*rabbitmq-plugins enable rabbitmq_amqp1_0/);
  });

  test('another protocol, and no TLS where it is asked for', async () => {
    const host = await serverThat((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect((await failureOf({ url: `amqp://${LOGIN}@${host}` })).message).toMatch(/did not answer as an AMQP broker/);
    expect((await failureOf({ url: `amqps://${LOGIN}@${host}` })).message).toMatch(/does not speak TLS: use amqp:/);
  });

  test('of several brokers, each is told of', async () => {
    const error = await failureOf({ url: [`amqp://${LOGIN}@127.0.0.1:1`, `amqp://${LOGIN}@broker.invalid`] });
    expect(error.message).toMatch(/none of the 2 brokers.*nothing listens on port 1.*'broker\.invalid' is not known/);
  });

  test('a password in what a peer says is taken out', () => {
    const url = `amqp://${LOGIN}@host/v`;
    for (const form of [PASSWORD, ENCODED, encodeURI(PASSWORD)]) {
      const cause = Object.assign(new Error(`odd: ${form} was\nnot expected`), { condition: 'amqp:odd' });
      const error = explainAmqp1Error(cause, url);
      expect(error.message).toContain('(amqp:odd: odd: *** was not expected)');
      expect(printed(error)).not.toMatch(HALVES);
      expect(reasonOf({ description: `${form}\n!` }, [PASSWORD, ENCODED, encodeURI(PASSWORD)])).toBe('*** !');
    }
  });

  test.skipIf(!isPeerPossible())('a peer that offers no login by password', async () => {
    const { peer } = await openWithPeer();
    const error = await failureOf({ url: peer.url.replace('//', `//${LOGIN}@`) });
    expect(error.message).toMatch(/offers no way to log in that was configured \(it offers ANONYMOUS\): .*option sasl/);
  });
});

test.skipIf(!isPeerPossible())('an address of RabbitMQ 3, where RabbitMQ 4 takes none', async () => {
  const { peer, driver } = await openWithPeer({ address: '/queue/{topic}' });
  await peer.tell({ outcome: 'hold' });
  const outcome = driver.deliver([outgoing(['q'])]);
  await vi.waitUntil(() => peer.of('message').length === 1, { timeout: 20_000 });
  const description = 'Attach refused: {amqp_address_v1_not_permitted, {utf8,<<"/queue/q">>}}';
  await peer.tell({ detach: { address: '/queue/q', condition: 'amqp:invalid-field', description } });
  expect(await outcome).toMatchObject([{ message: expect.stringMatching(/set the option address to 'rabbitmq4'/) }]);
});

describe.skipIf(!isPrivateBrokerPossible())('with RabbitMQ', () => {
  const access = sharedBroker() as BrokerAccess;
  const at = (login: string, path = '/') => `amqp://${login}@${new URL(access.url).host}${path}`;
  let url: string;
  beforeAll(async () => {
    url = await createVhost(access);
    await ctl(access, 'add_user', 'zażółć', 'gęślą jaźń');
    await ctl(access, 'set_permissions', '-p', new URL(url).pathname.slice(1), 'zażółć', '^$', 'mine', '.*');
  });
  afterAll(() => ctl(access, 'delete_user', 'zażółć'));

  test('a wrong password', async () => {
    const error = await failureOf({ url: at(`guest:${ENCODED}`) });
    expect(error.message).toMatch(/refused the login of user 'guest': check the user and the password in the URL/);
  });

  test('an unknown virtual host, when it is opened', async () => {
    const error = await failureOf({ url: at('guest:guest', '/no%20such'), address: EXCHANGE_ADDRESS });
    const how = isRabbitmq3 ? "refused user 'guest' .*" : 'took the login and then ended the connection .*';
    expect(error.message).toMatch(
      new RegExp(`it ${how}check that the virtual host 'no such' exists and that user 'guest' may use it`),
    );
  });

  test('a virtual host that it would not use', async () => {
    const error = await failureOf({ url });
    expect(error.message).toMatch(/would not use the virtual host 'test-.*option hostname to 'vhost:test-/);
    await amqp1Driver({ url, hostname: `vhost:${new URL(url).pathname.slice(1)}` }).open(new RecordingHost());
  });

  test('an exchange that does not exist, one that may not be written, and an address it does not know', async () => {
    const login = `${encodeURIComponent('zażółć')}:${encodeURIComponent('gęślą jaźń')}`;
    const mine = url.replace('guest:guest', login);
    const exchanges = isRabbitmq3 ? '/exchange' : '/exchanges';
    for (const [address, message] of [
      [
        `${exchanges}/mine/{topic}`,
        /'\/exchanges?\/mine\/notifications' .*amqp:not-found.*no exchange 'mine'.*create it/,
      ],
      [
        `${exchanges}/amq.topic/{topic}`,
        /amqp:unauthorized-access.*access to exchange 'amq\.topic'.*let the user of the URL write/,
      ],
      ['/queues/%zz', /amqp:invalid-field.*it takes no such address, correct the option address/],
    ] as const) {
      const host = new RecordingHost();
      const driver = amqp1Driver({ url: mine, address });
      await driver.open(host);
      const outcomes = await driver.deliver([outgoing(['notifications'])]).catch((error) => [error]);
      expect(outcomes).toMatchObject([{ code: 'DELIVERY_FAILED', message: expect.stringMatching(message) }]);
      expect(printed(outcomes)).not.toContain('jaźń');
    }
  });
});

test.skipIf(!isPeerPossible())('the next broker is tried', async () => {
  const peer = await Amqp1Peer.start();
  const driver = amqp1Driver({ url: `amqp://127.0.0.1:1, ${peer.url}` });
  await driver.open(new RecordingHost());
  expect(await driver.deliver([outgoing(['notifications'])])).toBeUndefined();
});
