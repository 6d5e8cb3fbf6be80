import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, it } from 'vitest';
import { isFull } from '../support/fault-run.js';
import { type ModuleFormat, NEST_MAJORS, NestApp, type NestMajor, USUAL_FORMAT } from '../support/nest-app.js';

/** Each major in the format that its applications usually have, and with `npm run test:faults` in the other one too. */
const formatsOf = (major: NestMajor): readonly ModuleFormat[] =>
  isFull ? ['module', 'commonjs'] : [USUAL_FORMAT[major]];
const PLATFORMS = ['express', 'fastify'] as const;
type Platform = (typeof PLATFORMS)[number];

/** By a connection of its own: the server would wait for those that are kept. */
async function textOf(url: string): Promise<string> {
  const [response] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage];
  // Nest 12 refuses what comes while it shuts down.
  if (response.statusCode !== 200) throw new Error(`answered with ${response.statusCode}`);
  return text(response);
}

/** What the programs of test/decorated/nest-service say of a scenario. */
type Answers = Record<string, Record<string, unknown>>;

describe.each(NEST_MAJORS)('a Nest %i application', (major) => {
  const apps = {} as Record<ModuleFormat, NestApp>;
  beforeAll(async () => {
    // One after the other: the packages are installed by the first.
    for (const format of formatsOf(major)) apps[format] = await NestApp.compile('nest-service', major, format);
  }, 5 * 60_000);

  describe.each(formatsOf(major))('as %s', (format) => {
    const all = {} as Record<Platform, Answers>;
    beforeAll(async () => {
      const scenarios = ['load', 'ids', 'http', 'scopes', 'brokerDown', 'messages', 'microservice'];
      const run = async (platform: Platform) => {
        all[platform] = (await apps[format].run('main.js', platform, ...scenarios)) as Answers;
      };
      await Promise.all(PLATFORMS.map(run));
    }, 4 * 60_000);

    describe.each(PLATFORMS)('on %s', (platform) => {
      let answers: Answers;
      beforeAll(() => {
        answers = all[platform];
      });

      it('keeps the contexts of 1,000 requests at once apart, wherever they are told of', () => {
        expect(answers.load).toEqual({
          ok: 1_000,
          counts: Object.fromEntries(
            [
              'told.middleware',
              'told.guard',
              'told.interceptor',
              'told.handler',
              'told.service',
              'told.later',
              'images.read.start',
              'images.read.end',
            ].map((eventType) => [eventType, 1_000]),
          ),
          wrong: [],
        });
      });

      it('takes the request id from the headers where that is one, else makes one', () => {
        const isNew = expect.stringMatching(/^req-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/);
        const openstack = 'req-2c1f8f3e-0a55-4d0a-9f2b-6f6a1de9b6c1';
        expect(answers.ids).toEqual({
          given: 'edge-1:a/b=c+d@e.f',
          openstack,
          both: 'mine',
          oneIsHostile: openstack,
          none: isNew,
          long: isNew,
          longest: 'a'.repeat(128),
          hostile: isNew,
          markup: isNew,
          twice: isNew,
        });
      });

      describe('tells of requests', () => {
        const told = (name: string): Record<string, unknown>[] => {
          const http = answers.http as Record<string, { told: Record<string, unknown>[] }>;
          return http[name]?.told ?? [];
        };

        it.each([
          ['ok', 200, ['INFO http.request', 'INFO http.response']],
          ['ignored', 200, []],
          ['unknown', 404, ['INFO http.request', 'INFO http.response']],
          ['missing', 404, ['INFO http.request', 'INFO http.response']],
          ['filtered', 404, ['INFO http.request', 'INFO http.response']],
          ['handler', 500, ['INFO http.request', 'INFO http.response', 'ERROR http.error']],
          ['unavailable', 503, ['INFO http.request', 'INFO http.response', 'ERROR http.error']],
          ['guard', 500, ['INFO http.request', 'INFO http.response', 'ERROR http.error']],
          ['gone', 0, ['INFO http.request', 'WARN http.response', 'ERROR http.error']],
        ])('%s: %i', (name, status, events) => {
          expect(answers.http?.[name]).toMatchObject({ status, told: events.map((each) => ({ told: each })) });
          for (const one of told(name)) expect(one).toMatchObject({ id: 'r1', isTimed: true });
        });

        it('by method, path, status, the headers that are asked for, and what went wrong', () => {
          const request = { method: 'GET', path: '/images/read', headers: { 'user-agent': 'probe' } };
          const response = { headers: { 'content-type': expect.stringMatching(/^application\/json/) } };
          expect(told('ok').map(({ payload }) => payload)).toEqual([
            { request },
            { request, response: { ...response, status: 200 } },
          ]);
          expect(told('ok')[1]?.user).toBe('user-of-one');
          expect(told('handler')[2]?.payload).toEqual({
            request: { ...request, path: '/faults/handler' },
            response: { ...response, status: 500 },
            exception: { name: 'Error', message: 'disk on fire: password=***' },
          });
          expect(told('guard')[2]?.payload).not.toHaveProperty('exception');
          expect(told('gone')[1]?.payload).toMatchObject({ cancelled: true, response: { status: null } });
        });

        it('and never of cookies, authorization or the query', () => {
          expect(JSON.stringify(answers.http)).not.toMatch(/session=1|Bearer|secret|hunter2/);
        });
      });

      it('tells of providers of every scope, of streams that were sent, and by several notifiers', () => {
        expect(answers.scopes).toEqual({
          main: [
            'r1 told.request_scoped {"of":"one"}',
            'r1 told.transient {"of":"one"}',
            'r2 told.file {"bytes":70000}',
            'r3 image.delete {"id":"7"}',
          ],
          audit: ['r3 image.delete {"id":"7"}'],
        });
      });

      it('serves as ever while the broker is down, and says so without a secret', () => {
        expect(answers.brokerDown).toMatchObject({ ok: 50, health: 'down', accepted: 400, dropped: { closed: 400 } });
        const lines = answers.brokerDown?.lines as string[];
        expect(lines[0]).toMatch(/^rabbit: cannot deliver, trying again .*ECONNREFUSED/);
        expect(lines.join()).not.toContain('hunter2');
      });

      it('has a context for each message, over TCP and WebSocket', () => {
        expect(answers.messages).toEqual({
          last: 'c-3',
          // Once for each, also where the interceptor stands both on the class and everywhere.
          identified: 202,
          counts: {
            'image.resize.start': 100,
            'told.worker': 100,
            'image.resize.end': 100,
            'image.count': 1,
            'image.viewed': 1,
            'told.gateway': 100,
            'live.follow': 100,
          },
          kinds: ['rpc as rpc', 'ws as ws'],
          isOneEach: true,
          areDifferent: true,
          areNew: true,
        });
        expect(answers.microservice).toEqual({ answer: 'alone', told: 3, ids: 1 });
      });
    });
  });

  describe('in its life', () => {
    let answers: Answers;
    beforeAll(async () => {
      const scenarios = ['shutdown', 'several', 'options', 'health', 'logger'];
      answers = (await apps[USUAL_FORMAT[major]].run('main.js', 'express', ...scenarios)) as Answers;
    }, 3 * 60_000);

    it.each(['global, first', 'global, last', 'local, first', 'local, last'])(
      'closes its notifier after the last word of every provider (%s)',
      (place) => {
        const turns = ['before_shutdown', 'destroy', 'init', 'shutdown'];
        const places = ['deep', 'deepest', 'global', 'root'];
        expect(answers.shutdown?.[place]).toEqual({
          told: places.flatMap((each) => turns.map((turn) => `${each}.${turn}`)),
          dropped: {},
          isClosed: 'closed',
        });
      },
    );

    it('has its notifier for the process, until it is closed, in whatever order', () => {
      expect(answers.several).toEqual({
        process: ['before', 'after'],
        a: ['with.a', 'injected.a'],
        b: ['with.a_and_b', 'with.b'],
      });
    });

    it('is configured in every way that Nest knows', () => {
      const usual = { isProcessWide: true, told: true };
      expect(answers.options).toMatchObject({
        nothing: { isProcessWide: true, told: false },
        useFactory: usual,
        useClass: usual,
        useExisting: usual,
      });
    });

    it('does not start with options that are wrong', () => {
      expect(answers.options?.problems).toEqual([
        expect.stringMatching(/^drivers names the driver "rabbitt"; it takes/),
        expect.stringMatching(/^driver is not an option; there are/),
        'requestContext.identity is not an option; there are requestIdHeaders, identify',
        'requestContext.identify is 7; it takes a function',
        'http.headers has "Cookie"; credentials never leave the process',
        'http.headers has "Proxy-Authorization"; credentials never leave the process',
        'http.headers has "X-Auth-Token"; credentials never leave the process',
        'http.errors is "yes"; it takes true or false',
        'http.ignorePaths has "health"; it takes paths that begin with /',
        expect.stringMatching(/^closeTimeoutMs is -1; it takes a time/),
        'http is for the NotificationsModule without a name, not for "audit"',
        expect.stringMatching(/^name is "a b"; it takes a name/),
        'queueMessages is 0; it takes a whole number from 1 to 10000000',
      ]);
    });

    it('is healthy by its notifier, to @nestjs/terminus', () => {
      expect(answers.health).toEqual({
        up: { answer: 'ok', status: 'up', notifier: 'up' },
        down: { answer: 'error', status: 'down', notifier: 'down', reason: 'mine: the disk is full' },
        hasAudit: true,
      });
    });

    it("says what an operator should know by Nest's logger", () => {
      const lines = answers.logger?.lines as string[];
      expect(lines).toContain('Notifications: disabled notifications: "no type!" can match no event type');
      expect(lines).toContain('Notifications: mine: cannot deliver, trying again (1 waiting): nobody listens');
    });
  });

  it.each(PLATFORMS)('loses nothing when SIGTERM comes in the middle of its work (%s)', async (platform) => {
    const folder = await mkdtemp(join(tmpdir(), 'tidings-nest-'));
    const file = join(folder, 'delivered.jsonl');
    const { PATH, HOME } = process.env;
    const child = execFile(process.execPath, ['out/terminated.js', platform, file], {
      cwd: apps[USUAL_FORMAT[major]].folder,
      env: { PATH, HOME },
    });
    try {
      const ended = once(child, 'exit');
      const [url] = (await once(createInterface(child.stdout as Readable), 'line')) as [string];
      const asked = Array.from({ length: 100 }, (_, id) => textOf(`${url}/tasks/${id}`).catch(() => undefined));
      await Promise.race(asked);
      child.kill('SIGTERM');
      const answers = await Promise.all(asked);
      // Nest ends the process by the signal that it was sent, after all is done.
      expect(await ended).toEqual([null, 'SIGTERM']);
      expect(existsSync(file)).toBe(true);
      const delivered = (await readFile(file, 'utf8'))
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { eventType: string; payload: { id: string } });
      const idsOf = (eventType: string) =>
        delivered.filter((one) => one.eventType === eventType).map(({ payload }) => payload.id);
      const answered = answers.filter((id) => id !== undefined);
      expect(answered.length).toBeGreaterThan(0);
      expect(idsOf('task.run.end').sort()).toEqual(idsOf('task.run.start').sort());
      expect(idsOf('task.run.end')).toEqual(expect.arrayContaining(answered));
      expect(delivered.at(-1)).toMatchObject({ eventType: 'service.stopped', payload: { signal: 'SIGTERM' } });
    } finally {
      child.kill('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    }
  });
});
