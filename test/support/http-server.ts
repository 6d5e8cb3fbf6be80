import { once } from 'node:events';
import { createServer as createHttp, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttps, type ServerOptions } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A request as it came. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** When it was complete, in milliseconds of the monotonic clock. */
  readonly at: number;
}

/** What to answer: a status, more than that, or nothing where the test answers by itself. */
export type Answer = number | { status: number; headers?: Record<string, string>; body?: string } | undefined;
export type Answering = (request: Received, response: ServerResponse) => Answer | Promise<Answer>;

/** A real HTTP server on loopback whose answers a test decides. Stops with the test. */
export class HttpServer {
  readonly received: Received[] = [];
  answer: Answering;
  readonly #tls: ServerOptions | undefined;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;
  #onReceived = () => {};
  /** Connections that were made. */
  connections = 0;

  private constructor(answer: Answering, tls: ServerOptions | undefined) {
    this.answer = answer;
    this.#tls = tls;
  }

  static async start(answer: Answering = () => 204, tls?: ServerOptions): Promise<HttpServer> {
    const server = new HttpServer(answer, tls);
    await server.listen();
    onTestFinished(() => server.kill());
    return server;
  }

  get url(): string {
    return `${this.#tls === undefined ? 'http' : 'https'}://${this.#tls === undefined ? '127.0.0.1' : 'localhost'}:${this.#port}`;
  }

  /** Listens, after {@link kill} again on the same port. */
  async listen(): Promise<void> {
    const onRequest = (request: IncomingMessage, response: ServerResponse) => void this.#serve(request, response);
    const server = this.#tls === undefined ? createHttp(onRequest) : createHttps(this.#tls, onRequest);
    server.on('connection', (socket) => {
      this.connections += 1;
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket)).on('error', () => undefined);
    });
    server.on('tlsClientError', () => undefined);
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Resets all connections and listens no longer. */
  async kill(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server, 'close');
    server.close();
    this.reset();
    await closed;
  }

  /** Resets all connections. */
  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** The requests, when there are at least so many. */
  async requests(count: number): Promise<readonly Received[]> {
    while (this.received.length < count) {
      await new Promise<void>((resolve) => {
        this.#onReceived = resolve;
      });
    }
    return this.received;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => undefined);
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk);
    } catch {
      // Cut off: it never came.
      return;
    }
    const { method = '', url: path = '' } = request;
    const headers = request.headers as Record<string, string>;
    const received = { method, path, headers, body: Buffer.concat(chunks).toString(), at: performance.now() };
    this.received.push(received);
    this.#onReceived();
    const answer = await this.answer(received, response);
    if (answer === undefined) return;
    const { status, headers: more = {}, body = '' } = typeof answer === 'number' ? { status: answer } : answer;
    response.writeHead(status, more).end(body);
  }
}
