import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { metricsText } from './metrics.js';
import type { HttpSettings } from './read-forwarder.js';
import type { ForwarderHealth, ForwarderStats } from './stats.js';

/** What is served. */
export interface Watched {
  stats(): ForwarderStats;
  health(): ForwarderHealth;
}

/** Serves `/healthz` (200 or 503, with what is wrong) and `/metrics`. */
export class HttpEndpoint {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Rejects where the port cannot be had. */
  static async open({ host, port }: HttpSettings, forwarder: Watched): Promise<HttpEndpoint> {
    const server = createServer((request, response) => {
      const answer = (status: number, type: string, body: string) => {
        response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
      };
      const path = request.url?.split('?', 1)[0];
      if (request.method !== 'GET' && request.method !== 'HEAD') answer(405, 'text/plain', 'GET only\n');
      else if (path === '/healthz') {
        const health = forwarder.health();
        answer(health.status === 'up' ? 200 : 503, 'application/json', `${JSON.stringify(health)}\n`);
      } else if (path === '/metrics')
        answer(200, 'text/plain; version=0.0.4; charset=utf-8', metricsText(forwarder.stats()));
      else answer(404, 'text/plain', '/healthz or /metrics\n');
    });
    server.listen(port, host);
    await once(server, 'listening');
    // A connection that cannot be accepted; unheard, the error would end the forwarder.
    server.on('error', () => {});
    // It keeps no forwarder alive that has nothing to do.
    server.unref();
    return new HttpEndpoint(server);
  }

  get url(): string {
    const { address, port, family } = this.#server.address() as AddressInfo;
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}
