import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebhookDriver, type WebhookOptions } from '../../src/drivers/webhook/index.js';
import { createNotifier, type Notifier } from '../../src/index.js';
import { accountOf } from '../support/accounting.js';
import { HttpServer, type Received } from '../support/http-server.js';
import { outgoing, silentHost } from '../support/outgoing.js';
import { RecordingReporter } from '../support/recorded.js';
import { newSecret } from '../support/webhook-secrets.js';

function notifierFor(options: Omit<WebhookOptions, 'name'>, more: object = {}): Notifier & { said: string[] } {
  const reporter = new RecordingReporter();
  const drivers = [{ name: 'webhook', ...options }] as const;
  const notifier = createNotifier({ drivers, retryMinMs: 5, retryMaxMs: 40, reporter, ...more }, {});
  onTestFinished(async () => void (await notifier.close({ timeoutMs: 0 })));
  return Object.assign(notifier, { said: reporter.lines });
}

const numbersOf = (received: readonly Received[]) =>
  received.flatMap(({ body }) => [JSON.parse(body)].flat()).map(({ payload }) => payload.n as number);

describe('a webhook request', () => {
  it('has an id that a header can carry, the same for each attempt, whatever the message id', async () => {
    const server = await HttpServer.start();
    const driver = new WebhookDriver({ url: server.url });
    const ids = ['a\nb', 'é', 'x'.repeat(300), '\ud800'];
    for (const messageId of [...ids, ...ids, 'req:1']) {
      expect(await driver.deliver([outgoing({ messageId })])).toEqual([undefined]);
    }
    const sent = server.received.map(({ headers }) => headers['webhook-id']);
    expect(sent.slice(0, 4)).toEqual(ids.map(() => expect.stringMatching(/^msg_[0-9a-f]{32}$/)));
    expect(new Set(sent).size).toBe(5);
    expect(sent.slice(4)).toEqual([...sent.slice(0, 4), 'req:1']);
  });

  it('has the notification as its body, its media type, and the headers that were given', async () => {
    const server = await HttpServer.start();
    const driver = new WebhookDriver({
      url: `${server.url}/hook/a%20b?x=1`,
      headers: { Authorization: 'Bearer s3cret', 'X-Tenant': 't-1' },
    });
    const message = outgoing();
    expect(await driver.deliver([message])).toEqual([undefined]);
    expect(server.received).toMatchObject([
      {
        method: 'POST',
        path: '/hook/a%20b?x=1',
        body: message.body,
        headers: {
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(message.body)),
          authorization: 'Bearer s3cret',
          'x-tenant': 't-1',
          'user-agent': 'tidings',
        },
      },
    ]);
    await driver.close();
  });

  it('carries basic authentication from the URL or from auth, beyond ASCII too', async () => {
    const server = await HttpServer.start();
    const withUser = server.url.replace('//', '//us%40er:pa%2Fss%C3%A9@');
    for (const options of [{ url: withUser }, { url: server.url, auth: { username: 'us@er', password: 'pa/ssé' } }]) {
      const driver = new WebhookDriver(options);
      await driver.deliver([outgoing()]);
      await driver.close();
    }
    const sent = server.received.map(({ headers }) =>
      Buffer.from(headers.authorization?.slice(6) ?? '', 'base64').toString(),
    );
    expect(sent).toEqual(['us@er:pa/ssé', 'us@er:pa/ssé']);
  });

  it('goes over connections that are kept, no more than concurrency', async () => {
    const server = await HttpServer.start();
    const notifier = notifierFor({ url: server.url, concurrency: 3 });
    for (let n = 0; n < 60; n += 1) notifier.info('e.one', { n });
    await notifier.flush();
    expect(server.received).toHaveLength(60);
    expect(server.connections).toBeLessThanOrEqual(3);
  });

  it('of the wire format cloudevents says so', async () => {
    const server = await HttpServer.start();
    const [single, arrays] = [
      new WebhookDriver({ url: server.url }),
      new WebhookDriver({ url: server.url, batch: { size: 2 } }),
    ];
    const event = { ...outgoing(), contentType: 'application/cloudevents+json; charset=utf-8' };
    for (const driver of [single, arrays]) {
      await driver.deliver([event]);
      await driver.close();
    }
    expect(server.received.map(({ headers }) => headers['content-type'])).toEqual([
      'application/cloudevents+json; charset=utf-8',
      'application/cloudevents-batch+json; charset=utf-8',
    ]);
  });
});

describe('an answer', () => {
  it.each([200, 201, 202, 204, 299])('%i delivers', async (status) => {
    const server = await HttpServer.start(() => status);
    const notifier = notifierFor({ url: server.url });
    expect(await notifier.info('e.one').delivered()).toMatchObject({ status: 'delivered' });
  });

  it.each([
    [301, 'redirects are not followed'],
    [307, 'redirects are not followed'],
    [400, 'answered 400'],
    [401, 'wants credentials'],
    [404, 'check the URL'],
    [410, 'it is gone for good'],
    [413, 'too large for it'],
    [422, 'answered 422'],
  ])('%i is a refusal for good: told, counted, not tried again', async (status, text) => {
    const headers = { location: 'http://127.0.0.1:1/s3cret', 'retry-after': '1' };
    const server = await HttpServer.start(() => ({ status, headers, body: 's3cret body' }));
    const notifier = notifierFor({ url: `${server.url}/s3cret-path?token=s3cret` });
    const report = await notifier.info('e.one').delivered();
    expect(report).toMatchObject({ status: 'refused', reason: expect.stringContaining(text) });
    expect(server.received).toHaveLength(1);
    expect(accountOf(notifier, 'webhook')).toMatchObject({ dropped: { refused: 1 }, retried: 0 });
    expect(JSON.stringify([report, notifier.said])).not.toContain('s3cret');
    expect(notifier.said.join()).toContain(`${server.url} answered ${status}`);
  });

  it.each([408, 425, 429, 500, 502, 503, 504])('%i is tried again', async (status) => {
    let answers = 0;
    const server = await HttpServer.start(() => ({ status: answers++ < 2 ? status : 204, body: 's3cret' }));
    const notifier = notifierFor({ url: server.url });
    const receipt = notifier.info('e.one');
    await notifier.flush();
    expect(await receipt.delivered()).toMatchObject({ status: 'delivered' });
    expect(new Set(server.received.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([receipt.messageId]));
    expect(server.received).toHaveLength(3);
    expect(notifier.said.join()).not.toContain('s3cret');
  });

  it.each([
    ['seconds', () => '1'],
    ['an HTTP date', () => new Date(Date.now() + 2_000).toUTCString()],
  ])('429 with Retry-After in %s holds everything back, flush() included', async (_, retryAfter) => {
    const server = await HttpServer.start(() =>
      server.received.length === 1 ? { status: 429, headers: { 'retry-after': retryAfter() } } : 204,
    );
    const notifier = notifierFor({ url: server.url });
    for (let n = 0; n < 5; n += 1) notifier.info('e.one', { n });
    await notifier.flush();
    const [first, second] = server.received as [Received, Received];
    // An HTTP date has whole seconds.
    expect(second.at - first.at).toBeGreaterThan(950);
    expect(numbersOf(server.received)).toEqual([0, 0, 1, 2, 3, 4]);
    expect(notifier.said.join('\n')).toMatch(
      /webhook: cannot deliver, trying again .*answered 429, and asks to wait for/,
    );
  });

  it('that asks to wait for days is obeyed for an hour', async () => {
    const server = await HttpServer.start(() => ({ status: 503, headers: { 'retry-after': '86400' } }));
    const driver = new WebhookDriver({ url: server.url });
    await expect(driver.deliver([outgoing()])).rejects.toMatchObject({
      message: expect.stringContaining('answered 503, and asks to wait for 86400 s'),
      retryAfterMs: expect.closeTo(3_600_000, -4),
    });
    await driver.close();
  });

  it('without an end, or endless, counts by its status; only a bounded part of it is read', async () => {
    const server = await HttpServer.start((_, response) => {
      response.writeHead(200).write('x');
      const flood = setInterval(() => response.write('x'.repeat(100_000)), 1);
      response.on('close', () => clearInterval(flood));
      return undefined;
    });
    const notifier = notifierFor({ url: server.url });
    expect(await notifier.info('e.one').delivered()).toMatchObject({ status: 'delivered' });
    server.answer = (_, response) => void response.writeHead(200, { 'content-length': 10 }).write('x');
    const slow = notifierFor({ url: server.url, timeoutMs: 200 });
    expect(await slow.info('e.two').delivered()).toMatchObject({ status: 'delivered' });
    expect(accountOf(slow, 'webhook')).toMatchObject({ delivered: 1, retried: 0 });
  });

  it('that fails for one notification holds up none of the others', async () => {
    const server = await HttpServer.start(({ body }, response) => {
      if (JSON.parse(body).event_type === 'e.poison') return void response.destroy();
      return 204;
    });
    const notifier = notifierFor({ url: server.url });
    for (const type of ['e.poison', 'e.one', 'e.poison', 'e.two', 'e.three']) notifier.info(type);
    await notifier.flush({ timeoutMs: 1_000 });
    expect(accountOf(notifier, 'webhook')).toMatchObject({ delivered: 3, accepted: 5 });
    const late = notifier.info('e.four');
    expect(await late.delivered()).toMatchObject({ status: 'delivered' });
  });
});

describe('a request that is too long', () => {
  it('is refused without being sent', async () => {
    const server = await HttpServer.start();
    const notifier = notifierFor({ url: server.url, maxRequestBytes: '1KiB' });
    expect(await notifier.info('e.long', { text: 'x'.repeat(1_000) }).delivered()).toMatchObject({
      status: 'refused',
      reason: expect.stringContaining('over 1024 bytes (maxRequestBytes)'),
    });
    expect(server.received).toEqual([]);
  });
});

describe('arrays', () => {
  it('hold up to size notifications in their order, also a single one; none is over the limit', async () => {
    const server = await HttpServer.start();
    const secret = newSecret();
    const notifier = notifierFor({ url: server.url, secret, batch: { size: 7 }, maxRequestBytes: 3_000 });
    for (let n = 0; n < 100; n += 1) notifier.info('e.one', { n, text: 'é'.repeat(n) });
    await notifier.flush();
    expect(numbersOf(server.received)).toEqual(Array.from({ length: 100 }, (_, n) => n));
    const sizes = server.received.map(({ body }) => JSON.parse(body).length as number);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(7);
    expect(Math.max(...sizes)).toBeGreaterThan(3);
    expect(Math.max(...server.received.map(({ body }) => Buffer.byteLength(body)))).toBeLessThanOrEqual(3_000);
    const ids = server.received.map(({ headers }) => headers['webhook-id']);
    expect(ids.every((id) => /^batch_[0-9a-f]{32}$/.test(id ?? ''))).toBe(true);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('have the same id when they are sent again as they were', async () => {
    const server = await HttpServer.start(() => (server.received.length === 1 ? 500 : 204));
    const driver = new WebhookDriver({ url: server.url, batch: { size: 3 } });
    const batch = [outgoing(), outgoing(), outgoing()];
    expect(await driver.deliver(batch)).toEqual([expect.any(Error), expect.any(Error), expect.any(Error)]);
    expect(await driver.deliver(batch)).toEqual([undefined, undefined, undefined]);
    await driver.close();
    const [first, second] = server.received.map(({ headers }) => headers['webhook-id']);
    expect(second).toBe(first);
  });

  it('are divided where one of them is bad: only that one is refused', async () => {
    const server = await HttpServer.start(({ body }) =>
      numbersOf([{ body } as Received]).some((n) => n % 30 === 7) ? 400 : 204,
    );
    const notifier = notifierFor({ url: server.url, batch: { size: 20 } });
    for (let n = 0; n < 60; n += 1) notifier.info('e.one', { n });
    await notifier.flush();
    expect(accountOf(notifier, 'webhook')).toMatchObject({ delivered: 58, dropped: { refused: 2 }, retried: 0 });
  });
});

describe('several endpoints', () => {
  it('each has its own secret, headers and path; delivered when all have it', async () => {
    const [one, two] = [await HttpServer.start(), await HttpServer.start()];
    const notifier = notifierFor({
      endpoints: [
        { url: `${one.url}/a`, secret: newSecret(), headers: { 'x-one': '1' } },
        { url: `${two.url}/b`, auth: { username: 'u', password: 'p' } },
      ],
    });
    expect(await notifier.info('e.one').delivered()).toMatchObject({ status: 'delivered' });
    expect(one.received).toMatchObject([
      { path: '/a', headers: { 'x-one': '1', 'webhook-signature': expect.any(String) } },
    ]);
    expect(two.received).toMatchObject([{ path: '/b', headers: { authorization: 'Basic dTpw' } }]);
    expect(two.received[0]?.headers).not.toHaveProperty('webhook-signature');
  });

  it('an attempt after the first goes only to those that have not had it', async () => {
    let failures = 3;
    const [good, bad] = [await HttpServer.start(), await HttpServer.start(() => (failures-- > 0 ? 500 : 204))];
    const notifier = notifierFor({ endpoints: [{ url: good.url }, { url: bad.url }] });
    for (let n = 0; n < 10; n += 1) notifier.info('e.one', { n });
    await notifier.flush();
    expect(numbersOf(good.received)).toEqual(Array.from({ length: 10 }, (_, n) => n));
    expect(bad.received).toHaveLength(13);
    expect(accountOf(notifier, 'webhook')).toMatchObject({ delivered: 10 });
  });

  it('one that is down for good delays what the other gets by nothing, and is asked ever more rarely', async () => {
    const [good, dead] = [await HttpServer.start(), await HttpServer.start()];
    await dead.kill();
    const notifier = notifierFor({ endpoints: [{ url: dead.url }, { url: good.url }] });
    for (let n = 0; n < 50; n += 1) notifier.info('e.one', { n });
    await good.requests(50);
    expect(numbersOf(good.received).sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, n) => n));
    expect(accountOf(notifier, 'webhook')).toMatchObject({ delivered: 0, accepted: 50 });
    expect(notifier.health().drivers.webhook).toMatchObject({
      status: 'degraded',
      reason: expect.stringContaining('endpoint 1 ('),
    });
    await dead.listen();
    await dead.requests(50);
    await notifier.flush();
    expect(good.received).toHaveLength(50);
    expect(accountOf(notifier, 'webhook')).toMatchObject({ delivered: 50 });
  });

  it('what one refuses for good goes to the others, then counts as refused and names the endpoint', async () => {
    let failures = 2;
    const [gone, slow] = [
      await HttpServer.start(() => 410),
      await HttpServer.start(() => (failures-- > 0 ? 503 : 204)),
    ];
    const notifier = notifierFor({ endpoints: [{ url: gone.url }, { url: slow.url }] });
    expect(await notifier.info('e.one').delivered()).toMatchObject({
      status: 'refused',
      reason: `refused by 1 of 2 endpoints (the others have it): endpoint 1 (${gone.url}) answered 410: it is gone for good: take it out of the configuration`,
    });
    expect([gone.received.length, slow.received.length]).toEqual([1, 3]);
    expect(accountOf(notifier, 'webhook')).toMatchObject({ dropped: { refused: 1 } });
  });

  it('one that asks to wait holds back only itself', async () => {
    const busy = await HttpServer.start(() =>
      busy.received.length === 1 ? { status: 503, headers: { 'retry-after': '1' } } : 204,
    );
    const free = await HttpServer.start();
    const notifier = notifierFor({ endpoints: [{ url: busy.url }, { url: free.url }] });
    const begun = performance.now();
    for (let n = 0; n < 5; n += 1) notifier.info('e.one', { n });
    await free.requests(5);
    expect(busy.received).toHaveLength(1);
    await notifier.flush();
    expect(performance.now() - begun).toBeGreaterThan(950);
    expect([busy.received.length, free.received.length]).toEqual([6, 5]);
  });
});

describe('a secret given by a function', () => {
  it('is asked for each request; what it throws is not shown, and nothing is lost meanwhile', async () => {
    const [server, secret] = [await HttpServer.start(), newSecret()];
    const answers: (() => string)[] = [
      () => {
        throw Object.assign(new TypeError('vault: s3cret'), { code: 'ECONNREFUSED' });
      },
      () => 'whsec_s3cret',
      () => secret,
    ];
    const notifier = notifierFor({ url: server.url, secrets: async () => (answers.shift() as () => string)() });
    expect(await notifier.info('e.one').delivered()).toMatchObject({ status: 'delivered' });
    const said = notifier.said.join('\n');
    expect(said).toMatch(/the function webhook\.secrets failed with TypeError \(ECONNREFUSED\) and is asked again/);
    expect(said).toMatch(/what the function webhook\.secrets gives is a webhook secret/);
    expect(said).not.toContain('s3cret');
  });
});

describe('options', () => {
  const secret = newSecret();
  const url = 'https://hooks.example.org/s3cret';
  const cases: [string, object, string][] = [
    ['no URL', {}, 'webhook.url is missing'],
    ['no HTTP', { url: 'ftp://u:s3cret@h/' }, 'webhook.url is not the URL of an HTTP server'],
    ['no URL at all', { url: 'h s3cret' }, 'webhook.url is not the URL'],
    ['a broken escape', { url: 'http://u:s3cret%@h/' }, 'begins no percent-encoded character'],
    ['an unknown option', { url, secrte: 's3cret' }, 'webhook.secrte is not an option'],
    ['a bare secret', { url, secret: 's3cret' }, 'webhook.secret is no webhook secret'],
    ['a secret that is too short', { url, secret: 'whsec_czNjcmV0' }, 'webhook.secret is a webhook secret of 6 bytes'],
    ['a damaged secret', { url, secrets: [secret, `${secret}s3cret!`] }, 'webhook.secrets (secret 2 of 2)'],
    ['a secret that is no text', { url, secret: { key: 's3cret' } }, 'webhook.secret holds no secret'],
    ['no secret', { url, secrets: [] }, 'webhook.secrets holds no secret'],
    ['secret and secrets', { url, secret, secrets: [secret] }, 'webhook.secrets stands beside webhook.secret'],
    [
      'a header of ours',
      { url, headers: { 'Webhook-Id': '1' } },
      'webhook.headers.webhook-id is a header that the driver sets',
    ],
    ['a header of HTTP', { url, headers: { 'Content-Length': '1' } }, 'webhook.headers.content-length is a header'],
    [
      'a header with a line end',
      { url, headers: { 'x-a': 's3cret\r\nx-b: 1' } },
      'webhook.headers.x-a is no header value',
    ],
    ['a header without a name', { url, headers: { 'x a': '1' } }, 'webhook.headers has "x a", which names no header'],
    [
      'credentials twice',
      { url: 'https://u:s3cret@h/', auth: { username: 'u', password: 's3cret' } },
      'credentials in more than one',
    ],
    ['a user with a colon', { url, auth: { username: 'u:x', password: 's3cret' } }, 'webhook.auth is no credentials'],
    ['TLS without https', { url: 'http://h/', tls: {} }, 'webhook.tls has no effect'],
    [
      'a damaged certificate',
      { url, tls: { ca: 'x', cert: 's3cret' } },
      'webhook.tls holds what cannot be used for TLS',
    ],
    [
      'a time out of range',
      { url, timeoutMs: 5 },
      'webhook.timeoutMs is 5; it takes a whole number from 100 to 600000',
    ],
    ['no endpoints', { endpoints: [] }, 'webhook.endpoints holds no endpoints'],
    ['an endpoint without a URL', { endpoints: [{ url }, {}] }, 'webhook.endpoints[1].url is missing'],
    [
      'an unknown option of an endpoint',
      { endpoints: [{ url, batch: {} }] },
      'webhook.endpoints[0].batch is not an option',
    ],
    ['url beside endpoints', { url, endpoints: [{ url }] }, 'webhook.url stands beside webhook.endpoints'],
    ['no batch', { url, batch: true }, 'webhook.batch is true; it takes { size }'],
    ['an empty batch', { url, batch: { size: 0 } }, 'webhook.batch.size is 0'],
    ['too much at once', { url, concurrency: 101 }, 'webhook.concurrency is 101'],
  ];

  it.each(cases)('%s is a ConfigurationError that shows no secret', (_, options, text) => {
    const make = () => new WebhookDriver(options as WebhookOptions);
    expect(make).toThrow(expect.objectContaining({ code: 'CONFIGURATION', message: expect.stringContaining(text) }));
    expect(make).not.toThrow('s3cret');
  });

  it('of the environment make one endpoint, unless code says otherwise', async () => {
    const server = await HttpServer.start();
    const environment = {
      TIDINGS_DRIVERS: 'webhook',
      TIDINGS_WEBHOOK_URL: `${server.url}/env`,
      TIDINGS_WEBHOOK_SECRET: `${secret},${newSecret()}`,
    };
    const byCode = { drivers: [{ name: 'webhook', endpoints: [{ url: `${server.url}/code` }] }] } as const;
    for (const options of [{}, byCode]) {
      const notifier = createNotifier(options, environment);
      await notifier.info('e.one').delivered();
      await notifier.close();
    }
    expect(server.received.map(({ path, headers }) => [path, headers['webhook-signature']?.split(' ').length])).toEqual(
      [
        ['/env', 2],
        ['/code', undefined],
      ],
    );
    const wrong = (name: string) => () => createNotifier({}, { ...environment, [name]: 's3cret' });
    expect(wrong('TIDINGS_WEBHOOK_URL')).toThrow('TIDINGS_WEBHOOK_URL is not the URL of an HTTP server');
    expect(wrong('TIDINGS_WEBHOOK_SECRET')).toThrow('TIDINGS_WEBHOOK_SECRET is no webhook secret');
    expect(wrong('TIDINGS_WEBHOOK_SECRET')).not.toThrow('s3cret');
  });

  it('that send a password over plain HTTP to another host are warned of, once', async () => {
    const warnings: string[] = [];
    const host = { ...silentHost, warn: (line: string) => void warnings.push(line) };
    const quiet = ['http://u:p@127.0.0.1/', 'http://u:p@localhost/', 'http://h/', 'https://u:p@h/'];
    for (const each of quiet) await new WebhookDriver({ url: each }).open(host);
    expect(warnings).toEqual([]);
    const driver = new WebhookDriver({ url: 'http://u:s3cret@example.org/s3cret' });
    await driver.open(host);
    await driver.open(host);
    expect(warnings).toEqual([
      'http://example.org:80 gets credentials that everybody on the way can read: use https://',
    ]);
  });
});

it('closing ends what is under way', async () => {
  const server = await HttpServer.start(() => undefined);
  const driver = new WebhookDriver({ url: server.url });
  const delivering = driver.deliver([outgoing()]);
  await server.requests(1);
  await driver.close();
  expect(await delivering).toEqual([
    expect.objectContaining({ message: expect.stringContaining('the driver was closed') }),
  ]);
  await once(process, 'nothing', { signal: AbortSignal.timeout(1) }).catch(() => undefined);
  expect(await driver.deliver([outgoing()])).toEqual([expect.any(Error)]);
});
