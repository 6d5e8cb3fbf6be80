import { describe, expect, it } from 'vitest';
import { type NotificationOptions, notifyAbout, withNotifies } from '../../src/index.js';
import { record } from '../support/recorded.js';

async function received(payload: unknown, redact?: NotificationOptions['redact']): Promise<unknown> {
  const { told } = record(redact === undefined ? {} : { redact });
  notifyAbout.error('payload.test', payload);
  return (await told())[0]?.payload;
}

describe('redaction', () => {
  it.each([
    'password',
    'adminPass',
    'user_password',
    'Secret',
    'clientSecret',
    'auth_token',
    'accessToken',
    'X-Auth-Token',
    'API_KEY',
    'apiKey',
    'api-key',
    'Authorization',
    'private_key',
    'privateKey',
    'credentials',
    'passphrase',
    'Set-Cookie',
  ])('masks the key %s, deep down and whatever it holds', async (key) => {
    expect(await received({ a: [{ [key]: 'hunter2' }], [key]: { user: 'u' }, c: { [key]: 1234 } })).toEqual({
      a: [{ [key]: '***' }],
      [key]: '***',
      c: { [key]: '***' },
    });
  });

  it('leaves nothing, yes and no: there is no secret in them', async () => {
    const payload = { password: null, has_token: true, secret: '', name: 'n', checksum: 'abc', owner: 'o' };
    expect(await received(payload)).toEqual(payload);
  });

  it('masks in a Map, in what a toJSON gives and in the fields of an error', async () => {
    const payload = {
      map: new Map([['token', 't']]),
      json: { toJSON: () => ({ token: 't' }) },
      error: new Error('login with password=hunter2 failed', { cause: new Error('token: "abc def"') }),
    };
    expect(await received(payload)).toEqual({
      map: { token: '***' },
      json: { token: '***' },
      error: {
        name: 'Error',
        message: 'login with password=*** failed',
        cause: { name: 'Error', message: 'token: ***' },
      },
    });
  });

  it.each([
    ['cannot reach amqp://guest:hunter2@rabbit:5672/vhost', 'cannot reach amqp://guest:***@rabbit:5672/vhost'],
    ['Authorization: Bearer abc.def-ghi', 'Authorization: Bearer ***'],
    ['{"password": "hun ter2", "name": "n"}', '{"password": ***, "name": "n"}'],
    ['?api_key=abc123&x=1', '?api_key=***&x=1'],
    ['os_password=hunter2;user=u', 'os_password=***;user=u'],
    ['the token was refused', 'the token was refused'],
    ['http://host:8080/path failed', 'http://host:8080/path failed'],
  ])('masks in text: %s', async (text, expected) => {
    expect(await received(text)).toBe(expected);
    expect(await received(new Error(text))).toBe(expected);
  });

  it('is not slowed by hostile text', async () => {
    for (const text of [
      'token'.repeat(150_000),
      'a'.repeat(900_000),
      'a://'.repeat(200_000),
      'Bearer '.repeat(140_000),
    ]) {
      expect(typeof (await received(`secret ${text}`))).toBe('string');
    }
  });

  it('takes more keys, places and exceptions, in code or as the environment writes them', async () => {
    const payload = { email: 'e', owner: { name: 'n', id: 'i' }, members: [{ name: 'm' }], token_count: 3 };
    const masked = { email: '***', owner: { name: '***', id: 'i' }, members: [{ name: '***' }], token_count: 3 };
    const options = { keys: ['email'], paths: ['owner.name', 'members.*.name'], except: ['token_count'] };
    expect(await received(payload, options)).toEqual(masked);
    expect(await received(payload, 'email, owner.name, members.*.name, !token_count')).toEqual(masked);
  });

  it('can be turned off', async () => {
    expect(await received({ password: 'hunter2' }, false)).toEqual({ password: 'hunter2' });
    expect(await received('password=hunter2', 'off')).toBe('password=hunter2');
  });

  it('covers the text of an error that a decorated function throws', async () => {
    const { told } = record();
    const login = withNotifies('user.login', () => {
      throw new Error('cannot log in with password=hunter2');
    });
    expect(login).toThrow('hunter2');
    expect((await told())[0]?.payload).toBe('cannot log in with password=***');
  });
});
