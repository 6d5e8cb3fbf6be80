import { once } from 'node:events';
import { createServer } from 'node:net';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { RabbitDriver, type RabbitOptions } from '../../src/drivers/rabbit/index.js';
import { rabbitSettings } from '../../src/drivers/rabbit/settings.js';
import { explainAmqpError } from '../../src/transport/amqp/explain-amqp-error.js';
import { RecordingHost } from '../support/amqp-probe.js';
import { createVhost } from '../support/rabbitmq.js';

const broker = inject('broker');
const access = 'access' in broker ? broker.access : undefined;

const PASSWORD = 's3cret@/:%pass';
const ENCODED = encodeURIComponent(PASSWORD);
const HALVES = /s3cret|:%pass|%25pass/;

/** Everything that may be printed of an error. */
const printed = (error: unknown) => inspect(error, { depth: 10, showHidden: true }) + String(error);

async function failureOf(options: RabbitOptions): Promise<Error> {
  const driver = new RabbitDriver({ connectTimeout: 2_000, ...options });
  try {
    await driver.open(new RecordingHost());
    throw new Error('it opened');
  } catch (error) {
    return error as Error;
  } finally {
    await driver.close();
  }
}

/** A server that answers as told, for as long as the test runs. */
async function serverThat(answers: (socket: import('node:net').Socket) => void) {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    answers(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, host: `127.0.0.1:${(server.address() as { port: number }).port}` };
}

describe('an error of the connection says what happened and what to do, on one line and without the password', () => {
  let silent: Awaited<ReturnType<typeof serverThat>>;
  let rude: Awaited<ReturnType<typeof serverThat>>;
  beforeAll(async () => {
    silent = await serverThat(() => undefined);
    rude = await serverThat((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  });
  afterAll(() => {
    silent.server.close();
    rude.server.close();
  });

  const login = `someone:${ENCODED}`;
  const cases: [string, () => RabbitOptions, RegExp][] = [
    [
      'an unknown host',
      () => ({ url: `amqp://${login}@broker.invalid/v` }),
      /'broker\.invalid' is not known.*check the host/,
    ],
    ['no broker', () => ({ url: `amqp://${login}@127.0.0.1:1/v` }), /nothing listens on port 1 .*ECONNREFUSED.*check/],
    ['no broker (TLS)', () => ({ url: `amqps://${login}@127.0.0.1:1` }), /nothing listens on port 1 .*ECONNREFUSED/],
    [
      'no answer',
      () => ({ url: `amqp://${login}@${silent.host}`, connectTimeout: 100 }),
      /no answer.*ETIMEDOUT.*firewall/,
    ],
    [
      'no answer (TLS)',
      () => ({ url: `amqps://${login}@${silent.host}`, connectTimeout: 100 }),
      /no answer.*ETIMEDOUT/,
    ],
    [
      'another protocol',
      () => ({ url: `amqp://${login}@${rude.host}` }),
      /did not answer as an AMQP broker: check the port/,
    ],
    ['no TLS there', () => ({ url: `amqps://${login}@${rude.host}` }), /does not speak TLS: use amqp:\/\//],
  ];
  test.each(cases)('%s', async (_, options, message) => {
    const error = await failureOf(options());
    expect(error).toMatchObject({ code: 'DELIVERY_FAILED', message: expect.stringMatching(message) });
    expect(error.message).toMatch(/^the broker at amqps?:\/\/someone@/);
    expect(error.message).not.toContain('\n');
    expect(printed(error)).not.toMatch(HALVES);
  });

  test('of several brokers, each is told of', async () => {
    const error = await failureOf({ url: [`amqp://${login}@127.0.0.1:1`, `amqp://${login}@broker.invalid`] });
    expect(error.message).toMatch(/none of the 2 brokers.*nothing listens on port 1.*'broker\.invalid' is not known/);
    expect(printed(error)).not.toMatch(HALVES);
  });

  test('a password in the text of an error is taken out of the message, the cause and its stack', () => {
    for (const form of [PASSWORD, ENCODED, encodeURI(PASSWORD)]) {
      const cause = Object.assign(new Error(`odd: ${form} was not expected`), { code: 'EODD' });
      const error = explainAmqpError(cause, `amqp://someone:${ENCODED}@host/v`);
      expect(error.message).toBe('the broker at amqp://someone@host:5672/v: odd: *** was not expected');
      expect(printed(error)).not.toMatch(HALVES);
    }
  });

  describe.skipIf(access === undefined)('with a broker', () => {
    const at = (user: string, path: string) => `amqp://${user}@${new URL(access?.url ?? 'amqp://x').host}${path}`;

    test('a wrong password', async () => {
      const error = await failureOf({ url: at(`guest:${ENCODED}`, '/') });
      expect(error.message).toMatch(/refused the login of user 'guest': check the user and the password in the URL/);
      expect(printed(error)).not.toMatch(HALVES);
    });

    test('an unknown virtual host', async () => {
      const error = await failureOf({ url: `${access?.url}/no%20such%20place` });
      expect(error.message).toMatch(
        /refused the virtual host 'no such place' to user .*rabbitmqctl add_vhost 'no such place'/,
      );
    });

    test('the next broker is tried', async () => {
      const url = await createVhost(access as NonNullable<typeof access>);
      const driver = new RabbitDriver({ url: `amqp://127.0.0.1:1, ${url}` });
      await driver.open(new RecordingHost());
      await driver.close();
    });
  });
});

describe('options', () => {
  const refused: [string, unknown, RegExp][] = [
    [
      'url',
      'http://user:s3cret@host',
      /^rabbit\.url is not the URL of an AMQP broker; it takes amqp:\/\/user:password@host/,
    ],
    ['url', 'amqp://user:s3cret%zz@host', /^rabbit\.url is a URL with a "%" that begins no percent-encoded character/],
    ['url', 'amqp://h, amqp://u:s3,cret:x@h', /^rabbit\.url \(entry \d of \d\) is not the URL/],
    ['url', [], /^rabbit\.url holds no URL/],
    ['url', { toString: () => 's3cret' }, /^rabbit\.url holds no URL/],
    ['exchange', '', /^rabbit\.exchange is ""/],
    ['compat', 'oslo2', /^rabbit\.compat is "oslo2"; it takes one of oslo$/],
    ['declare', 'always', /^rabbit\.declare is "always"; it takes one of auto, none$/],
    ['heartbeat', 10, /^rabbit\.heartbeat is 10; it takes a time/],
    ['connectTimeout', '1h', /^rabbit\.connectTimeout is "1h"/],
    ['window', 0, /^rabbit\.window is 0; it takes a whole number from 1 to 100000$/],
    ['batchSize', 1.5, /^rabbit\.batchSize is 1\.5/],
    ['queueMaxBytes', '-1', /^rabbit\.queueMaxBytes is "-1"/],
    ['tls', true, /^rabbit\.tls is true/],
    ['tls', { cert: 'no certificate', key: 's3cret' }, /^rabbit\.tls holds what cannot be used for TLS: /],
    ['tls', {}, /^rabbit\.tls has no effect: no URL begins with amqps/],
    ['qeueMaxBytes', 1, /^rabbit\.qeueMaxBytes is not an option; there are name, url/],
  ];
  test.each(refused)('%s: %s', (option, value, message) => {
    const make = () => new RabbitDriver({ [option]: value });
    expect(make).toThrow(expect.objectContaining({ code: 'CONFIGURATION', message: expect.stringMatching(message) }));
    expect(make).not.toThrow(/s3|cret/);
  });

  test('the defaults make a driver', () => {
    expect(new RabbitDriver()).toMatchObject({ name: 'rabbit', wireFormat: 'oslo', batchSize: 64, window: 1_000 });
    expect(new RabbitDriver({ name: 'second', batchSize: 5 })).toMatchObject({ name: 'second', batchSize: 5 });
  });

  test('the variables for them show no secret', () => {
    expect(rabbitSettings.map(({ env, option }) => `${env} ${option}`)).toEqual([
      'AMQP_URL url',
      'AMQP_EXCHANGE exchange',
      'AMQP_COMPAT compat',
      'AMQP_DECLARE declare',
    ]);
    const [row] = rabbitSettings;
    expect(row?.secret).toBe(true);
    expect(() => row?.check('ampq://user:s3cret@host', 'TIDINGS_AMQP_URL')).toThrow(/^TIDINGS_AMQP_URL is not the URL/);
    expect(row?.check('amqp://a, amqps://b', 'TIDINGS_AMQP_URL')).toEqual(['amqp://a', 'amqps://b']);
  });
});
