import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { MemoryDriver } from '../../src/drivers/memory.js';
import { ConfigurationError, type NotificationOptions } from '../../src/index.js';
import { createNotifier } from '../../src/setup/create-notifier.js';
import { RecordingReporter } from '../support/recorded.js';

const folder = mkdtempSync(join(tmpdir(), 'tidings-routes-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;

function write(text: string, extension = 'yaml'): string {
  files += 1;
  const file = join(folder, `routes-${files}.${extension}`);
  writeFileSync(file, text);
  return file;
}

/** The message for a file, with the file's name cut to `FILE`; the error as a whole must not hold what is secret. */
function complaint(text: string, extension = 'yaml', environment: Record<string, string> = {}): string {
  const file = write(text, extension);
  try {
    void createNotifier({}, { TIDINGS_ROUTES: file, ...environment }).close();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    const { message, stack, cause } = error as ConfigurationError;
    expect(message).not.toContain('\n');
    expect(`${message}${stack}${String(cause)}`).not.toMatch(/hunter|12345678/);
    return message.replaceAll(file, 'FILE');
  }
  throw new Error('it was accepted');
}

const TO_LOG = 'drivers: [log]';

describe('a wrong file of routes is told with the line, and what is accepted', () => {
  it.each([
    [
      'a dangling driver',
      'routes:\n  - events: "*"\n    drivers: [rabit]',
      /^FILE:3 routes\[0\]\.drivers\[0\] names the driver "rabit"; it takes one that is declared \(there is none\), or one of .*log, /,
    ],
    [
      'a dangling driver beside declared ones',
      'drivers:\n  - {name: all, driver: log}\nroutes:\n  - {events: a.b, drivers: al}',
      /^FILE:4 routes\[0\]\.drivers names the driver "al"; it takes one that is declared \(all\)/,
    ],
    [
      'an unknown driver',
      'drivers:\n  - name: a\n    driver: kafka\nroutes: []',
      /^FILE:2 drivers\[0\] names the driver "kafka"; it takes one or more of amqp1, log, memory/,
    ],
    [
      'two drivers of one name',
      `drivers:\n  - {name: a, driver: log}\n  - {name: a, driver: memory}\nroutes:\n  - {events: x, drivers: a}`,
      'FILE:3 drivers[1] has two drivers called "a"; names differ',
    ],
    [
      'two routes of one name',
      `routes:\n  - name: a\n    events: x\n    ${TO_LOG}\n  - name: a\n    events: y\n    ${TO_LOG}`,
      'FILE:5 routes[1].name is "a", as that of another route; names differ',
    ],
    [
      'a driver twice',
      `routes:\n  - events: x\n    drivers: [log, logging]`,
      /^FILE:3 .*names the driver "log" twice$/,
    ],
    ['no drivers', 'routes:\n  - events: x\n    drivers: []', 'FILE:2 routes[0] has no drivers; it takes at least one'],
    ['no drivers at all', 'routes:\n  - events: x', 'FILE:2 routes[0] has no drivers; it takes at least one'],
    [
      'no events',
      `routes:\n  - events: []\n    ${TO_LOG}`,
      /^FILE:2 routes\[0\]\.events is empty; it takes event types/,
    ],
    ['no condition', `routes:\n  - ${TO_LOG}`, /^FILE:2 routes\[0\] takes nothing: it says neither events/],
    ['no routes', `drivers:\n  - log\nroutes: []`, /^FILE:3 routes is empty; it takes an array of routes/],
    ['nothing', '', /^FILE holds no routes; it takes an object with drivers and routes$/],
    [
      'an exclusion of what is never let in',
      `routes:\n  - events: [image.create, "!image.send"]\n    ${TO_LOG}`,
      /^FILE:2 routes\[0\]\.events takes "!image\.send" out of what never has it \(image\.create\)/,
    ],
    [
      'a bad pattern',
      `routes:\n  - events: ["image/*"]\n    ${TO_LOG}`,
      /^FILE:2 routes\[0\]\.events has "image\/\*"; /,
    ],
    [
      'a bad priority',
      `routes:\n  - priorities: [INFO,\n      LOUD]\n    ${TO_LOG}`,
      'FILE:3 routes[0].priorities[1] is "LOUD"; it takes AUDIT, DEBUG, INFO, WARN, ERROR, CRITICAL, SAMPLE',
    ],
    [
      'an unknown key of a route',
      `routes:\n  - events: x\n    driver: log`,
      'FILE:3 routes[0].driver is not an option; there are name, events, priorities, default, drivers',
    ],
    ['an unknown key', `route:\n  - events: x`, 'FILE:1 route is not an option; there are drivers, routes'],
    [
      'an option that a driver does not have',
      `drivers:\n  - name: log\n    file: x\n    files: y\nroutes:\n  - {events: x, drivers: log}`,
      /^FILE:4 drivers\[0\]\.files is not an option; there are name, file, /,
    ],
    [
      'an option out of range',
      `drivers:\n  - name: mq\n    driver: rabbit\n\n    window: 0\nroutes:\n  - {events: x, drivers: mq}`,
      'FILE:5 drivers[0].window is 0; it takes a whole number from 1 to 100000',
    ],
    [
      'a driver made in a route',
      `routes:\n  - events: x\n    drivers:\n      - driver: rabbit\n        window: 0`,
      /^FILE:5 routes\[0\]\.drivers\[0\]\.window is 0; /,
    ],
    [
      'a second default route',
      `routes:\n  - default: true\n    ${TO_LOG}\n  - default: true\n    ${TO_LOG}`,
      'FILE:4 routes[1] is the second default route; there is one, with all its drivers',
    ],
    [
      'a default route with a condition',
      `routes:\n  - events: x\n    default: true\n    ${TO_LOG}`,
      /^FILE:3 routes\[0\]\.default is true beside events or priorities;/,
    ],
    [
      'an exclusion without quotes',
      `routes:\n  - events: [image.*, !image.send]\n    ${TO_LOG}`,
      /^FILE:2 has a tag; .*in quotes/,
    ],
    ['a star without quotes', `routes:\n  - events: *\n    ${TO_LOG}`, /^FILE:2 has an alias .*in quotes: "\*"$/],
    ['a key twice', `routes:\n  - events: x\n    events: y\n    ${TO_LOG}`, 'FILE:3 has a key twice'],
    ['an alias of itself', 'routes: &a [*a]', 'FILE is more than 64 levels deep'],
  ])('%s', (_, text, message) => {
    if (typeof message === 'string') expect(complaint(text)).toBe(message);
    else expect(complaint(text)).toMatch(message);
  });

  it.each([
    [
      '{\n\t"routes": [\n\t\t{"events": "a.b", "drivers": "log", "event": 1}\n\t]\n}',
      /^FILE:3 routes\[0\]\.event is not/,
    ],
    ['{\n  "routes": [\n    {"events": "a.b",\n     "drivers": "rabit"}]}', /^FILE:4 routes\[0\]\.drivers names/],
    ['{\n  "password": hunter2\n}', 'FILE:2 is not valid JSON'],
    ['{\n  "routes": [],\n  "routes": []\n}', 'FILE:3 has a key twice'],
  ])('JSON too: %s', (text, message) => {
    if (typeof message === 'string') expect(complaint(text, 'json')).toBe(message);
    else expect(complaint(text, 'json')).toMatch(message);
  });

  it('that cannot be read names the setting', () => {
    const missing = join(folder, 'missing.yaml');
    expect(() => createNotifier({}, { TIDINGS_ROUTES: missing })).toThrow(
      `TIDINGS_ROUTES names the file "${missing}", which cannot be read (ENOENT)`,
    );
    expect(() => createNotifier({ routes: folder }, {})).toThrow(/^routes names the file .* \(EISDIR\)$/);
  });

  it('never shows a secret', () => {
    const routes = 'routes:\n  - {events: x, drivers: mq}';
    const driver = (option: string) => `drivers:\n  - name: mq\n    driver: rabbit\n    ${option}\n${routes}`;
    const long = { SECRET: 'hunter2'.repeat(20) };
    for (const text of [
      driver('url: http://user:hunter2@host'),
      driver('password: hunter2'),
      driver('password: *hunter2'),
      driver('password: !hunter2 x'),
      driver('password: "hunter2'),
      driver('tls: hunter2\n    tls: hunter3'),
      driver('window: [hunter2'),
      'window: hunter2\n  hunter3: hunter4',
      driver('token:\n      window: 12345678'),
      // biome-ignore lint/suspicious/noTemplateCurlyInString: as a file writes it.
      driver('window: ${SECRET}'),
      // biome-ignore lint/suspicious/noTemplateCurlyInString: as a file writes it.
      driver('compat: "a ${SECRET} b"'),
    ]) {
      expect(complaint(text, 'yaml', long)).toMatch(/^FILE:\d/);
    }
  });
});

/* biome-ignore-start lint/suspicious/noTemplateCurlyInString: as a file writes it. */
describe('a file of routes takes values from the environment', () => {
  const told = async (text: string, environment: Record<string, string>) => {
    const notifier = createNotifier({}, { TIDINGS_ROUTES: write(text), ...environment });
    expect(notifier.info('image.update').status).toBe('waiting');
    await notifier.close();
    return Object.keys(notifier.stats().drivers);
  };

  it('by ${NAME}, ${NAME:-default} and $${ for itself', async () => {
    const text = 'routes:\n  - events: "${KIND}.*"\n    drivers: [{driver: memory, name: "a-${ONE:-1}-$${x}-$y"}]';
    expect(await told(text, { KIND: 'image' })).toEqual(['a-1-${x}-$y']);
    expect(await told(text, { KIND: 'image', ONE: 'one' })).toEqual(['a-one-${x}-$y']);
  });

  it('and is told where one is not set, or not written right', () => {
    expect(complaint('routes:\n  - events: "${KIND}.*"\n    drivers: log')).toBe(
      'FILE:2 routes[0].events takes the variable KIND of the environment, which is not set',
    );
    expect(complaint('routes:\n  - events: "${KI ND}"\n    drivers: log')).toMatch(
      /^FILE:2 routes\[0\]\.events has a \$\{ that begins no variable/,
    );
  });
});
/* biome-ignore-end lint/suspicious/noTemplateCurlyInString: as a file writes it. */

describe('routes in code', () => {
  const errorOf = (options: unknown) => {
    try {
      void createNotifier(options as NotificationOptions, {}).close();
      return 'it was accepted';
    } catch (error) {
      return (error as Error).message;
    }
  };

  it.each([
    [{ routes: 7 }, /^routes is 7; it takes an array of routes, /],
    [{ routes: [] }, /^routes is empty; it takes an array of routes/],
    [{ routes: [{ events: 'x' }] }, 'routes[0] has no drivers; it takes at least one'],
    [{ routes: [{ events: 'x', drivers: 'kafka' }] }, /^routes\[0\]\.drivers names the driver "kafka"; /],
    [{ routes: [{ events: 'x', drivers: [{}] }] }, /^routes\[0\]\.drivers\[0\] has an entry that is no driver/],
    [{ routes: [{ events: 7, drivers: 'log' }] }, /^routes\[0\]\.events is 7; /],
    [{ routes: { route: [] } }, 'route is not an option; there are drivers, routes'],
    [{ extraDrivers: 'log' }, 'extraDrivers is "log"; it takes an array of drivers'],
    [{ drivers: [new MemoryDriver()], extraDrivers: [new MemoryDriver()] }, /^extraDrivers has two drivers called/],
  ])('%# are refused where they are wrong', (options, message) => {
    if (typeof message === 'string') expect(errorOf(options)).toBe(message);
    else expect(errorOf(options)).toMatch(message);
  });

  it('warn of what has no effect', async () => {
    const reporter = new RecordingReporter();
    const routes = {
      drivers: [{ driver: 'memory', name: 'forgotten' } as const],
      routes: [{ default: true, drivers: 'memory' }],
    };
    const notifier = createNotifier({ routes, reporter }, { TIDINGS_DRIVERS: 'noop' });
    expect(Object.keys(notifier.stats().drivers)).toEqual(['memory']);
    await notifier.close();
    expect(reporter.lines).toEqual([
      'drivers: no route names the driver "forgotten"',
      'TIDINGS_DRIVERS has no effect where no route names it: the routes have a default route of their own',
    ]);
  });
});
