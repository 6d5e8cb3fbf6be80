import { describe, expect, it, onTestFinished } from 'vitest';
import { ZaqarDriver, type ZaqarOptions } from '../../src/drivers/zaqar/index.js';
import { createNotifier, type Notifier } from '../../src/index.js';
import { accountOf } from '../support/accounting.js';
import { outgoing, silentHost } from '../support/outgoing.js';
import { RecordingReporter } from '../support/recorded.js';
import { ZaqarServer } from '../support/zaqar-server.js';

function notifierFor(options: Omit<ZaqarOptions, 'name'>, more: object = {}): Notifier & { said: string[] } {
  const reporter = new RecordingReporter();
  const drivers = [{ name: 'zaqar', projectId: 'p-1', ...options }] as const;
  const notifier = createNotifier({ drivers, retryMinMs: 5, retryMaxMs: 40, reporter, ...more }, {});
  onTestFinished(async () => void (await notifier.close({ timeoutMs: 0 })));
  return Object.assign(notifier, { said: reporter.lines });
}

const range = (count: number) => Array.from({ length: count }, (_, n) => n);

describe('a post to Zaqar', () => {
  it('has the queue, the project, a client id and the time to live', async () => {
    const zaqar = await ZaqarServer.start();
    const driver = new ZaqarDriver({ url: `${zaqar.url}/v2/`, queue: 'image_events.v1', projectId: 'p-1', ttl: 60 });
    const message = outgoing();
    expect(await driver.deliver([message])).toEqual([undefined]);
    expect(zaqar.queue('image_events.v1')).toEqual([{ ttl: 60, body: JSON.parse(message.body) }]);
    expect(zaqar.http.received).toMatchObject([
      {
        method: 'POST',
        path: '/v2/queues/image_events.v1/messages',
        headers: { 'content-type': 'application/json', 'x-project-id': 'p-1', 'user-agent': 'tidings' },
      },
    ]);
    await driver.close();
  });

  it('has the client id that was given, else one for the process', async () => {
    const zaqar = await ZaqarServer.start();
    const clientId = '3381af92-2b9e-11e3-b191-71861300734c';
    for (const options of [{ clientId }, {}, {}]) {
      const driver = new ZaqarDriver({ url: zaqar.url, projectId: 'p-1', ...options });
      await driver.deliver([outgoing()]);
      await driver.close();
    }
    const ids = zaqar.http.received.map(({ headers }) => headers['client-id']);
    expect(ids[0]).toBe(clientId);
    expect(ids[1]).not.toBe(clientId);
    expect(ids[2]).toBe(ids[1]);
  });

  it('has at most 10 messages and 262,144 bytes, counted as they are sent', async () => {
    const zaqar = await ZaqarServer.start();
    const notifier = notifierFor({ url: zaqar.url });
    for (const n of range(60)) notifier.info('e.one', { n, text: '日'.repeat(n % 2 === 0 ? 20_000 : 10) });
    await notifier.flush();
    expect(zaqar.queue().map(({ body }) => body.payload.n)).toEqual(range(60));
    expect(accountOf(notifier, 'zaqar')).toMatchObject({ delivered: 60, retried: 0, dropped: {} });
    const sizes = zaqar.http.received.map(({ body }) => Buffer.byteLength(body));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(262_144);
    expect(sizes.some((size) => size > 180_000)).toBe(true);
  });

  it('is filled to the last byte; one byte more is a refusal of that notification only, and is not sent', async () => {
    const zaqar = await ZaqarServer.start();
    const driver = new ZaqarDriver({ url: zaqar.url, projectId: 'p-1', ttl: 60 });
    const frame = '{"messages":[{"ttl":60,"body":""}]}'.length;
    const sized = (bytes: number) => ({ ...outgoing(), body: JSON.stringify('x'.repeat(bytes)) });
    const outcomes = await driver.deliver([sized(1), sized(262_144 - frame), sized(262_145 - frame), sized(2)]);
    expect(outcomes).toEqual([
      undefined,
      undefined,
      expect.objectContaining({ code: 'DELIVERY_REFUSED', message: expect.stringContaining('over 262144 bytes') }),
      undefined,
    ]);
    expect(zaqar.http.received.map(({ body }) => Buffer.byteLength(body))).toContain(262_144);
    expect(zaqar.queue()).toHaveLength(3);
    await driver.close();
  });
});

describe('an answer of Zaqar', () => {
  it('400 to a batch: the bad ones are found and refused, the others are delivered', async () => {
    const zaqar = await ZaqarServer.start();
    zaqar.intercept = ({ body }) => (body.includes('"bad"') ? { status: 400, body: '{"title":"s3cret"}' } : undefined);
    const notifier = notifierFor({ url: zaqar.url });
    for (const n of range(40)) notifier.info('e.one', { n, text: n === 13 || n === 27 ? 'bad' : 'good' });
    await notifier.flush();
    expect(zaqar.queue().map(({ body }) => body.payload.n)).toEqual(range(40).filter((n) => n !== 13 && n !== 27));
    expect(accountOf(notifier, 'zaqar')).toMatchObject({ delivered: 38, dropped: { refused: 2 }, retried: 0 });
    expect(notifier.said.join()).not.toContain('s3cret');
  });

  it('that lists fewer than were sent: the others are sent again', async () => {
    const zaqar = await ZaqarServer.start();
    let partial = 2;
    zaqar.intercept = ({ body }) => {
      const { messages } = JSON.parse(body);
      if (messages.length < 4 || partial-- <= 0) return undefined;
      return { status: 201, body: JSON.stringify({ resources: messages.slice(0, 3).map(() => '/v2/x') }) };
    };
    const driver = new ZaqarDriver({ url: zaqar.url, projectId: 'p-1' });
    expect(await driver.deliver(range(5).map(() => outgoing()))).toEqual([
      undefined,
      undefined,
      undefined,
      expect.objectContaining({ code: 'DELIVERY_FAILED', message: expect.stringContaining('took 3 of 5 messages') }),
      expect.objectContaining({ code: 'DELIVERY_FAILED' }),
    ]);
    await driver.close();
    const notifier = notifierFor({ url: zaqar.url });
    for (const n of range(30)) notifier.info('e.one', { n });
    await notifier.flush();
    expect(accountOf(notifier, 'zaqar')).toMatchObject({ delivered: 30 });
    expect(zaqar.queue()).toHaveLength(27);
  });

  it.each([
    [403, 'it does not permit it'],
    [404, 'there is no Zaqar at this URL, or no queue'],
    [405, 'there is no Zaqar at this URL'],
    [503, 'answered 503'],
    [500, 'answered 500'],
  ])('%i is waited out: no notification is at fault', async (status, text) => {
    const zaqar = await ZaqarServer.start();
    let failures = 3;
    zaqar.intercept = () => (failures-- > 0 ? { status, body: 's3cret' } : undefined);
    const notifier = notifierFor({ url: zaqar.url });
    for (const n of range(25)) notifier.info('e.one', { n });
    await notifier.flush();
    expect(
      zaqar
        .queue()
        .map(({ body }) => body.payload.n)
        .sort((a, b) => a - b),
    ).toEqual(range(25));
    expect(accountOf(notifier, 'zaqar')).toMatchObject({ delivered: 25, dropped: {} });
    expect(notifier.said.join('\n')).toContain(text);
    expect(notifier.said.join('\n')).not.toContain('s3cret');
  });

  it('that asks for a project names the setting, and waits', async () => {
    const zaqar = await ZaqarServer.start();
    const driver = new ZaqarDriver({ url: zaqar.url });
    await expect(driver.deliver([outgoing()])).rejects.toThrow('set projectId (TIDINGS_ZAQAR_PROJECT_ID)');
    await driver.close();
  });

  it('3xx is a refusal: redirects are not followed', async () => {
    const zaqar = await ZaqarServer.start();
    zaqar.intercept = () => ({ status: 302, headers: { location: zaqar.url } });
    const notifier = notifierFor({ url: zaqar.url });
    expect(await notifier.info('e.one').delivered()).toMatchObject({
      status: 'refused',
      reason: expect.stringContaining('redirects are not followed'),
    });
  });
});

describe('a token', () => {
  it('goes with each request; what is refused with a fixed one waits', async () => {
    const zaqar = await ZaqarServer.start();
    zaqar.tokens = new Set(['good']);
    const fixed = notifierFor({ url: zaqar.url, token: 'good' });
    expect(await fixed.info('e.one').delivered()).toMatchObject({ status: 'delivered' });
    zaqar.tokens.delete('good');
    const waiting = fixed.info('e.two');
    await zaqar.http.requests(4);
    expect(await waiting.delivered({ timeoutMs: 1 })).toMatchObject({ status: 'timeout' });
    expect(fixed.said.join()).toContain('it wants a token, or another one: check token (TIDINGS_ZAQAR_TOKEN)');
    expect(fixed.said.join()).not.toContain('good');
    zaqar.tokens.add('good');
    expect(await waiting.delivered()).toMatchObject({ status: 'delivered' });
  });

  it('of a function is asked for once, again after 401, and the request is then repeated at once', async () => {
    const zaqar = await ZaqarServer.start();
    zaqar.tokens = new Set(['t-1']);
    let asked = 0;
    const token = async () => `t-${++asked}`;
    const notifier = notifierFor({ url: zaqar.url, token });
    for (const n of range(100)) notifier.info('e.one', { n });
    await notifier.flush();
    expect(asked).toBe(1);
    zaqar.tokens = new Set(['t-2']);
    for (const n of range(100)) notifier.info('e.two', { n });
    await notifier.flush();
    expect(asked).toBe(2);
    expect(zaqar.queue()).toHaveLength(200);
    expect(accountOf(notifier, 'zaqar')).toMatchObject({ delivered: 200, retried: 0 });
    expect(notifier.said).toEqual([]);
  });

  it('of a function that gives a bad one, none, or throws: tried again with backoff, nothing of it is shown', async () => {
    const zaqar = await ZaqarServer.start();
    zaqar.tokens = new Set(['good']);
    const answers: (() => unknown)[] = [
      () => 'bad-s3cret',
      () => 'worse-s3cret',
      () => ({ token: 's3cret' }),
      () => 'line\nend-s3cret',
      () => {
        throw Object.assign(new Error('s3cret'), { code: 'EVAULT' });
      },
    ];
    const token = () => (answers.shift() ?? (() => 'good'))() as string;
    const notifier = notifierFor({ url: zaqar.url, token });
    expect(await notifier.info('e.one').delivered()).toMatchObject({ status: 'delivered' });
    const said = notifier.said.join('\n');
    expect(said).toMatch(/it wants a token/);
    expect(said).toMatch(/the function zaqar\.token failed with Error \(EVAULT\)/);
    expect(said).toMatch(/what the function zaqar\.token gives is no token; it takes/);
    expect(said).not.toContain('s3cret');
    expect(zaqar.http.received.map(({ headers }) => headers['x-auth-token'])).toEqual([
      'bad-s3cret',
      'worse-s3cret',
      'good',
    ]);
  });

  it('of a function that never answers: given up after timeoutMs, and when the driver is closed', async () => {
    const zaqar = await ZaqarServer.start();
    const never = () => new Promise<string>(() => undefined);
    const hasty = new ZaqarDriver({ url: zaqar.url, token: never, timeoutMs: 100 });
    await expect(hasty.deliver([outgoing()])).rejects.toThrow('gave no token in 100 ms (timeoutMs)');
    const closed = new ZaqarDriver({ url: zaqar.url, token: never });
    const delivering = closed.deliver([outgoing()]);
    await closed.close();
    await expect(delivering).rejects.toThrow('was given up');
  });
});

describe('options', () => {
  const cases: [string, object, string][] = [
    ['no HTTP', { url: 'zaqar://u:s3cret@h' }, 'zaqar.url is not the URL of an HTTP server'],
    ['a query', { url: 'http://h/?token=s3cret' }, 'zaqar.url has a query'],
    ['a queue with a slash', { queue: 'a/b' }, 'zaqar.queue is "a/b"; it takes a name of'],
    ['a long queue', { queue: 'q'.repeat(65) }, 'at most 64'],
    ['a short ttl', { ttl: 59 }, 'zaqar.ttl is 59; it takes a whole number from 60 to 1209600'],
    ['a long ttl', { ttl: 1_209_601 }, 'zaqar.ttl is 1209601'],
    ['a client id that is none', { clientId: 'me' }, 'zaqar.clientId is "me"; it takes a UUID'],
    ['a project with a line end', { projectId: 'a\nb' }, 'zaqar.projectId is'],
    ['a token with a line end', { token: 's3cret\n' }, 'zaqar.token is no token; it takes'],
    ['TLS without https', { url: 'http://h', tls: {} }, 'zaqar.tls has no effect'],
    ['an unknown option', { project: 's3cret' }, 'zaqar.project is not an option'],
  ];

  it.each(cases)('%s is a ConfigurationError that shows no secret', (_, options, text) => {
    const make = () => new ZaqarDriver(options as ZaqarOptions);
    expect(make).toThrow(expect.objectContaining({ code: 'CONFIGURATION', message: expect.stringContaining(text) }));
    expect(make).not.toThrow('s3cret');
  });

  it('are read from the environment', async () => {
    const zaqar = await ZaqarServer.start();
    zaqar.tokens = new Set(['t-1']);
    const environment = {
      TIDINGS_DRIVERS: 'zaqar',
      TIDINGS_ZAQAR_URL: zaqar.url,
      TIDINGS_ZAQAR_QUEUE: 'q-1',
      TIDINGS_ZAQAR_PROJECT_ID: 'p-1',
      TIDINGS_ZAQAR_TOKEN: 't-1',
    };
    const notifier = createNotifier({}, environment);
    expect(await notifier.info('e.one').delivered()).toMatchObject({ status: 'delivered' });
    await notifier.close();
    expect(zaqar.queue('q-1')).toHaveLength(1);
    expect(zaqar.http.received[0]?.headers['x-project-id']).toBe('p-1');
    const wrong = (name: string, value: string) => () => createNotifier({}, { ...environment, [name]: value });
    expect(wrong('TIDINGS_ZAQAR_QUEUE', 'a b')).toThrow('TIDINGS_ZAQAR_QUEUE is "a b"');
    expect(wrong('TIDINGS_ZAQAR_TOKEN', 's3 cret')).toThrow('TIDINGS_ZAQAR_TOKEN is no token');
    expect(wrong('TIDINGS_ZAQAR_TOKEN', 's3 cret')).not.toThrow('s3 cret');
    expect(wrong('TIDINGS_ZAQAR_URL', 'zaqar')).toThrow('TIDINGS_ZAQAR_URL is not the URL');
  });

  it('that send a token over plain HTTP to another host are warned of, once', async () => {
    const warnings: string[] = [];
    const host = { ...silentHost, warn: (line: string) => void warnings.push(line) };
    await new ZaqarDriver({ token: 's3cret' }).open(host);
    expect(warnings).toEqual([]);
    const driver = new ZaqarDriver({ url: 'http://zaqar.example.org:8888', token: 's3cret' });
    await driver.open(host);
    await driver.open(host);
    expect(warnings).toEqual([
      'Zaqar at http://zaqar.example.org:8888 gets a token that everybody on the way can read: use https://',
    ]);
  });
});
