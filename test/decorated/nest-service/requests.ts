// Scenarios over HTTP: contexts under load, ids from headers, notifications of requests.
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { INestApplication } from '@nestjs/common';
import { currentNotifier } from 'tidings';
import { audit, createApplication, memory, root } from './application.js';

async function listening(platform: string, ...more: Parameters<typeof root>): Promise<INestApplication> {
  const app = await createApplication(platform, root(...more));
  await app.listen(0, '127.0.0.1');
  return app;
}

const portOf = (app: INestApplication) => (app.getHttpServer().address() as AddressInfo).port;

interface Exchange {
  readonly path: string;
  readonly headers?: Record<string, string>;
  /** Sent in two parts, with a turn of the event loop between them, so that the body arrives after the headers. */
  readonly body?: string;
  readonly abortAfterMs?: number;
}

/** The status, or 0 where the client went. */
async function ask(app: INestApplication, { path, headers = {}, body, abortAfterMs }: Exchange): Promise<number> {
  const length = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': body.length };
  const sent = httpRequest({
    host: '127.0.0.1',
    port: portOf(app),
    // A connection that is kept may be closed by the server at the moment that it is used again.
    agent: false,
    path,
    method: body === undefined ? 'GET' : 'POST',
    headers: { ...headers, ...length },
  });
  if (abortAfterMs !== undefined) {
    setTimeout(() => sent.destroy(), abortAfterMs);
    sent.end();
    await once(sent, 'error');
    return 0;
  }
  if (body !== undefined) {
    sent.write(body.slice(0, 5));
    setTimeout(() => sent.end(body.slice(5)), 2);
  } else sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  return response.statusCode ?? 0;
}

/** What was told, and forgets it. */
async function told() {
  await currentNotifier().flush();
  const notifications = [...memory.notifications];
  memory.clear();
  return notifications;
}

const REQUESTS = 1_000;

/** As many requests at once; each notification says of which it is, and its context must say the same. */
export async function load(platform: string): Promise<object> {
  const app = await listening(platform, {});
  const statuses = await Promise.all(
    Array.from({ length: REQUESTS }, (_, index) => {
      const of = `r${index}`;
      const headers = { 'x-request-id': of, 'x-of': of };
      if (index % 2 === 0) return ask(app, { path: '/images/read', headers });
      return ask(app, { path: '/images/create', headers, body: JSON.stringify({ of }) });
    }),
  );
  // What is told after the answer.
  while (memory.notifications.filter(({ eventType }) => eventType === 'told.later').length < REQUESTS) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const notifications = await told();
  await app.close();
  const counts: Record<string, number> = {};
  const wrong: unknown[] = [];
  for (const { eventType, payload, context } of notifications) {
    counts[eventType] = (counts[eventType] ?? 0) + 1;
    const { of } = payload as { of: string };
    // The guard finds the user out, so what is told before it has passed knows none.
    const isBefore = ['told.middleware', 'told.guard'].includes(eventType);
    // On Fastify the middleware runs before there is a request to ask.
    const isEarliest = platform === 'fastify' && eventType === 'told.middleware';
    const expected = {
      request_id: of,
      project_id: isEarliest ? undefined : `project-of-${of}`,
      user_id: isBefore ? undefined : `user-of-${of}`,
    };
    const found = { request_id: context.request_id, project_id: context.project_id, user_id: context.user_id };
    if (JSON.stringify(found) !== JSON.stringify(expected)) wrong.push([eventType, expected, found]);
  }
  return { ok: statuses.filter((status) => status < 300).length, counts, wrong: wrong.slice(0, 3) };
}

/** Which id a request gets of its headers. */
export async function ids(platform: string): Promise<object> {
  const app = await listening(platform, {});
  const idOf = async (headers: Record<string, string>) => {
    await ask(app, { path: '/images/read', headers: { 'x-of': 'one', ...headers } });
    const handled = (await told()).filter(({ eventType }) => eventType === 'told.handler');
    return handled.map(({ context }) => context.request_id).join();
  };
  const openstack = 'req-2c1f8f3e-0a55-4d0a-9f2b-6f6a1de9b6c1';
  const answers = {
    given: await idOf({ 'x-request-id': 'edge-1:a/b=c+d@e.f' }),
    openstack: await idOf({ 'x-openstack-request-id': openstack }),
    both: await idOf({ 'x-request-id': 'mine', 'x-openstack-request-id': openstack }),
    oneIsHostile: await idOf({ 'x-request-id': 'a b', 'x-openstack-request-id': openstack }),
    none: await idOf({}),
    long: await idOf({ 'x-request-id': 'a'.repeat(129) }),
    longest: await idOf({ 'x-request-id': 'a'.repeat(128) }),
    hostile: await idOf({ 'x-request-id': '{"$gt":""}' }),
    markup: await idOf({ 'x-request-id': '<script>' }),
    twice: await idOf({ 'x-request-id': 'a, b' }),
  };
  await app.close();
  return answers;
}

/** What is told of requests themselves, in the order in which they were made. */
export async function http(platform: string): Promise<object> {
  const app = await listening(platform, {
    http: { errors: true, requests: true, headers: ['User-Agent', 'content-type'], ignorePaths: ['/images/remove'] },
  });
  const headers = { 'x-request-id': 'r1', cookie: 'session=1', authorization: 'Bearer x', 'user-agent': 'probe' };
  const answers: Record<string, unknown> = {};
  const exchanges: Record<string, Exchange> = {
    ok: { path: '/images/read?token=secret', headers: { ...headers, 'x-of': 'one' } },
    ignored: { path: '/images/remove/7', headers },
    unknown: { path: '/nowhere', headers },
    missing: { path: '/faults/missing', headers },
    filtered: { path: '/faults/filtered', headers },
    handler: { path: '/faults/handler', headers },
    unavailable: { path: '/faults/unavailable', headers },
    guard: { path: '/faults/guard', headers: { ...headers, 'x-of': 'guard-fault' } },
    gone: { path: '/faults/slow', headers, abortAfterMs: 50 },
  };
  for (const [name, exchange] of Object.entries(exchanges)) {
    const status = await ask(app, exchange);
    // The end of an answer is seen a little later than the client sees it.
    const isError = status === 500 || status === 503 || status === 0;
    for (let turn = 0; turn < 200; turn += 1) {
      const found = memory.notifications.filter(({ eventType }) => eventType.startsWith('http.')).length;
      if (name === 'ignored' || found >= (isError ? 3 : 2)) break;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const notifications = (await told()).filter(({ eventType }) => eventType.startsWith('http.'));
    answers[name] = {
      status,
      told: notifications.map(({ priority, eventType, payload, context }) => {
        const isTimed = eventType === 'http.request' || typeof context.duration_ms === 'number';
        return { told: `${priority} ${eventType}`, payload, id: context.request_id, user: context.user_id, isTimed };
      }),
    };
  }
  await app.close();
  return answers;
}

/** Providers of every scope, and notifiers beside the main one. */
export async function scopes(platform: string): Promise<object> {
  audit.clear();
  const app = await listening(platform, {});
  await ask(app, { path: '/scoped?of=one', headers: { 'x-request-id': 'r1' } });
  await ask(app, { path: '/images/file', headers: { 'x-request-id': 'r2', 'x-of': 'two' } });
  await ask(app, { path: '/images/remove/7', headers: { 'x-request-id': 'r3', 'x-of': 'three' } });
  const notifications = await told();
  await app.close();
  const shown = ({ eventType, context, payload }: (typeof notifications)[number]) =>
    `${context.request_id} ${eventType} ${JSON.stringify(payload)}`;
  return {
    main: notifications.filter(({ eventType }) => !/guard|middleware/.test(eventType)).map(shown),
    audit: audit.notifications.map(shown),
  };
}

/** Requests are served while the broker is down, which is told in the answer of the health check. */
export async function brokerDown(platform: string): Promise<object> {
  const lines: string[] = [];
  const app = await listening(platform, {
    drivers: [{ name: 'rabbit', url: 'amqp://guest:hunter2@127.0.0.1:1' }],
    closeTimeoutMs: 50,
    reporter: { warn: (line) => lines.push(line), info: (line) => lines.push(line) },
  });
  const headers = { 'x-request-id': 'r1', 'x-of': 'one' };
  const statuses = await Promise.all(Array.from({ length: 50 }, () => ask(app, { path: '/images/read', headers })));
  const notifier = currentNotifier();
  for (let turn = 0; turn < 400 && notifier.health().status !== 'down'; turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const health = notifier.health().status;
  await app.close();
  const stats = notifier.stats().drivers.rabbit;
  return {
    ok: statuses.filter((status) => status === 200).length,
    health,
    accepted: stats?.accepted,
    dropped: stats?.dropped,
    lines: lines.map((line) => line.replaceAll(/\d+/g, 'N')),
  };
}
