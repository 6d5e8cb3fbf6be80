import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Amqp1Driver, type Amqp1Options } from '../../src/drivers/amqp1/index.js';
import { createNotifier, PRIORITIES } from '../../src/index.js';
import { addressTemplate } from '../../src/transport/amqp1/address.js';

const parts = {
  topic: 'notifications',
  notification: { priority: 'WARN', eventType: 'image.member.create' },
  exchange: 'open stack/é%',
  vhost: 'region/1',
} as const;
const addressOf = (template: string, changes: object = {}) =>
  addressTemplate(template, 'address').address({ ...parts, ...changes });

describe('addresses', () => {
  test('of an event type with half a character, as others may send it', () => {
    const notification = { priority: 'WARN', eventType: 'a\ud800' };
    expect(addressOf('/queues/{event_type}', { notification })).toBe('/queues/a%EF%BF%BD');
  });

  test.each([
    ['queue', 'notifications.warn', 'notifications.warn'],
    [
      'oslo',
      'openstack.org/om/notify/anycast/region/1/open stack/é%/notifications.warn',
      'openstack.org/om/notify/anycast/open stack/é%/notifications.warn',
    ],
    ['rabbitmq3', '/exchange/open stack%2Fé%/notifications.warn', '/exchange/open stack%2Fé%/notifications.warn'],
    ['rabbitmq3-queue', '/amq/queue/notifications.warn', '/amq/queue/notifications.warn'],
    [
      'rabbitmq4',
      '/exchanges/open%20stack%2F%C3%A9%25/notifications.warn',
      '/exchanges/open%20stack%2F%C3%A9%25/notifications.warn',
    ],
    ['rabbitmq4-queue', '/queues/notifications.warn', '/queues/notifications.warn'],
    ['a queue of all', 'a queue of all', 'a queue of all'],
    ['{vhost}:{event_type}{/vhost}', 'region/1:image.member.create/region/1', ':image.member.create'],
  ])('%s', (template, withVhost, without) => {
    expect(addressOf(template)).toBe(withVhost);
    expect(addressOf(template, { vhost: undefined })).toBe(without);
  });

  test('of RabbitMQ 4 can be taken apart again, whatever is in them', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 50 }).filter((text) => text.isWellFormed());
    fc.assert(
      fc.property(name, name, fc.constantFrom(...PRIORITIES), (exchange, topic, priority) => {
        const address = addressOf('rabbitmq4', { exchange, topic, notification: { priority, eventType: 'a' } });
        const [nothing, exchanges, ...rest] = address.split('/');
        expect([nothing, exchanges, ...rest.map(decodeURIComponent)]).toEqual([
          '',
          'exchanges',
          exchange,
          `${topic}.${priority.toLowerCase()}`,
        ]);
      }),
    );
  });

  test('what is filled in is never read as a template', () => {
    const odd = fc.constantFrom('{topic}', '{/vhost}', '$&', '$1', '{}', "$'");
    fc.assert(
      fc.property(odd, odd, (exchange, topic) => {
        expect(addressOf('<{exchange}|{topic}>', { exchange, topic })).toBe(`<${exchange}|${topic}>`);
      }),
    );
  });

  test.each(['', '{topics}', '{topic', 'topic}', '{}', '{/topic}', 'a\nb', 'x'.repeat(501), 7, null])(
    'no address: %j',
    (address) => {
      expect(() => addressTemplate(address, 'TIDINGS_AMQP1_ADDRESS')).toThrow(
        expect.objectContaining({
          code: 'CONFIGURATION',
          message: expect.stringMatching(
            /^TIDINGS_AMQP1_ADDRESS (is|has) .*it takes one of queue, oslo, .*\{event_type\}/,
          ),
        }),
      );
    },
  );
});

describe('options', () => {
  test.each<[Record<string, unknown>, RegExp]>([
    [{ adress: 'queue' }, /^amqp1\.adress is not an option; there are name, url, address/],
    [{ address: '{vhost}/{topic}' }, /^amqp1\.address has \{vhost\}, but a URL names no virtual host/],
    [{ url: 'http://host' }, /^amqp1\.url is not the URL of an AMQP broker/],
    [{ window: 0 }, /^amqp1\.window is 0; it takes/],
    [{ body: 'text' }, /^amqp1\.body is "text"; it takes one of value, data/],
    [{ durable: 'yes' }, /^amqp1\.durable is "yes"; it takes true or false/],
    [{ creditTimeout: '10ms' }, /^amqp1\.creditTimeout is "10ms"/],
    [{ sasl: 'plain' }, /^amqp1\.sasl is 'plain', which needs a user and a password in each URL/],
    [{ sasl: 'anonymous', url: 'amqp://me:x@host' }, /^amqp1\.sasl is 'anonymous', but a URL has a user/],
    [{ sasl: 'external', url: 'amqps://host' }, /^amqp1\.sasl is 'external', which needs a client certificate/],
    [{ tls: { cert: 'none', key: 'none' }, url: 'amqps://host' }, /^amqp1\.tls holds what cannot be used for TLS: /],
    [{ tls: {}, url: 'amqp://host' }, /^amqp1\.tls has no effect: no URL begins with amqps:/],
  ])('%j', (options, message) => {
    expect(() => new Amqp1Driver(options as Amqp1Options)).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION', message: expect.stringMatching(message) }),
    );
  });

  test('of the environment are checked when the notifier is made, and no URL is shown', () => {
    const make = (environment: object) => () => createNotifier({}, { TIDINGS_DRIVERS: 'qpid', ...environment });
    expect(make({ TIDINGS_AMQP1_ADDRESS: '{nothing}' })).toThrow(
      /^TIDINGS_AMQP1_ADDRESS has the placeholder "\{nothing\}"/,
    );
    expect(make({ TIDINGS_AMQP1_URL: 'me:s3cret@host' })).toThrow(/^TIDINGS_AMQP1_URL is not the URL/);
    expect(make({ TIDINGS_AMQP1_URL: 'me:s3cret@host' })).not.toThrow(/s3cret/);
  });

  test('the wire format is that of who reads at such an address', () => {
    const formats = ['queue', 'oslo', 'rabbitmq3', '/queues/q', 'topic://x'].map(
      (address) => new Amqp1Driver({ address }).wireFormat,
    );
    expect(formats).toEqual(['plain', 'oslo', 'oslo', 'oslo', 'plain']);
  });
});
