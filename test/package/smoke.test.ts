import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMONJS_SERVICE, COMPILERS, type Decorators, RESOLUTIONS, SERVICE, tsconfig } from './consumer.js';
import { Installation } from './installation.js';

// The package that `npm run build` made, as its users get it.
let installed: Installation;

beforeAll(async () => {
  const compilers = Object.entries(COMPILERS).map(([alias, version]) => `${alias}@${version}`);
  installed = await Installation.create(['jest@29', '@types/node@20', ...compilers]);
}, 6 * 60_000);

afterAll(async () => {
  await installed?.remove();
});

/** Runs a module, which must say nothing on standard error and end by itself; gives the JSON that it prints. */
async function answerOf(file: string, code: string): Promise<unknown> {
  await installed.write(file, code);
  const { stdout, stderr, status } = await installed.node(file);
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return JSON.parse(stdout);
}

const PAPERS = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'];
const BUILT = /^dist\/(?:esm|cjs)\/(?:[a-z0-9-]+\/)*[a-z0-9-]+(?:\.js|\.d\.ts)$/;

describe('the tarball', () => {
  it('holds what is built and the papers, and nothing else', () => {
    const { files } = installed;
    const pages = readdirSync('docs').filter((name) => name.endsWith('.md'));
    expect(files.filter((path) => !BUILT.test(path)).sort()).toEqual(
      [...PAPERS, 'dist/cjs/package.json', ...pages.map((name) => `docs/${name}`)].sort(),
    );
    for (const format of ['esm', 'cjs']) {
      expect(files).toEqual(expect.arrayContaining([`dist/${format}/index.js`, `dist/${format}/index.d.ts`]));
    }
    // `tidings/testing` is for the tests of users.
    const own = files.filter((path) => !/^dist\/(?:esm|cjs)\/testing\//.test(path));
    expect(own.filter((path) => /test|spec|fixture|example/.test(path))).toEqual([]);
  });

  it('holds the same modules in both formats', () => {
    const modules = (format: string) =>
      installed.files
        .filter((path) => path.startsWith(`dist/${format}/`) && path !== 'dist/cjs/package.json')
        .map((path) => path.slice('dist/esm/'.length));
    expect(modules('esm')).toEqual(modules('cjs'));
  });
});

describe('the installed package', () => {
  it('works by import', async () => {
    const code = `
      import { configureNotifications, notifyAbout, withNotifies } from 'tidings';
      import { MemoryDriver } from 'tidings/drivers/memory';
      const memory = new MemoryDriver();
      const notifier = configureNotifications({ drivers: [memory] });
      withNotifies('math.twice', (x) => 2 * x, { payload: 'result' })(21);
      notifyAbout('image.update', { id: 'i-1' });
      await notifier.flush();
      console.log(JSON.stringify(memory.notifications.map(({ eventType, payload }) => [eventType, payload])));`;
    expect(await answerOf('import.mjs', code)).toEqual([
      ['math.twice', 42],
      ['image.update', { id: 'i-1' }],
    ]);
  });

  it('works by require()', async () => {
    const code = `
      const { configureNotifications, notifyAbout } = require('tidings');
      const { MemoryDriver } = require('tidings/drivers/memory');
      const memory = new MemoryDriver();
      const notifier = configureNotifications({ drivers: [memory] });
      notifyAbout.warn('image.update', { id: 'i-1' });
      notifier.flush().then(() => {
        console.log(JSON.stringify(memory.notifications.map(({ eventType, priority }) => [eventType, priority])));
      });`;
    expect(await answerOf('require.cjs', code)).toEqual([['image.update', 'WARN']]);
  });

  it('is one in a process that loads it both ways', async () => {
    const code = `
      import { createRequire } from 'node:module';
      import * as esm from 'tidings';
      import { MemoryDriver } from 'tidings/drivers/memory';
      const cjs = createRequire(import.meta.url)('tidings');
      const memory = new MemoryDriver();
      const notifier = esm.configureNotifications({ drivers: [memory] });
      esm.withNotificationContext({ request_id: 'req-1' }, () => cjs.notifyAbout('from.cjs'));
      cjs.withNotificationContext({ request_id: 'req-2' }, () => esm.notifyAbout('from.esm'));
      await cjs.currentNotifier().flush();
      let error;
      try { cjs.configureNotifications({ queueMessages: -1 }); } catch (thrown) { error = thrown; }
      console.log(JSON.stringify({
        copies: esm.notifyAbout === cjs.notifyAbout ? 1 : 2,
        oneNotifier: cjs.currentNotifier() === notifier,
        told: memory.notifications.map(({ eventType, context }) => [eventType, context.request_id]),
        knowsItsErrors: esm.isTidingsError(error) && error.code,
      }));`;
    expect(await answerOf('both.mjs', code)).toEqual({
      copies: 2,
      oneNotifier: true,
      told: [
        ['from.cjs', 'req-1'],
        ['from.esm', 'req-2'],
      ],
      knowsItsErrors: 'CONFIGURATION',
    });
  });

  it('loads no broker client and no logger, and starts nothing, until it is used', async () => {
    const report = `JSON.stringify({
        loaded: Object.keys(require.cache).filter((path) => /node_modules.(amqplib|winston|@nestjs|rhea|class-validator|reflect-metadata)/.test(path)),
        // Standard streams, and files that the module loader reads, are the process's own.
        resources: process.getActiveResourcesInfo().filter((name) => !/^(TTYWrap|PipeWrap|File|FS|CloseReq)/.test(name)),
        listeners: process.eventNames().filter((name) => before.indexOf(name) === -1),
      })`;
    const nothing = { loaded: [], resources: [], listeners: [] };
    const cjs = `
      const before = process.eventNames();
      require('tidings');
      console.log(${report});`;
    expect(await answerOf('lazy.cjs', cjs)).toEqual(nothing);
    const esm = `
      import { createRequire } from 'node:module';
      const require = createRequire(import.meta.url);
      const before = process.eventNames();
      await import('tidings');
      console.log(${report});`;
    expect(await answerOf('lazy.mjs', esm)).toEqual(nothing);
    // The same look finds what is there.
    const loaded = esm.replace(
      `import('tidings')`,
      `import('winston'); await import('amqplib'); setTimeout(() => {}, 9)`,
    );
    const found = (await answerOf('loaded.mjs', loaded)) as { loaded: string[]; resources: string[] };
    expect(found.loaded.join()).toMatch(/amqplib.*winston|winston.*amqplib/);
    expect(found.resources).toEqual(['Timeout']);
  });

  it('names the package to install for a driver whose client is missing', async () => {
    const code = `
      import { configureNotifications } from 'tidings';
      try {
        configureNotifications({ drivers: ['amqp1'] });
      } catch (error) {
        console.log(JSON.stringify([error.code, error.message]));
      }`;
    expect(await answerOf('missing.mjs', code)).toEqual([
      'CONFIGURATION',
      'amqp1 needs the package rhea, which is not installed: npm install rhea',
    ]);
  });

  it('has the catalog of Glance in both formats, which are one in a process', async () => {
    const code = `
      import { createRequire } from 'node:module';
      import { configureNotifications, defineCatalog, Redacted } from 'tidings';
      import { MemoryDriver } from 'tidings/drivers/memory';
      import { glance, imageSendPayload } from 'tidings/glance';
      const cjs = createRequire(import.meta.url)('tidings/glance');
      const memory = new MemoryDriver();
      const notifier = configureNotifications({ drivers: [memory], catalogs: [cjs.glance], validation: 'drop',
        reporter: { warn() {}, info() {} } });
      const image = { id: '65f8a45e-2bef-46e4-88b5-bb2bd1830a0f' };
      glance.notifyAbout('image.send', imageSendPayload(image, {}, 17));
      cjs.glance.notifyAbout('image.send', { image_id: 'i-1' });
      notifier.info('image.send', { image_id: 'i-1' });
      await notifier.flush();
      const { delivered, dropped } = notifier.stats().drivers.memory;
      console.log(JSON.stringify({ events: Object.keys(glance.events).length, delivered, dropped }));`;
    expect(await answerOf('glance.mjs', code)).toEqual({ events: 34, delivered: 1, dropped: { invalid: 2 } });
  });

  it('works under Jest 29, which cannot load ES modules', async () => {
    await installed.write(
      'service.test.js',
      `
      const { configureNotifications, currentNotifier, notifyAbout, withStartEnd } = require('tidings');
      const { MemoryDriver } = require('tidings/drivers/memory');
      test('tells', async () => {
        const memory = new MemoryDriver();
        configureNotifications({ drivers: [memory] });
        const run = withStartEnd('task.run', async () => notifyAbout('task.processing'));
        await run();
        await currentNotifier().flush();
        expect(memory.notifications.map(({ eventType }) => eventType)).toEqual([
          'task.run.start', 'task.processing', 'task.run.end',
        ]);
        // The rules of its payload classes are in the place that Jest has for each test file.
        const { glance } = require('tidings/glance');
        expect(glance.find('image.send').check({}, 'INFO')).toContain('image_id breaks isUuid');
      });`,
    );
    const { stderr, status } = await installed.node('node_modules/jest/bin/jest.js', '--ci', '--rootDir', '.');
    expect(stderr).toMatch(/Tests: +1 passed, 1 total/);
    expect(stderr).not.toMatch(/did not exit|Force exiting/);
    expect(status).toBe(0);
  });
});

describe('the types of the installed package', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    await installed.write('types/service.mts', SERVICE);
    // Without "type" in package.json this is CommonJS to node16 and nodenext, and a module to a bundler.
    await installed.write('types/service.ts', SERVICE);
    await installed.write('types/service.cts', COMMONJS_SERVICE);
  });

  const combinations = Object.keys(COMPILERS).flatMap((compiler) =>
    Object.keys(RESOLUTIONS).flatMap((resolution) =>
      (['experimental', 'standard'] as const).map((decorators) => ({ compiler, resolution, decorators })),
    ),
  );

  async function compile(compiler: string, resolution: string, decorators: Decorators, service?: string) {
    const name = `types/${compiler}-${resolution}-${decorators}${service === undefined ? '' : '-more'}`;
    const more = service === undefined ? [] : [`../${name.slice('types/'.length)}.mts`];
    for (const path of more) await installed.write(`types/${path.slice(3)}`, service ?? '');
    await installed.write(`${name}/tsconfig.json`, tsconfig(resolution, decorators, more));
    return installed.node(`node_modules/${compiler}/bin/tsc`, '-p', name, '--pretty', 'false');
  }

  it.each(combinations)('compile: $compiler, $resolution, $decorators decorators', async (combination) => {
    const { compiler, resolution, decorators } = combination;
    expect(await compile(compiler, resolution, decorators)).toEqual({ stdout: '', stderr: '', status: 0 });
  });

  it.each(Object.keys(COMPILERS))('refuse a wrong use: %s', async (compiler) => {
    const wrong = `import { notifyAbout } from 'tidings';\nnotifyAbout(7);\nexport {};\n`;
    const { stdout, status } = await compile(compiler, 'nodenext', 'standard', wrong);
    expect(stdout).toMatch(/-more\.mts\(2,13\): error TS2345/);
    expect(status).not.toBe(0);
  });
});
