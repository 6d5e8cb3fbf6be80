import type { ServerOptions } from 'node:https';
import { type Answer, HttpServer, type Received } from './http-server.js';

/** A message as it lies in a queue. */
export interface Queued {
  readonly ttl: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever was posted.
  readonly body: any;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const PATH = /^\/v2\/queues\/([A-Za-z0-9_.-]{1,64})\/messages$/;

/**
 * Enforces what Zaqar does to a post of messages: limits, headers, tokens and statuses. It stands in for Zaqar itself,
 * which needs a store: Debian's package of it leaves out what its redis store needs, and has no other that runs alone.
 */
export class ZaqarServer {
  readonly queues = new Map<string, Queued[]>();
  readonly http: HttpServer;
  /** With Keystone in front: the tokens that are good; undefined: none is asked for. */
  tokens: Set<string> | undefined;
  /** What is answered in place of doing what is asked; undefined: it is done. */
  intercept: (request: Received) => Answer = () => undefined;

  private constructor(http: HttpServer) {
    this.http = http;
    http.answer = (request) => this.intercept(request) ?? this.#post(request);
  }

  static async start(tls?: ServerOptions): Promise<ZaqarServer> {
    return new ZaqarServer(await HttpServer.start(undefined, tls));
  }

  get url(): string {
    return this.http.url;
  }

  queue(name = 'notifications'): readonly Queued[] {
    return this.queues.get(name) ?? [];
  }

  #post({ method, path, headers, body }: Received): Answer {
    if (this.tokens !== undefined && !this.tokens.has(headers['x-auth-token'] ?? '')) return 401;
    const queue = PATH.exec(path)?.[1];
    if (queue === undefined) return 404;
    if (method !== 'POST') return 405;
    if (!UUID.test(headers['client-id'] ?? '')) return invalid('Malformed hexadecimal UUID.');
    if (this.tokens === undefined && !headers['x-project-id']) {
      return { status: 400, body: JSON.stringify({ title: 'Empty project', description: 'no X-PROJECT-ID' }) };
    }
    if (Buffer.byteLength(body) > 262_144) return invalid('Message collection size is too large.');
    let messages: unknown;
    try {
      ({ messages } = JSON.parse(body));
    } catch {
      return invalid('Request body could not be parsed.');
    }
    if (!Array.isArray(messages) || messages.length === 0) return invalid('No messages were given.');
    if (messages.length > 10) return invalid('Too many messages.');
    if (messages.some(({ ttl }) => !(Number.isInteger(ttl) && ttl >= 60 && ttl <= 1_209_600))) return invalid('ttl');
    const queued = this.queues.get(queue) ?? [];
    this.queues.set(queue, queued);
    const from = queued.length;
    queued.push(...messages);
    const resources = messages.map((_, index) => `/v2/queues/${queue}/messages/${from + index}`);
    return { status: 201, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ resources }) };
  }
}

function invalid(description: string): Answer {
  return { status: 400, body: JSON.stringify({ title: 'Invalid API request', description }) };
}
