import { createServer, type Server, type Socket } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it, onTestFinished } from 'vitest';
import { verifyWebhook, type WebhookOptions } from '../../src/drivers/webhook/index.js';
import type { ZaqarOptions } from '../../src/drivers/zaqar/index.js';
import { isFull, rounds } from '../support/fault-run.js';
import { HttpFaultRun } from '../support/http-fault-run.js';
import { type Answering, HttpServer } from '../support/http-server.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { newSecret } from '../support/webhook-secrets.js';
import { ZaqarServer } from '../support/zaqar-server.js';

/** The other end of a driver, and a way to begin a run against it. */
interface OtherEnd {
  readonly http: HttpServer;
  begin(options?: { url?: string; timeoutMs?: number }): HttpFaultRun;
}

type Kind = [string, () => Promise<OtherEnd>];

/** A webhook receiver that takes what it has answered with 2xx. */
function webhook(options: Omit<WebhookOptions, 'url'> = {}): () => Promise<OtherEnd> {
  return async () => {
    const taken: string[] = [];
    const http = await HttpServer.start(({ body }) => {
      taken.push(...[JSON.parse(body)].flat().map(({ message_id }) => message_id as string));
      return 204;
    });
    const begin: OtherEnd['begin'] = (more) =>
      new HttpFaultRun({ ...options, url: http.url, ...more, name: 'webhook' }, () => taken);
    return { http, begin };
  };
}

async function zaqar(): Promise<OtherEnd> {
  const server = await ZaqarServer.start();
  const options: ZaqarOptions = { url: server.url, projectId: 'p-1' };
  const taken = () => server.queue().map(({ body }) => body.message_id as string);
  return {
    http: server.http,
    begin: (more) => new HttpFaultRun({ ...options, name: 'zaqar', ...more }, taken),
  };
}

const kinds: Kind[] = [
  ['webhook', webhook()],
  ['webhook, four at the same time', webhook({ concurrency: 4 })],
  ['webhook, arrays', webhook({ batch: { size: 20 } })],
  ['zaqar', zaqar],
];

describe.each(kinds)('%s loses nothing', { timeout: isFull ? 600_000 : 60_000 }, (_, start) => {
  it('that is told while the server is down, from the beginning and later', async () => {
    const { http, begin } = await start();
    await http.kill();
    const run = begin();
    run.tell(50);
    await run.becomes('down');
    expect(run.health.reason).toMatch(/nothing listens on port \d+ of '127\.0\.0\.1' \(ECONNREFUSED\)/);
    expect(run.account).toMatchObject({ delivered: 0, waiting: 50 });
    await http.listen();
    run.keepTelling();
    await run.deliversMore(80);
    expect(run.health.status).toBe('up');
    for (let round = 0; round < rounds(2, 30); round += 1) {
      await http.kill();
      await run.tellsMore(30);
      await http.listen();
      await run.deliversMore(40);
    }
    await run.end();
  });

  it('when connections are reset in the middle of answers, and before them', async () => {
    const { http, begin } = await start();
    const answer = http.answer;
    const faults = { before: 0, middle: 0 };
    const fault: Answering = async (request, response) => {
      const dice = Math.random();
      if (dice < 0.2) {
        faults.before += 1;
        return void response.destroy();
      }
      const answered = await answer(request, response);
      if (dice > 0.4 || answered === undefined) return answered;
      faults.middle += 1;
      const { status, body = '' } = typeof answered === 'number' ? { status: answered } : answered;
      response.writeHead(status, { 'content-length': 1_000 }).write(body, () => response.destroy());
      return undefined;
    };
    const run = begin();
    http.answer = fault;
    run.keepTelling();
    const enough = rounds(5, 100);
    await run.until(() => Math.min(faults.before, faults.middle) >= enough && run.account.retried > 0);
    run.tell(200);
    http.answer = answer;
    await run.end();
  });

  it('when the network cuts requests in two', async () => {
    const { http, begin } = await start();
    const proxy = await TcpProxy.open(http.url);
    onTestFinished(() => proxy.close());
    const run = begin({ url: `http://127.0.0.1:${proxy.port}` });
    run.keepTelling();
    for (let round = 0; round < rounds(5, 200); round += 1) {
      await run.deliversMore(1);
      const before = proxy.bytesFromClients;
      const bytes = Math.floor(Math.random() * 5_000);
      void proxy.holdAfter(bytes);
      run.tell(10);
      await run.until(() => proxy.bytesFromClients - before > bytes);
      proxy.cut();
    }
    await run.end();
  });

  it('when the server hangs: it is given up after timeoutMs, and nothing waits behind it for ever', async () => {
    const { http, begin } = await start();
    const answer = http.answer;
    const run = begin({ timeoutMs: 150 });
    run.tell(20);
    await run.deliversMore(20);
    http.answer = () => undefined;
    run.tell(20);
    await run.becomes('down');
    expect(run.health.reason).toMatch(/no answer in 150 ms \(ETIMEDOUT\).*timeoutMs/);
    http.answer = answer;
    await run.end();
  });

  it('when the server is busy: 429 and 503, with Retry-After and without', async () => {
    const { http, begin } = await start();
    const answer = http.answer;
    const refusals = [429, 503, 429, 503, 502, 503];
    http.answer = (request, response) => {
      const status = Math.random() < 0.3 ? refusals.shift() : undefined;
      if (status === undefined) return answer(request, response);
      return { status, headers: refusals.length === 3 ? { 'retry-after': '1' } : {} };
    };
    const run = begin();
    run.keepTelling();
    await run.deliversMore(100);
    await run.until(() => refusals.length === 0);
    await run.end();
  });
});

describe('a webhook whose secret is rotated while it runs', () => {
  it('loses nothing: the receiver knows the old one, then the new one; the sender signs with both', async () => {
    const [old, current] = [newSecret(), newSecret()];
    let known = old;
    const taken: string[] = [];
    const http = await HttpServer.start(({ body, headers }) => {
      try {
        taken.push((new Webhook(known).verify(body, headers) as { message_id: string }).message_id);
        return 204;
      } catch {
        return 401;
      }
    });
    const run = new HttpFaultRun({ name: 'webhook', url: http.url, secrets: [current, old] }, () => taken);
    run.keepTelling();
    await run.deliversMore(50);
    known = current;
    await run.deliversMore(50);
    await run.end({ mayRepeat: false });
  });

  it('loses nothing where a function gives the secret of the moment', async () => {
    let known = newSecret();
    let secrets = [known];
    const taken: string[] = [];
    const http = await HttpServer.start(({ body, headers }) => {
      const { webhookId } = verifyWebhook(body, headers, known);
      taken.push(webhookId);
      return 204;
    });
    const run = new HttpFaultRun({ name: 'webhook', url: http.url, secrets: async () => secrets }, () => taken);
    run.keepTelling();
    for (let round = 0; round < 3; round += 1) {
      await run.deliversMore(30);
      // First the sender signs with both, then the receiver knows the new one only, then the sender forgets the old one.
      secrets = [newSecret(), known];
      await run.deliversMore(30);
      known = secrets[0] as string;
      await run.deliversMore(30);
      secrets = [known];
    }
    await run.end({ mayRepeat: false });
  });
});

it('several endpoints, one of which comes and goes: each has everything in the end', {
  timeout: isFull ? 600_000 : 60_000,
}, async () => {
  const [steady, shaky] = [await HttpServer.start(), await HttpServer.start()];
  const idsOf = ({ received }: HttpServer) => received.map(({ body }) => JSON.parse(body).message_id as string);
  const endpoints = [{ url: steady.url }, { url: shaky.url, secret: newSecret() }];
  const run = new HttpFaultRun({ name: 'webhook', endpoints }, () => idsOf(shaky));
  run.keepTelling();
  for (let round = 0; round < rounds(2, 20); round += 1) {
    await run.deliversMore(20);
    await shaky.kill();
    const before = steady.received.length;
    await run.until(() => steady.received.length > before + 30);
    await shaky.listen();
  }
  await run.end();
  // The steady one got each of them once: what is tried again goes only to the other.
  expect(idsOf(steady)).toHaveLength(run.told);
  expect(new Set(idsOf(steady)).size).toBe(run.told);
});

it('a server that accepts connections and never reads: given up, tried again, nothing lost', async () => {
  const sockets = new Set<Socket>();
  const deaf: Server = createServer((socket) => {
    sockets.add(socket.pause().on('error', () => undefined));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => deaf.once('listening', resolve));
  const { port } = deaf.address() as { port: number };
  const run = new HttpFaultRun({ name: 'webhook', url: `http://127.0.0.1:${port}`, timeoutMs: 100 }, () => []);
  run.tell(5);
  await run.becomes('down');
  expect(run.account).toMatchObject({ accepted: 5, delivered: 0, dropped: {} });
  for (const socket of sockets) socket.destroy();
  deaf.close();
  expect(await run.notifier.close({ timeoutMs: 10 })).toEqual({ drained: false, undelivered: 5 });
  expect(run.account).toMatchObject({ dropped: { closed: 5 } });
});
