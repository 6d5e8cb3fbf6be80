import { createHmac, randomUUID } from 'node:crypto';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { verifyWebhook, WebhookDriver, WebhookVerificationError } from '../../src/drivers/webhook/index.js';
import { ConfigurationError, isTidingsError } from '../../src/index.js';
import { HttpServer, type Received } from '../support/http-server.js';
import { outgoing } from '../support/outgoing.js';
import { newSecret } from '../support/webhook-secrets.js';

async function posted(options: object, message = outgoing()): Promise<Received> {
  const server = await HttpServer.start();
  const driver = new WebhookDriver({ url: server.url, ...options });
  await driver.deliver([message]);
  await driver.close();
  return server.received[0] as Received;
}

function signed(secret: string, body: string, at = new Date(), id = `msg_${randomUUID()}`): Record<string, string> {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': new Webhook(secret).sign(id, at, body),
  };
}

describe('what the driver signs', () => {
  it('the standardwebhooks package verifies, and its id is the message id', async () => {
    const secret = newSecret();
    const message = outgoing({ payload: { text: 'Zażółć 日本語 🎉' } });
    const { headers, body } = await posted({ secret }, message);
    expect(new Webhook(secret).verify(body, headers)).toMatchObject({ message_id: message.notification.messageId });
    expect(headers['webhook-id']).toBe(message.notification.messageId);
    expect(() => new Webhook(newSecret()).verify(body, headers)).toThrow('No matching signature');
    expect(() => new Webhook(secret).verify(body.replace('image', 'imags'), headers)).toThrow('No matching signature');
  });

  it('has a signature for each secret: a receiver may know the old one or the new one', async () => {
    const [old, current] = [newSecret(), newSecret(24)];
    for (const options of [
      { secret: `${current}, ${old}` },
      { secrets: [current, old] },
      { secrets: () => [current, old] },
    ]) {
      const { headers, body } = await posted(options);
      expect(headers['webhook-signature']?.split(' ')).toHaveLength(2);
      for (const secret of [old, current]) new Webhook(secret).verify(body, headers);
      expect(() => new Webhook(newSecret()).verify(body, headers)).toThrow();
    }
  });

  it('is unsigned without a secret, with id and timestamp all the same', async () => {
    const { headers } = await posted({});
    expect(headers).toMatchObject({
      'webhook-id': expect.any(String),
      'webhook-timestamp': expect.stringMatching(/^\d+$/),
    });
    expect(headers['webhook-signature']).toBeUndefined();
  });
});

describe('verifyWebhook', () => {
  const secret = newSecret();

  it('verifies what the standardwebhooks package signs, whatever the body', () => {
    fc.assert(
      fc.property(fc.json(), fc.integer({ min: 24, max: 64 }), (body, length) => {
        const own = newSecret(length);
        const headers = signed(own, body);
        expect(verifyWebhook(body, headers, own)).toEqual({
          webhookId: headers['webhook-id'],
          sentAt: new Date(Number(headers['webhook-timestamp']) * 1_000),
        });
        expect(verifyWebhook(Buffer.from(body), headers, own)).toBeDefined();
        expect(() => verifyWebhook(`${body} `, headers, own)).toThrow(WebhookVerificationError);
        expect(() => verifyWebhook(body, { ...headers, 'webhook-id': 'other' }, own)).toThrow('no signature');
      }),
      { numRuns: 50 },
    );
  });

  it('takes the headers of Node, of fetch, and in any case', () => {
    const headers = signed(secret, '{}');
    const incoming = new IncomingMessage(new Socket());
    Object.assign(incoming.headers, headers);
    const upper = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), [value]]));
    for (const each of [headers, incoming.headers, new Headers(headers), upper]) {
      expect(verifyWebhook('{}', each, secret).webhookId).toBe(headers['webhook-id']);
    }
  });

  it('with several secrets, any of which may have signed it, beside signatures of other versions', () => {
    const headers = signed(secret, '{}');
    const many = {
      ...headers,
      'webhook-signature': `v1a,AAAA ${signed(newSecret(), '{}')['webhook-signature']} ${headers['webhook-signature']}`,
    };
    expect(verifyWebhook('{}', many, [newSecret(), secret])).toBeDefined();
    expect(verifyWebhook('{}', many, `${newSecret()},${secret}`)).toBeDefined();
    expect(() => verifyWebhook('{}', headers, [newSecret(), newSecret()])).toThrow('of one of the secrets');
  });

  it('refuses what is too old or from the future; the tolerance can be changed', () => {
    const at = (seconds: number) => signed(secret, '{}', new Date(Date.now() + seconds * 1_000));
    for (const seconds of [-290, 290]) expect(verifyWebhook('{}', at(seconds), secret)).toBeDefined();
    for (const seconds of [-310, 310])
      expect(() => verifyWebhook('{}', at(seconds), secret)).toThrow("not within 300 s of this host's clock");
    expect(verifyWebhook('{}', at(-310), secret, { toleranceSeconds: 600 })).toBeDefined();
    expect(() => verifyWebhook('{}', at(-30), secret, { toleranceSeconds: 5 })).toThrow('not within 5 s');
    expect(() => verifyWebhook('{}', at(0), secret, { toleranceSeconds: Number.NaN })).toThrow('not within');
  });

  it.each([
    ['no id', { 'webhook-id': undefined }, 'is missing'],
    ['no timestamp', { 'webhook-timestamp': '' }, 'is missing'],
    ['no signature', { 'webhook-signature': undefined }, 'is missing'],
    ['a timestamp that is no number', { 'webhook-timestamp': 'now' }, 'not within'],
    ['a signature of no version', { 'webhook-signature': 'abc' }, 'no signature'],
    ['an empty signature', { 'webhook-signature': 'v1,' }, 'no signature'],
  ])('refuses %s, by an error with a code', (_, change, text) => {
    const verify = () => verifyWebhook('{}', { ...signed(secret, '{}'), ...change }, secret);
    expect(verify).toThrow(text);
    expect(verify).toThrow(expect.objectContaining({ name: 'WebhookVerificationError', code: 'VERIFICATION_FAILED' }));
  });

  it('refuses a signature whose timestamp was exchanged', () => {
    const headers = signed(secret, '{}');
    const later = { ...headers, 'webhook-timestamp': String(Number(headers['webhook-timestamp']) + 1) };
    expect(() => verifyWebhook('{}', later, secret)).toThrow('no signature');
  });

  it('takes no secret that is none, and shows nothing of it', () => {
    const bad = ['', 'whsec_', 'whsec_c2hvcnQ=', `${newSecret()}!`, newSecret().slice(6), newSecret(65), newSecret(23)];
    for (const each of bad) {
      let error: unknown;
      try {
        verifyWebhook('{}', signed(secret, '{}'), [secret, each].join(','));
        if (each !== '') throw new Error(`${each} was taken`);
      } catch (thrown) {
        error = thrown;
      }
      if (each === '') continue;
      expect(error).toBeInstanceOf(ConfigurationError);
      expect(isTidingsError(error)).toBe(true);
      if (each.length > 6) expect(String(error)).not.toContain(each.slice(6));
    }
  });

  it('is HMAC-SHA256 over id, timestamp and body, by the specification', () => {
    const key = Buffer.from('a'.repeat(32));
    const timestamp = String(Math.floor(Date.now() / 1_000));
    const signature = createHmac('sha256', key).update(`msg_1.${timestamp}.{"a":1}`).digest('base64');
    const headers = { 'webhook-id': 'msg_1', 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
    expect(verifyWebhook('{"a":1}', headers, `whsec_${key.toString('base64')}`).webhookId).toBe('msg_1');
  });
});
