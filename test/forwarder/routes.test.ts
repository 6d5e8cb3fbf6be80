import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createForwarder, type SinkOptions } from '../../src/forwarder/index.js';
import { RefusedError } from '../../src/index.js';
import { plainFormat } from '../../src/wire/plain.js';
import { messageIds, notification, uniqueName } from '../support/amqp-probe.js';
import { forwarding, logged, temporaryDirectory, temporaryFile } from '../support/forwarding.js';
import { gate, publish, until } from '../support/listening.js';
import { RabbitFixture, sharedBroker } from '../support/rabbit-fixture.js';
import { RecordingReporter } from '../support/recorded.js';
import { ScriptedDriver } from '../support/scripted-driver.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const lines = (...types: string[]) =>
  types.map((eventType) => plainFormat.encode(notification({ eventType }), 'notifications')).join('\n');
const typesIn = (path: string) => logged(path).map(({ event_type }) => event_type);

describe('a sink of a forwarder that is routes', () => {
  const told = lines('image.create', 'image.send', 'task.run', 'audit.tick');
  const drivers = (folder: string) =>
    [
      { name: 'images', driver: 'log', file: join(folder, 'images') },
      { name: 'all', driver: 'log', file: join(folder, 'all') },
    ] as const;
  const routes = [
    { events: ['image.*', '!image.send'], drivers: ['images'] },
    { events: '*,!audit.*', drivers: ['all'] },
  ];

  it.each([
    ['a file', (folder: string) => temporaryFile('routes.json', JSON.stringify({ drivers: drivers(folder), routes }))],
    ['the same inline', (folder: string) => ({ drivers: drivers(folder), routes })],
    [
      'an array of routes',
      (folder: string) => {
        const [images, all] = drivers(folder);
        return [
          { ...routes[0], drivers: [images] },
          { ...routes[1], drivers: [all] },
        ];
      },
    ],
  ])('gives each driver what its routes take: %s', async (_, written) => {
    const folder = temporaryDirectory();
    const { forwarder } = await forwarding({
      sources: [{ source: 'file', path: temporaryFile('in', told) }],
      sinks: [{ name: 'to', routes: written(folder) } as SinkOptions],
      http: { port: 0 },
    });
    await forwarder.ended();
    expect(typesIn(join(folder, 'images'))).toEqual(['image.create']);
    expect(typesIn(join(folder, 'all'))).toEqual(['image.create', 'image.send', 'task.run']);
    expect(forwarder.stats()).toMatchObject({
      sources: { file: { received: 4, forwarded: 3, leftOut: 1 } },
      sinks: { 'to.images': { delivered: 1, leftOut: 3 }, 'to.all': { delivered: 3, leftOut: 1 } },
    });
    expect(Object.keys(forwarder.health().sinks)).toEqual(['to.images', 'to.all']);
    const metrics = await (await fetch(`${forwarder.url}/metrics`)).text();
    expect(metrics).toContain('tidings_forwarder_sink_delivered_total{sink="to.images"} 1\n');
    expect(metrics).toContain('tidings_forwarder_sink_left_out_total{sink="to.all"} 1\n');
    expect(metrics).toContain('tidings_forwarder_source_messages_total{source="file",outcome="left_out"} 1\n');
  });

  it('decides by what the sink has made of a notification, and takes what no route does by the default route', async () => {
    const folder = temporaryDirectory();
    const { forwarder } = await forwarding({
      sources: [{ source: 'file', path: temporaryFile('in', told) }],
      sinks: [
        {
          events: '!task.*',
          transform: { module: (each) => ({ ...each, eventType: each.eventType.replace('audit', 'image') }) },
          routes: {
            drivers: drivers(folder),
            routes: [
              { events: 'image.*', drivers: ['images'] },
              { default: true, drivers: 'all' },
            ],
          },
        },
      ],
    });
    await forwarder.ended();
    expect(typesIn(join(folder, 'images'))).toEqual(['image.create', 'image.send', 'image.tick']);
    expect(forwarder.stats().sinks['routes.all']).toMatchObject({ delivered: 0, leftOut: 4 });
  });

  it("takes a service's file as it is, with its variables, and names drivers of theirs", async () => {
    const [folder, spoolDir] = [temporaryDirectory(), temporaryDirectory()];
    const file = fileURLToPath(new URL('../../examples/routes/notifications.yaml', import.meta.url));
    const environment = {
      LOG_DIR: folder,
      AMQP_URL: 'amqp://127.0.0.1:1',
      TIDINGS_AMQP1_URL: 'amqp://127.0.0.1:1',
      TIDINGS_WEBHOOK_URL: 'http://127.0.0.1:1',
    };
    const path = temporaryFile(
      'forward.yaml',
      `spoolDir: ${spoolDir}\nsources: [{ source: file, path: ${temporaryFile('in', told)} }]\nsinks: [{ routes: ${file} }]\n`,
    );
    const reporter = new RecordingReporter();
    const forwarder = await createForwarder(path, environment, reporter);
    onTestFinished(() => forwarder.stop({ timeoutMs: 0 }));
    // Nothing is opened before it is started.
    expect([existsSync(join(folder, 'notifications.log')), existsSync(join(spoolDir, 'routes'))]).toEqual([
      false,
      false,
    ]);
    await forwarder.start();
    await forwarder.ended();
    await until(() => forwarder.stats().sinks['routes.everything']?.delivered === 4);
    expect(forwarder.stats()).toMatchObject({
      sources: { file: { forwarded: 4 } },
      sinks: {
        'routes.rabbit': { waiting: 1, leftOut: 3 },
        'routes.alarms': { waiting: 0, leftOut: 4 },
        'routes.tasks': { waiting: 1 },
      },
    });
    await until(() => reporter.lines.some((line) => line.startsWith('routes.rabbit: cannot deliver')));
    expect(forwarder.health()).toMatchObject({ status: 'down', sinks: { 'routes.everything': { status: 'up' } } });
  });

  it('throws away for the driver that is down only, where it is not persistent', async () => {
    const file = join(temporaryDirectory(), 'log');
    const { opened, open } = gate();
    const { forwarder } = await forwarding({
      sources: [{ source: 'file', path: temporaryFile('in', told) }],
      transform: { module: (each) => opened.then(() => each) },
      sinks: [
        {
          name: 'passing',
          persist: false,
          routes: [
            { events: '*', drivers: [{ driver: 'log', file }] },
            { events: 'image.*', drivers: [{ driver: 'rabbit', url: 'amqp://127.0.0.1:1' }] },
          ],
        },
      ],
    });
    await until(() => forwarder.stats().sinks['passing.rabbit']?.status === 'down');
    open();
    await forwarder.ended();
    await until(() => forwarder.stats().sinks['passing.log']?.delivered === 4);
    expect(forwarder.stats().sinks['passing.rabbit']).toMatchObject({ dropped: { down: 2 }, leftOut: 2, waiting: 0 });
    expect(forwarder.health().status).toBe('up');
  });
});

describe('the routes of a forwarder', () => {
  const source = 'sources: [{ source: rabbit, pool: p }]\n';

  it.each([
    ['drivers: []\nroutes: []\n', /routes\.yaml:1 drivers is empty/],
    [
      'routes:\n  - events: "*"\n    drivers: [rabit]\n',
      /routes\.yaml:3 routes\[0\]\.drivers\[0\] names the driver "rabit"/,
    ],
    [
      'drivers:\n  - name: far\n    driver: rabbit\n    url: amqp//u:hidden@h\nroutes:\n  - { events: "*", drivers: [far] }\n',
      /routes\.yaml:4 drivers\[0\]\.url is not the URL/,
    ],
  ])('%# are wrong in their own file', async (text, message) => {
    const routes = temporaryFile('routes.yaml', text);
    const path = temporaryFile('forward.yaml', `${source}sinks:\n  - routes: ${routes}\n`);
    const made = createForwarder(path, {}, new RecordingReporter());
    await expect(made).rejects.toThrow(message);
    await expect(made).rejects.not.toThrow('hidden');
  });

  it.each([
    [
      '  - routes: /no/such.yaml\n',
      /forward\.yaml:3 sinks\[0\]\.routes names the file "\/no\/such.yaml", which cannot/,
    ],
    ['  - routes: 5\n', /forward\.yaml:3 sinks\[0\]\.routes is 5; it takes the path of a file with routes/],
    ['  - routes: ""\n', /forward\.yaml:3 sinks\[0\]\.routes is ""; it takes the path/],
    ['  - routes: []\n', /forward\.yaml:3 sinks\[0\]\.routes is empty; it takes an array of routes/],
    [
      '  - routes:\n      - events: "*"\n        drivers: [nosuch]\n',
      /forward\.yaml:5 sinks\[0\]\.routes\[0\]\.drivers\[0\] names the driver "nosuch"/,
    ],
    [
      '  - routes:\n      drivers:\n        - name: log\n          nosuch: 1\n      routes: [{ events: "*", drivers: log }]\n',
      /forward\.yaml:6 sinks\[0\]\.routes\.drivers\[0\]\.nosuch is not an option/,
    ],
    [
      '  - routes: [{ events: "*", drivers: log }]\n    driver: log\n',
      /forward\.yaml:4 sinks\[0\]\.driver is not an option/,
    ],
    [
      '  - { driver: noop, name: a.log }\n  - { name: a, routes: [{ events: "*", drivers: log }] }\n',
      /forward\.yaml:4 sinks\[1\]\.name is "a\.log", as that of another one/,
    ],
    [
      '  - routes:\n      - { events: a.*, drivers: log }\n      - { events: b.*, drivers: rabbit }\n',
      /forward\.yaml:3 sinks\[0\] would give sources\[0\] back what it forwards, by its driver rabbit: both/,
    ],
  ])('%# are wrong inline', async (text, message) => {
    const path = temporaryFile('forward.yaml', `${source}sinks:\n${text}`);
    await expect(createForwarder(path, {}, new RecordingReporter())).rejects.toThrow(message);
  });

  it('may declare a driver that none of them names, which is told and not opened', async () => {
    const [path, reporter] = [join(temporaryDirectory(), 'log'), new RecordingReporter()];
    const drivers = [{ name: 'unused', driver: 'log', file: path }] as const;
    const options = { drivers, routes: [{ events: '*', drivers: ['noop'] }] };
    const forwarder = await createForwarder({ sources: [{ source: 'stdin' }], sinks: [{ routes: options }], reporter });
    expect(reporter.lines).toEqual(['sinks[0].routes.drivers: no route names the driver "unused"']);
    expect(Object.keys(forwarder.stats().sinks)).toEqual(['routes.noop']);
    await forwarder.stop({ timeoutMs: 0 });
    expect(existsSync(path)).toBe(false);
  });
});

describe.skipIf(sharedBroker() === undefined)('routes behind a queue', () => {
  const rabbit = new RabbitFixture();

  async function set(more: object = {}) {
    const [from, to, topic] = [uniqueName('from'), uniqueName('to'), uniqueName('topic')];
    const proxy = await TcpProxy.open(rabbit.url);
    onTestFinished(() => proxy.close());
    const file = join(temporaryDirectory(), 'log');
    const options = (url = proxy.urlFor(rabbit.url)) => ({
      ...more,
      sources: [{ source: 'rabbit' as const, url: rabbit.url, exchange: from, topics: topic, retryDelays: [10] }],
      sinks: [
        {
          topics: `${topic}-to`,
          routes: {
            drivers: [
              { name: 'far', driver: 'rabbit' as const, url, exchange: to, connectTimeout: '1s' },
              { name: 'near', driver: 'log' as const, file },
            ],
            routes: [
              { events: '*', drivers: ['near'] },
              { events: 'image.*', drivers: ['far'] },
            ],
          },
        },
      ],
    });
    const tell = (...types: string[]) =>
      publish(rabbit.probe, from, topic, ...types.map((eventType) => ({ eventType })));
    const arrived = async () => messageIds(await rabbit.probe.take(`tidings.${topic}-to.info`));
    return { proxy, file, options, tell, arrived };
  }

  it('acknowledge only when every driver that they choose has it', async () => {
    const { proxy, file, options, tell, arrived } = await set();
    const { forwarder } = await forwarding(options());
    await until(() => forwarder.health().status === 'up');
    proxy.refuse();
    await until(() => forwarder.stats().sinks['routes.far']?.status === 'down');
    expect(forwarder.health().status).toBe('down');
    const [first] = tell('image.create', 'task.run');
    await until(() => forwarder.stats().sinks['routes.near']?.delivered === 2);
    await until(() => forwarder.stats().sources.rabbit?.forwarded === 1);
    expect(forwarder.stats()).toMatchObject({
      sources: { rabbit: { received: 2, pending: 1 } },
      sinks: { 'routes.far': { waiting: 1, leftOut: 1 } },
    });
    proxy.accept();
    await until(() => forwarder.stats().sources.rabbit?.forwarded === 2);
    expect(forwarder.stats().sources.rabbit).toMatchObject({ pending: 0, duplicates: 0, retried: 0 });
    await forwarder.stop();
    expect(await arrived()).toEqual([first?.messageId]);
    expect(typesIn(file).sort()).toEqual(['image.create', 'task.run']);
  });

  it('put among the dead letters, by its name, what one of them refuses and the others have', async () => {
    const { options, tell } = await set();
    const [taking, refusing] = [new ScriptedDriver({ name: 'taking' }), new ScriptedDriver({ name: 'refusing' })];
    refusing.answer = async (batch) => batch.map(() => new RefusedError('never'));
    const { forwarder } = await forwarding({
      ...options(),
      sinks: [{ name: 'both', routes: [{ events: '*', drivers: [taking, refusing] }] }],
    });
    tell('image.create');
    await until(() => forwarder.stats().sources.rabbit?.dead === 1);
    const { topics } = options().sources[0] ?? {};
    const [letter] = await rabbit.probe.take(`tidings.${topics}.info.dead`);
    expect(letter?.properties.headers).toMatchObject({
      'x-tidings-cause': 'refused',
      'x-tidings-reason': 'both.refusing (refused): never',
    });
    expect(taking.delivered).toEqual(['image.create']);
    expect(forwarder.stats().sinks).toMatchObject({
      'both.taking': { delivered: 1 },
      'both.refusing': { dropped: { refused: 1 } },
    });
  });

  it('acknowledge what the spool has, from which the next process gives each driver its own', async () => {
    const { file, options, tell, arrived } = await set({ spoolDir: temporaryDirectory() });
    const first = await forwarding(options('amqp://127.0.0.1:1'));
    const told = tell('image.create', 'task.run', 'image.delete');
    await until(() => first.forwarder.stats().sources.rabbit?.forwarded === 3);
    await first.forwarder.stop({ timeoutMs: 50 });
    const second = await forwarding(options(rabbit.url));
    await until(() => second.forwarder.stats().sinks['routes.far']?.delivered === 2);
    await second.forwarder.stop();
    expect((await arrived()).sort()).toEqual([told[0]?.messageId, told[2]?.messageId].sort());
    expect(new Set(typesIn(file))).toEqual(new Set(['image.create', 'task.run', 'image.delete']));
  });
});
