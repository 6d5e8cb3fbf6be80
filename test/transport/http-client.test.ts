import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { inspect, promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type HttpAnswer, HttpClient } from '../../src/transport/http/http-client.js';
import { parseHttpUrl } from '../../src/transport/http/http-url.js';
import { HttpServer } from '../support/http-server.js';

function clientFor(url: string, options: { timeoutMs?: number; connections?: number } = {}): HttpClient {
  const client = new HttpClient({ url: parseHttpUrl(url, 'url'), timeoutMs: 5_000, connections: 1, ...options });
  onTestFinished(() => client.close());
  return client;
}
const message = { headers: { 'content-type': 'text/plain' }, body: 'hello' };

/** A server that speaks TCP only, and what it does with each connection. */
async function tcpServer(onConnection: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    onConnection(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('an exchange', () => {
  it('uses a kept connection again, and another one at once when the server had closed it', async () => {
    const server = await HttpServer.start();
    const client = clientFor(server.url);
    for (let n = 0; n < 3; n += 1) expect(await client.post(message)).toMatchObject({ status: 204 });
    expect(server.connections).toBe(1);
    server.reset();
    expect(await client.post(message)).toMatchObject({ status: 204 });
    expect(server.connections).toBe(2);
  });

  it('tries no other kept connection then: all of them were closed', async () => {
    const server = await HttpServer.start();
    const client = clientFor(server.url, { connections: 3 });
    await Promise.all([1, 2, 3].map(() => client.post(message)));
    expect(server.connections).toBe(3);
    server.reset();
    const answers = await Promise.all([1, 2, 3].map(() => client.post(message)));
    expect(answers).toMatchObject([{ status: 204 }, { status: 204 }, { status: 204 }]);
    server.reset();
    expect(await client.post(message)).toMatchObject({ status: 204 });
  });

  it('takes as long as it was given, over all of it: connecting, headers, a body that trickles', async () => {
    const url = await tcpServer((socket) => socket.resume());
    expect(await clientFor(url, { timeoutMs: 100 }).post(message)).toMatchObject({
      reason: expect.stringContaining('no answer in 100 ms'),
      isUnreachable: false,
    });
    const trickling = await HttpServer.start((_, response) => {
      response.writeHead(503, { 'retry-after': '7' }).write('x');
      const timer = setInterval(() => response.write('x'), 10);
      response.on('close', () => clearInterval(timer));
      return undefined;
    });
    // The status and the headers are known by then.
    expect(await clientFor(trickling.url, { timeoutMs: 150 }).post(message)).toMatchObject({
      status: 503,
      retryAfterMs: 7_000,
    });
  });

  it('reads no more of an answer than a bounded part', async () => {
    let written = 0;
    const server = await HttpServer.start((_, response) => {
      response.writeHead(200);
      const write = () => {
        while (response.writable && response.write('x'.repeat(10_000))) written += 10_000;
      };
      response.on('drain', write);
      write();
      return undefined;
    });
    const answer = (await clientFor(server.url).post(message)) as HttpAnswer;
    expect(answer.status).toBe(200);
    expect(answer.body.length).toBeLessThanOrEqual(65_536);
    expect(written).toBeLessThan(20_000_000);
  });

  it('that is no HTTP is told without showing what was received', async () => {
    const url = await tcpServer((socket) => socket.end('s3cret answer of something else\r\n\r\n'));
    const failure = await clientFor(url).post(message);
    expect(failure).toMatchObject({ reason: expect.stringMatching(/did not answer as an HTTP server \(HPE_\w+\)/) });
    expect(inspect(failure, { depth: 9 })).not.toContain('s3cret');
  });

  it('that ends before the answer is told', async () => {
    const url = await tcpServer((socket) => socket.once('data', () => socket.end()));
    expect(await clientFor(url).post(message)).toMatchObject({ reason: expect.stringContaining('ECONNRESET') });
  });

  it('with a host that does not exist says so', async () => {
    const client = clientFor('http://no-such-host.invalid/');
    expect(await client.post(message)).toMatchObject({
      reason: expect.stringMatching(/'no-such-host\.invalid' (is not known|\()/),
      isUnreachable: true,
    });
  });

  it('runs beside others, no more than there are connections', async () => {
    let [running, most] = [0, 0];
    let open = () => {};
    const three = new Promise<void>((resolve) => {
      open = resolve;
    });
    const server = await HttpServer.start(async () => {
      running += 1;
      most = Math.max(most, running);
      if (running === 3) open();
      await three;
      running -= 1;
      return 204;
    });
    const client = clientFor(server.url, { connections: 3 });
    const answers = await Promise.all(Array.from({ length: 30 }, () => client.post(message)));
    expect(answers.every((answer) => 'status' in answer)).toBe(true);
    expect([most, server.connections]).toEqual([3, 3]);
  });
});

describe('a process that has nothing else to do', () => {
  const program = (url: string) => `
    import { WebhookDriver } from './dist/esm/drivers/webhook/index.js';
    const driver = new WebhookDriver({ url: ${JSON.stringify(url)}, timeoutMs: 600000 });
    const notification = { messageId: 'm-1' };
    const message = { notification, topics: ['t'], body: '{}', contentType: 'application/json', attempt: 1 };
    void driver.deliver([message]).then(() => console.log('delivered'));
    process.on('exit', () => console.log('ended'));`;
  const run = promisify(execFile);
  const start = (url: string) =>
    run(process.execPath, ['--input-type=module', '-e', program(url)], { timeout: 20_000 });

  it('is kept alive neither by a server that never answers, nor by a connection that is kept', async () => {
    const silent = await tcpServer((socket) => socket.resume());
    expect(await start(silent)).toEqual({ stdout: 'ended\n', stderr: '' });
    const { stdout } = await run(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { createNotifier } from './dist/esm/index.js';
         const notifier = createNotifier({ drivers: [{ name: 'webhook', url: process.argv[1] }] });
         notifier.info('e.one').delivered().then(({ status }) => console.log(status));`,
        (await HttpServer.start()).url,
      ],
      { timeout: 20_000 },
    );
    expect(stdout).toBe('delivered\n');
  });
});
