import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { type AmqpUrlFunction, RabbitDriver, type RabbitOptions } from '../../src/drivers/rabbit/index.js';
import { outgoing, RecordingHost, uniqueName } from '../support/amqp-probe.js';
import { RabbitFixture, sharedBroker } from '../support/rabbit-fixture.js';
import { type BrokerAccess, ctl } from '../support/rabbitmq.js';

const access = sharedBroker();
const rabbit = new RabbitFixture();
const SECRET = 's3cret';

async function failureOf(url: unknown, options: RabbitOptions = {}): Promise<Error> {
  const driver = new RabbitDriver({ url: url as AmqpUrlFunction, connectTimeout: 500, ...options });
  const failure = await driver.open(new RecordingHost()).catch((error) => error);
  await driver.close();
  return failure;
}

describe('a function that gives the URL', () => {
  const refusal = Object.assign(new TypeError(`no answer from https://vault/?token=${SECRET}`), {
    code: 'ECONNREFUSED',
  });
  const cases: [string, unknown, RegExp][] = [
    [
      'throws',
      () => {
        throw refusal;
      },
      /^the function rabbit\.url failed with TypeError \(ECONNREFUSED\) and is asked again: catch/,
    ],
    ['rejects', () => Promise.reject(refusal), /^the function rabbit\.url failed with TypeError \(ECONNREFUSED\)/],
    [
      'throws a text',
      () => {
        throw SECRET;
      },
      /^the function rabbit\.url failed with an error and is asked again/,
    ],
    [
      'gives what is no URL',
      () => `http://someone:${SECRET}@host`,
      /^what the function rabbit\.url gives is not the URL of an AMQP broker; it takes amqp:\/\/.*correct the function/,
    ],
    ['gives nothing', () => undefined, /^what the function rabbit\.url gives holds no URL/],
    [
      'never answers',
      () => new Promise(() => undefined),
      /^the function rabbit\.url gave no URL in 500 ms \(connectTimeout\)/,
    ],
    [
      'gives a URL of a broker that is not there',
      () => `amqp://someone:${SECRET}@127.0.0.1:1`,
      /nothing listens on port 1/,
    ],
  ];
  test.each(cases)('and %s: tried again, told what to do, and no secret', async (_, url, message) => {
    const error = await failureOf(url);
    expect(error).toMatchObject({ code: 'DELIVERY_FAILED', message: expect.stringMatching(message) });
    expect(error.message).not.toContain('\n');
    expect(inspect(error, { depth: 10, showHidden: true }) + String(error)).not.toContain(SECRET);
  });

  test('and gives one without TLS where TLS was set up', async () => {
    const error = await failureOf(() => 'amqp://127.0.0.1:1', { tls: { servername: 'broker' } });
    expect(error.message).toBe('the function rabbit.url gives no amqps:// URL, but rabbit.tls is set: correct either');
  });

  test('and is still asked when the driver is closed', async () => {
    const driver = new RabbitDriver({ url: () => new Promise(() => undefined) });
    const opening = expect(driver.open(new RecordingHost())).rejects.toThrow('given up');
    await driver.close();
    await opening;
  });

  describe.skipIf(access === undefined)('with a broker', () => {
    test('is asked when a connection is opened, and only then', async () => {
      let asked = 0;
      const { driver, host, topic } = await rabbit.open({
        url: async () => {
          asked += 1;
          return ['amqp://127.0.0.1:1', rabbit.url];
        },
      });
      expect(await driver.deliver([outgoing([topic])])).toBeUndefined();
      await driver.open(host);
      expect(asked).toBe(1);
    });

    test.skipIf(access?.ctl === undefined)('is asked again after a refused login', async () => {
      const user = uniqueName('user');
      await ctl(access as BrokerAccess, 'add_user', user, 'new-password');
      await rabbit.ctl('set_permissions', user, '.*', '.*', '.*');
      const passwords = [SECRET, 'new-password'];
      const url = () => rabbit.url.replace('guest:guest', `${user}:${passwords.shift()}`);
      const driver = new RabbitDriver({ url });
      const host = new RecordingHost();
      await expect(driver.open(host)).rejects.toThrow(`refused the login of user '${user}'`);
      await driver.open(host);
      expect(await driver.deliver([outgoing([uniqueName('topic')])])).toBeUndefined();
      expect(passwords).toEqual([]);
      await driver.close();
    });
  });
});
