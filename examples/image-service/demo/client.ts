import { Agent, type IncomingMessage, request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** What is kept of an answer: all of it, unless it is an image. */
const KEPT_BYTES = 64 * 1024;

export interface Ask {
  readonly headers?: Readonly<Record<string, string | number>>;
  readonly json?: unknown;
  readonly body?: AsyncIterable<Uint8Array>;
  /** Goes away when so many bytes of the answer have come. */
  readonly cutAfter?: number;
}

export interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

/** A client of the service that notes how long every answer took to begin. */
export class Client {
  readonly answerTimes: number[];
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #agent: Agent;

  constructor(url: string, headers = {}, answerTimes: number[] = [], agent = new Agent({ keepAlive: true })) {
    this.#url = url;
    this.#headers = headers;
    this.answerTimes = answerTimes;
    this.#agent = agent;
  }

  /** The same client with another user at the keyboard. */
  as(userId: string, projectId: string): Client {
    return new Client(this.#url, { 'X-User-Id': userId, 'X-Project-Id': projectId }, this.answerTimes, this.#agent);
  }

  async ask(method: string, path: string, { headers, json, body, cutAfter }: Ask = {}): Promise<Answer> {
    const began = performance.now();
    const response = await this.#send(
      method,
      path,
      { ...this.#headers, ...headers },
      json === undefined ? body : jsonBody(json),
    );
    this.answerTimes.push(performance.now() - began);
    return { status: response.statusCode ?? 0, body: await read(response, cutAfter) };
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(method: string, path: string, headers: object, body?: AsyncIterable<Uint8Array>): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const outgoing = request(`${this.#url}${path}`, { method, headers: { ...headers }, agent: this.#agent });
      outgoing.once('response', resolve).once('error', reject);
      if (body === undefined) outgoing.end();
      else pipeline(Readable.from(body), outgoing).catch(reject);
    });
  }
}

async function* jsonBody(value: unknown): AsyncGenerator<Uint8Array> {
  yield Buffer.from(JSON.stringify(value));
}

async function read(response: IncomingMessage, cutAfter = Number.POSITIVE_INFINITY): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    size += chunk.length;
    if (size <= KEPT_BYTES) chunks.push(chunk);
    // Leaving the loop destroys the response, and the connection with it.
    if (size >= cutAfter) break;
  }
  return Buffer.concat(chunks);
}
