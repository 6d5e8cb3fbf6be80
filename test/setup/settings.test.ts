import { execFile } from 'node:child_process';
import { hostname } from 'node:os';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { MemoryDriver } from '../../src/drivers/memory.js';
import {
  ConfigurationError,
  configureNotifications,
  createNotifier,
  type NotificationOptions,
} from '../../src/index.js';
import { createNotifier as createWith } from '../../src/setup/create-notifier.js';

afterEach(() => vi.unstubAllEnvs());

function errorOf(options: NotificationOptions, environment: Record<string, string> = {}): ConfigurationError {
  try {
    void createWith(options, environment).close();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ code: 'CONFIGURATION', name: 'ConfigurationError' });
    return error as ConfigurationError;
  }
  throw new Error('it was accepted');
}

describe('a wrong variable', () => {
  it.each([
    [
      { DRIVERS: 'rabit' },
      /^TIDINGS_DRIVERS names the driver "rabit"; it takes one or more of (\w+, )*noop, rabbit(, \w+)*$/,
    ],
    [{ DRIVERS: 'log,log' }, 'TIDINGS_DRIVERS has two drivers called "log"; names differ'],
    [{ QUEUE_MESSAGES: '-1' }, 'TIDINGS_QUEUE_MESSAGES is "-1"; it takes a whole number from 1 to 10000000'],
    [{ QUEUE_MESSAGES: '1e3' }, 'TIDINGS_QUEUE_MESSAGES is "1e3"; it takes a whole number from 1 to 10000000'],
    [{ QUEUE_BYTES: 'much' }, /^TIDINGS_QUEUE_BYTES is "much"; it takes a number of bytes from 1024 to /],
    [{ MAX_MESSAGE_BYTES: '1' }, /^TIDINGS_MAX_MESSAGE_BYTES is "1"; it takes a number of bytes from 256 to /],
    [{ MAX_AGE: 'forever' }, /^TIDINGS_MAX_AGE is "forever"; it takes a time from 1ms to 8760h, for instance/],
    [{ WIRE_FORMAT: 'xml' }, 'TIDINGS_WIRE_FORMAT is "xml"; it takes one of oslo, plain, cloudevents'],
    [{ TOPICS: 'a b' }, /^TIDINGS_TOPICS is "a b"; it takes a name of/],
    [{ TOPICS: ',' }, 'TIDINGS_TOPICS is empty; it takes at least one topic'],
    [{ SERVICE: 'a b' }, /^TIDINGS_SERVICE is "a b"; it takes printable ASCII/],
    [{ REDACT: 'a..b' }, /redact.paths has "a..b"/],
  ])('%j: says which, what it held and what it takes', (variables, message) => {
    const environment = Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [`TIDINGS_${name}`, value]),
    );
    const error = errorOf({}, environment as Record<string, string>);
    if (typeof message === 'string') expect(error.message).toBe(message);
    else expect(error.message).toMatch(message);
    expect(error.message).not.toContain('\n');
  });

  it('never shows what a URL holds', () => {
    for (const url of ['http://user:hunter2@host', 'amqp//user:hunter2@host', 'amqp://user:hunter2@']) {
      const error = errorOf({}, { TIDINGS_DRIVERS: 'rabbit', TIDINGS_AMQP_URL: url });
      expect(error.message).toMatch(/^TIDINGS_AMQP_URL .*amqp:\/\//);
      expect(`${error.message}${error.stack}${JSON.stringify(error.cause)}`).not.toContain('hunter2');
    }
  });
});

describe('a wrong option', () => {
  it.each<[unknown, string | RegExp]>([
    [{ queueMessage: 1 }, /^queueMessage is not an option; there are drivers, extraDrivers, routes, reporter, dis/],
    [{ queueMessages: 0 }, 'queueMessages is 0; it takes a whole number from 1 to 10000000'],
    [{ drivers: ['kafka'] }, /^drivers names the driver "kafka"/],
    [{ drivers: [{}] }, /^drivers has an entry that is no driver/],
    [{ drivers: 7 }, /^drivers is 7; it takes names or an array/],
    [{ drivers: [{ name: 'memory', size: 1 }] }, /^memory.size is not an option/],
    [{ drivers: [{ name: 'rabbit', urls: 'x' }] }, /urls is not an option/],
    [{ drivers: [new MemoryDriver(), new MemoryDriver()] }, /two drivers called "memory"/],
    [{ contextKeys: ['auth_token'] }, /^contextKeys has "auth_token"; credentials never leave the process/],
    [{ redact: { key: ['a'] } }, /^redact.key is not an option; there are keys, paths, except/],
    [{ reporter: {} }, /^reporter is no reporter/],
    [{ overflow: 'block' }, 'overflow is "block"; it takes one of drop-newest, drop-oldest'],
  ])('%j', (options, message) => {
    const error = errorOf(options as NotificationOptions);
    if (typeof message === 'string') expect(error.message).toBe(message);
    else expect(error.message).toMatch(message);
  });

  it('leaves the notifier that was there before', async () => {
    const memory = new MemoryDriver();
    const notifier = configureNotifications({ drivers: [memory] });
    expect(() => configureNotifications({ queueMessages: -1 })).toThrow(ConfigurationError);
    notifier.notify('still.here');
    await notifier.close();
    expect(memory.notifications).toHaveLength(1);
  });
});

describe('settings', () => {
  it('come from code, else from the environment (empty is unset), else from the defaults', async () => {
    const memory = new MemoryDriver();
    const publisherOf = async (options: NotificationOptions, environment: Record<string, string>) => {
      const notifier = createWith({ drivers: [memory], ...options }, environment);
      notifier.notify('a.b');
      await notifier.close();
      return memory.notifications.pop()?.publisherId;
    };
    expect(await publisherOf({}, {})).toBe(`app.${hostname()}`);
    expect(await publisherOf({}, { TIDINGS_SERVICE: '', TIDINGS_PUBLISHER_ID: ' ' })).toBe(`app.${hostname()}`);
    expect(await publisherOf({}, { TIDINGS_SERVICE: 'image' })).toBe(`image.${hostname()}`);
    expect(await publisherOf({ service: 'code' }, { TIDINGS_SERVICE: 'image' })).toBe(`code.${hostname()}`);
    expect(await publisherOf({}, { TIDINGS_SERVICE: 'image', TIDINGS_PUBLISHER_ID: 'a.b' })).toBe('a.b');
  });

  it('nothing set: noop, which costs and counts next to nothing', async () => {
    const notifier = createWith({}, {});
    const receipt = notifier.notify('a.b', () => {
      throw new Error('a payload was built');
    });
    expect(receipt.status).toBe('noop');
    expect(await receipt.delivered()).toMatchObject({ status: 'noop' });
    expect(notifier.stats()).toMatchObject({ noop: 1, payloadErrors: 0, drivers: {} });
    expect(await notifier.close()).toEqual({ drained: true, undelivered: 0 });
  });

  it('warn of a variable that nobody reads, but not of those that Kubernetes or the tests set', () => {
    const lines: string[] = [];
    const reporter = { warn: (line: string) => void lines.push(line), info() {} };
    const environment = {
      TIDINGS_DRIVER: 'log',
      TIDINGS_SERVICE_HOST: '10.0.0.1',
      TIDINGS_PORT_80_TCP: 'tcp://10.0.0.1:80',
      TIDINGS_TEST_AMQP_URL: 'x',
      TIDINGS_SERVICE: 'image',
    };
    createWith({ reporter }, environment);
    expect(lines).toEqual(['TIDINGS_DRIVER is set, but it is not a setting and has no effect']);
  });

  it('of createNotifier make a notifier beside the process-wide one', async () => {
    const [mine, process] = [new MemoryDriver(), new MemoryDriver()];
    const wide = configureNotifications({ drivers: [process] });
    const own = createNotifier({ drivers: [mine], service: 'own' });
    own.with({ publisherId: 'child.host', context: { project_id: 'p1' } }).warn('a.b', { x: 1 });
    await Promise.all([own.close(), wide.close()]);
    expect(process.notifications).toEqual([]);
    expect(mine.notifications).toMatchObject([
      { eventType: 'a.b', priority: 'WARN', publisherId: 'child.host', context: { project_id: 'p1' } },
    ]);
  });
});

describe('never configured', () => {
  const run = promisify(execFile);
  const program = `
    import { currentNotifier, Notifies, notifyAbout, withNotifies } from './dist/esm/index.js';
    const add = withNotifies('math.add', (a, b) => a + b);
    console.log(add(1, 2), add(3, 4), notifyAbout('a.b').status, JSON.stringify(currentNotifier().stats().dropped),
      currentNotifier().health().status);`;
  const start = (env: Record<string, string>) =>
    run(process.execPath, ['--input-type=module', '-e', program], { env: { PATH: process.env.PATH ?? '', ...env } });

  it('the environment decides, on first use', async () => {
    expect(await start({})).toEqual({ stdout: '3 7 noop {} up\n', stderr: '' });
    const { stdout } = await start({ TIDINGS_DRIVERS: 'log', TIDINGS_SERVICE: 'calc' });
    expect(stdout).toMatch(/"event_type":"math.add"/);
  });

  it('and a wrong one is one line on standard error, counted drops and poor health, never an exception', async () => {
    const { stdout, stderr } = await start({ TIDINGS_DRIVERS: 'rabit' });
    expect(stdout).toBe('3 7 dropped {"misconfigured":3} down\n');
    expect(stderr).toMatch(
      /^tidings: no notifications are sent: TIDINGS_DRIVERS names the driver "rabit"; it takes one or more of [\w, ]+\n$/,
    );
  });
});
