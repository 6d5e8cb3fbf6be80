import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Parser } from '@asyncapi/parser';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { glanceWire } from '../support/glance-wire.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const main = join(root, 'dist/esm/cli/main.js');

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `tidings …` as it is called in a project. */
function tidings(cwd: string, args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  const { PATH = '', HOME = '' } = process.env;
  return new Promise((done) => {
    execFile(
      process.execPath,
      [main, ...args],
      { cwd, env: { PATH, HOME, ...env }, maxBuffer: 2 ** 24 },
      (error, stdout, stderr) => done({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

let project: string;
beforeAll(async () => {
  // Inside of the project, so that `tidings` is the package itself.
  project = await mkdtemp(join(root, 'build', 'catalog-'));
});
afterAll(() => rm(project, { recursive: true, force: true }));

/** Writes a module with a catalog of orders; `fields` as zod has them. */
async function orders(file: string, version: string, fields: string, more = ''): Promise<void> {
  await writeFile(
    join(project, file),
    `import { defineCatalog } from 'tidings';
    import { z } from 'zod';
    export const orders = defineCatalog({
      name: 'orders',
      version: '${version}',
      events: {
        'order.placed': { summary: 'An order was placed', meaning: 'Sent when it is paid.', payload: z.object({ ${fields} }) },
        ${more}
      },
    });`,
  );
}

describe('tidings catalog', () => {
  it('writes an AsyncAPI 3 document that the official parser takes', async () => {
    const { code, stdout } = await tidings(root, ['catalog', '--format', 'asyncapi']);
    expect(code).toBe(0);
    const { document, diagnostics } = await new Parser().parse(stdout);
    const errors = diagnostics.filter(({ severity }) => severity === 0);
    expect(errors.map(({ message, path }) => `${path.join('.')}: ${message}`)).toEqual([]);
    expect(document?.version()).toBe('3.0.0');
    expect(
      document
        ?.channels()
        .all()
        .map((channel) => channel.id()),
    ).toEqual(['notifications.info', 'notifications.warn', 'notifications.error']);
    expect(
      document
        ?.components()
        .messages()
        .all()
        .map((message) => message.name()),
    ).toContain('image.send');
  });

  it('writes a JSON Schema of each payload, by which ajv takes what Glance really sends', async () => {
    const { stdout } = await tidings(root, ['catalog', 'tidings/glance', '--format', 'jsonschema']);
    const ajv = addFormats.default(new Ajv({ strict: true, strictTypes: false }));
    ajv.addSchema(JSON.parse(stdout), 'catalog');
    const wrong = glanceWire()
      .filter(({ eventType }) => !eventType.startsWith('task.'))
      .filter(({ eventType, payload }) => !ajv.validate(`catalog#/definitions/${eventType}`, payload));
    expect(wrong).toEqual([]);
    expect(ajv.validate('catalog#/definitions/image.send', { image_id: 'i-1' })).toBe(false);
  });

  it('writes a page and a table', async () => {
    const { stdout: page } = await tidings(root, ['catalog', '--format', 'markdown']);
    expect(page).toContain('### image.send\n\nAn image was sent to a consumer. Sent when the transfer has ended');
    expect(page).toContain('| `bytes_sent` | whole number, at least 0 | bytes that were really sent |');
    const { stdout: table } = await tidings(root, ['catalog']);
    expect(table.split('\n')[1]).toMatch(
      /^image\.create +INFO,WARN,ERROR +glance 1\.0\.0 +An image record was created$/,
    );
  });

  it('finds catalogs by path, by package, by package.json, and in CommonJS', async () => {
    await orders('orders.mjs', '1.0.0', 'id: z.string()');
    await writeFile(join(project, 'orders.cjs'), `exports.glance = require('tidings/glance').glance;`);
    const both = await tidings(project, ['catalog', 'orders.mjs', './orders.cjs']);
    expect(both.stdout).toContain('order.placed');
    expect(both.stdout).toContain('image.send');
    await writeFile(
      join(project, 'package.json'),
      JSON.stringify({ tidings: { catalogs: ['../../dist/cjs/glance/index.js'] } }),
    );
    const configured = await tidings(project, ['catalog']);
    await rm(join(project, 'package.json'));
    expect(configured.stdout).toContain('image.send');
    expect(configured.stdout).not.toContain('order.placed');
  });

  it('says what is wrong with how it is called', async () => {
    await writeFile(join(project, 'none.mjs'), 'export const orders = {};');
    await writeFile(join(project, 'broken.mjs'), 'throw new Error("no database");');
    await writeFile(join(project, 'other.json'), '{}');
    await orders('orders.mjs', '1.0.0', 'id: z.string()');
    const say = async (...args: string[]) => {
      const { code, stderr } = await tidings(project, ['catalog', ...args]);
      return [code, stderr.split('\n')[0]];
    };
    expect(await say()).toEqual([2, expect.stringContaining('tidings: no catalog is named: give its module, or')]);
    expect(await say('orders.mjs', '--format', 'xml')).toEqual([
      2,
      expect.stringContaining('--format is "xml"; it takes'),
    ]);
    expect(await say('none.mjs')).toEqual([1, 'tidings: none.mjs exports no catalog that defineCatalog() has made']);
    expect(await say('broken.mjs')).toEqual([1, 'tidings: broken.mjs cannot be loaded: no database']);
    expect(await say('missing.mjs')).toEqual([1, expect.stringContaining('missing.mjs cannot be loaded: Cannot find')]);
    expect(await say('orders.mjs', '--check', 'none')).toEqual([
      1,
      expect.stringContaining('none cannot be read: ENOENT'),
    ]);
    expect(await say('orders.mjs', '--check', 'other.json')).toEqual([
      1,
      'tidings: other.json was not written by tidings catalog --format jsonschema > other.json',
    ]);
  });
});

describe('tidings catalog --check', () => {
  const BEFORE = "id: z.string(), count: z.number(), note: z.string().optional(), state: z.enum(['new', 'paid'])";
  const SHIPPED = `'order.shipped': { summary: 's', meaning: 'm' },`;

  async function check(version: string, fields: string, more = ''): Promise<[number, string[]]> {
    await orders('orders.mjs', version, fields, more);
    const { code, stdout } = await tidings(project, ['catalog', 'orders.mjs', '--check', 'catalog.json']);
    return [code, stdout.trim().split('\n')];
  }

  beforeAll(async () => {
    await orders('orders.mjs', '1.0.0', BEFORE, SHIPPED);
    const { stdout } = await tidings(project, ['catalog', 'orders.mjs', '--format', 'jsonschema']);
    await writeFile(join(project, 'catalog.json'), stdout);
  });

  it('fails on a breaking change, with each of them', async () => {
    const after = "count: z.string(), note: z.string(), state: z.enum(['new'])";
    expect(await check('1.1.0', after)).toEqual([
      1,
      [
        'breaking  order.placed  id: removed',
        'breaking  order.placed  count: retyped, number → string',
        'breaking  order.placed  note: made required',
        'breaking  order.placed  state: narrowed, no longer "paid"',
        'breaking  order.shipped  the event is removed',
        '5 breaking, 0 additive; no version says so (orders 1.0.0 → orders 1.1.0)',
      ],
    ]);
  });

  it('takes one that the version tells', async () => {
    expect(await check('2.0.0', `${BEFORE}, more: z.string()`)).toEqual([
      0,
      [
        expect.anything(),
        expect.anything(),
        expect.stringContaining('1 breaking, 1 additive (orders 1.0.0 → orders 2.0.0); write catalog.json anew'),
      ],
    ]);
  });

  it('takes additions, and says which', async () => {
    expect(
      await check(
        '1.1.0',
        `${BEFORE}, more: z.string().optional()`,
        `${SHIPPED} 'order.lost': { summary: 's', meaning: 'm' },`,
      ),
    ).toEqual([
      0,
      [
        'additive  order.placed  more: added, optional',
        'additive  order.lost  the event is added',
        '0 breaking, 2 additive (orders 1.0.0 → orders 1.1.0); write catalog.json anew',
      ],
    ]);
  });

  it('says so where nothing has changed', async () => {
    expect(await check('1.0.0', BEFORE, SHIPPED)).toEqual([0, ['nothing has changed since catalog.json']]);
  });
});

describe('tidings explain', () => {
  const explain = async (eventType: string, env: Record<string, string> = {}, ...args: string[]) => {
    const variables = Object.fromEntries(Object.entries(env).map(([name, value]) => [`TIDINGS_${name}`, value]));
    const { code, stdout } = await tidings(root, ['explain', eventType, ...args], variables);
    return [code, stdout.split('\n')[0]];
  };

  it('says by what it is sent', async () => {
    expect(await explain('image.send', { DRIVERS: 'log,rabbit' })).toEqual([
      0,
      'image.send is sent by log and rabbit: TIDINGS_DRIVERS is log,rabbit',
    ]);
  });

  it('says which variable, entry or rule decides that it is not', async () => {
    expect(await explain('image.send')).toEqual([
      1,
      'image.send is not sent: TIDINGS_DRIVERS is not set, and nothing is sent',
    ]);
    expect(await explain('image.send', { DRIVERS: 'noop' })).toEqual([
      1,
      'image.send is not sent: TIDINGS_DRIVERS is noop, which sends nothing',
    ]);
    const DISABLED_NOTIFICATIONS = 'task, image.member.*';
    expect(await explain('image.member.create', { DRIVERS: 'log', DISABLED_NOTIFICATIONS })).toEqual([
      1,
      'image.member.create is not sent: TIDINGS_DISABLED_NOTIFICATIONS has image.member',
    ]);
    expect(await explain('image..send')).toEqual([
      1,
      expect.stringContaining('image..send is not sent: it is no event type; it takes'),
    ]);
    expect(await explain('image.send', { DRIVERS: 'rabit' })).toEqual([
      1,
      expect.stringMatching(
        /^image\.send is not sent: the settings are wrong, and nothing at all is sent: TIDINGS_DRIVERS names the driver "rabit"/,
      ),
    ]);
  });

  it('says which route decides', async () => {
    const file = join(project, 'routes.json');
    const routes = [{ events: ['image.*', '!image.send'], priorities: ['ERROR'], drivers: ['rabbit'] }];
    await writeFile(file, JSON.stringify({ routes }));
    const others = 'AUDIT, DEBUG, INFO, WARN, CRITICAL, SAMPLE';
    expect(await explain('image.create', { DRIVERS: 'log', ROUTES: file })).toEqual([
      0,
      `image.create is sent by log and rabbit: TIDINGS_ROUTES is ${file}: at ${others} by the default route to log; at ERROR by route 1 to rabbit`,
    ]);
    expect(await explain('image.send', { ROUTES: file })).toEqual([
      1,
      `image.send is not sent: TIDINGS_ROUTES is ${file}: at every priority by the default route to nothing that delivers`,
    ]);
  });

  it('gives everything that has a say, for programs too', async () => {
    const [code, line] = await explain('image.send', { DRIVERS: 'log', VALIDATION: 'drop' }, '--json');
    expect([code, JSON.parse(line as string)]).toEqual([
      0,
      {
        eventType: 'image.send',
        isSent: true,
        drivers: ['log'],
        because: 'TIDINGS_DRIVERS is log',
        reasons: [
          { subject: 'disabled', text: 'TIDINGS_DISABLED_NOTIFICATIONS is not set' },
          { subject: 'drivers', text: 'TIDINGS_DRIVERS is log' },
          {
            subject: 'validation',
            text: 'drop (TIDINGS_VALIDATION): where the program gives the catalog glance to configureNotifications(), a payload that breaks the rules is dropped as invalid',
          },
        ],
      },
    ]);
  });

  it('answers without the catalogs of package.json where they cannot be loaded', async () => {
    await writeFile(join(project, 'package.json'), JSON.stringify({ tidings: { catalogs: ['./not-built.js'] } }));
    const { code, stdout, stderr } = await tidings(project, ['explain', 'a.b'], { TIDINGS_DRIVERS: 'log' });
    await rm(join(project, 'package.json'));
    expect([code, stdout.split('\n')[0]]).toEqual([0, 'a.b is sent by log: TIDINGS_DRIVERS is log']);
    expect(stderr).toContain('tidings: without the catalogs of package.json: ./not-built.js cannot be loaded');
  });

  it('shows no secret of a variable that is wrong', async () => {
    const { stdout, stderr } = await tidings(root, ['explain', 'a.b'], {
      TIDINGS_DRIVERS: 'rabbit',
      TIDINGS_AMQP_URL: 'http://user:hunter2@host',
    });
    expect(stdout).toContain('TIDINGS_AMQP_URL');
    expect(stdout + stderr).not.toContain('hunter2');
  });
});
