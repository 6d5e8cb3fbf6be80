import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import type { ConnectionOptions } from 'node:tls';
import { builtin } from '../builtin.js';
import { explainHttpFailure, isUnreachable } from './explain-http-failure.js';
import type { HttpUrl } from './http-url.js';
import { retryAfterMs } from './retry-after.js';

export interface HttpClientOptions {
  readonly url: HttpUrl;
  /** How long an exchange may take, from connecting to the last byte of the answer, in milliseconds. */
  readonly timeoutMs: number;
  /** The most connections, and so requests at the same time. */
  readonly connections: number;
  /** For `https://`, as `tls.connect()` takes it. */
  readonly tls?: ConnectionOptions | undefined;
}

/** What a request carries beside the credentials of the URL. */
export interface HttpMessage {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** The other end has answered. */
export interface HttpAnswer {
  readonly status: number;
  /** What its header `Retry-After` says, in milliseconds from now, not less than 0. */
  readonly retryAfterMs: number | undefined;
  /** The beginning of what it says, for who understands it. Never to be logged or shown: it may hold anything. */
  readonly body: string;
}

/** There is no answer. */
export interface HttpFailure {
  /** What happened and what to do, in one line without secrets. */
  readonly reason: string;
  /** True when the other end was never reached, so that it cannot have been for what was sent. */
  readonly isUnreachable: boolean;
}

interface Exchange {
  readonly result: HttpAnswer | HttpFailure;
  /** True when it failed because a connection that was kept is no longer there. */
  readonly wasKept: boolean;
}

/** No more of an answer is read, in bytes: nobody needs more of it than this. */
const MAX_ANSWER_BYTES = 65_536;
/** An idle connection is closed after this long, in milliseconds. */
const IDLE_MS = 30_000;

/**
 * Posts to one URL over connections that are kept. No redirect is followed. Nothing of it keeps a process alive: whoever
 * waits for an answer must do so itself.
 */
export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #agent: Agent;
  readonly #request: typeof import('node:http')['request'];
  readonly #pending = new Set<ClientRequest>();
  #isClosed = false;

  constructor(options: HttpClientOptions) {
    this.#options = options;
    const { url, connections, tls } = options;
    const settings = { keepAlive: true, maxSockets: connections, maxFreeSockets: connections, timeout: IDLE_MS };
    const module = url.isSecure ? builtin('node:https') : builtin('node:http');
    this.#agent = new module.Agent(url.isSecure ? { ...tls, ...settings } : settings);
    this.#request = module.request;
  }

  /** Never rejects. Any status is an answer; the status counts, also where the rest of the answer is cut off. */
  async post(message: HttpMessage): Promise<HttpAnswer | HttpFailure> {
    const body = typeof message.body === 'string' ? Buffer.from(message.body) : message.body;
    const { result, wasKept } = await this.#exchange(message.headers, body);
    if (!wasKept || this.#isClosed) return result;
    // The other end had closed the kept connection, as it may at any time, and so the others that are idle.
    for (const socket of Object.values(this.#agent.freeSockets).flat()) socket?.destroy();
    return (await this.#exchange(message.headers, body)).result;
  }

  /** Ends what is under way and closes all connections. */
  close(): void {
    this.#isClosed = true;
    for (const request of this.#pending) request.destroy(new Error('the driver was closed'));
    this.#agent.destroy();
  }

  #exchange(headers: HttpMessage['headers'], body: Buffer): Promise<Exchange> {
    const { url, timeoutMs } = this.#options;
    return new Promise((resolve) => {
      let request: ClientRequest | undefined;
      let answer: PartialAnswer | undefined;
      const end = (error?: unknown) => {
        clearTimeout(timer);
        if (request !== undefined) this.#pending.delete(request);
        if (answer !== undefined) {
          resolve({ result: answer.complete(), wasKept: false });
          return;
        }
        const result = { reason: explainHttpFailure(error, url), isUnreachable: isUnreachable(error) };
        resolve({ result, wasKept: request?.reusedSocket === true && isReset(error) });
      };
      const timer = setTimeout(() => {
        const error = Object.assign(new Error(`no answer in ${timeoutMs} ms`), { code: 'ETIMEDOUT' });
        request?.destroy(error);
        end(error);
      }, timeoutMs).unref();
      try {
        if (this.#isClosed) throw new Error('the driver was closed');
        request = this.#request({
          ...url.target,
          method: 'POST',
          agent: this.#agent,
          headers: { ...url.headers, ...headers, 'content-length': body.length },
        });
      } catch (error) {
        end(error);
        return;
      }
      this.#pending.add(request);
      request.on('socket', (socket) => socket.unref());
      request.on('error', end);
      request.on('response', (response) => {
        answer = new PartialAnswer(response);
        response.on('error', end).on('close', end);
      });
      // Over without a word, for instance by an answer that is an upgrade. An answer has an end of its own.
      request.on('close', () => {
        if (answer === undefined) end(new Error('the connection was closed without an answer'));
      });
      request.end(body);
    });
  }
}

/** An answer whose body is on its way, as far as it is of interest. */
class PartialAnswer {
  readonly #response: IncomingMessage;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(response: IncomingMessage) {
    this.#response = response;
    response.on('data', (chunk: Buffer) => {
      this.#bytes += chunk.length;
      if (this.#bytes <= MAX_ANSWER_BYTES) this.#chunks.push(chunk);
      else response.destroy();
    });
  }

  complete(): HttpAnswer {
    const { statusCode = 0, headers } = this.#response;
    return {
      status: statusCode,
      retryAfterMs: retryAfterMs(headers['retry-after'], headers.date),
      body: Buffer.concat(this.#chunks).toString(),
    };
  }
}

function isReset(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === 'ECONNRESET' || code === 'EPIPE';
}
