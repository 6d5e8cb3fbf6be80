import { v4 as uuid } from 'uuid';
import type { OutgoingMessage } from '../../delivery/driver.js';
import { DeliveryError, errorText, RefusedError } from '../../notification/errors.js';
import { processSlot } from '../../notification/process-slot.js';
import { inParts, type Sent, sendDividing } from '../../transport/http/divide.js';
import { type HttpAnswer, HttpClient, type HttpFailure } from '../../transport/http/http-client.js';
import type { HttpVerdict } from '../../transport/http/http-verdict.js';
import { leftAlone, type Pause, ServerState } from '../../transport/http/server-state.js';
import { Turns } from '../../transport/http/turns.js';
import type { ZaqarSettings } from './options.js';
import { TokenSource } from './token-source.js';
import { takenOf, zaqarVerdictOf } from './zaqar-verdict.js';

/** The most messages in one post, and the most bytes of one request (Zaqar's defaults, which its API documents). */
export const MAX_POST_MESSAGES = 10;
const MAX_REQUEST_BYTES = 262_144;

const HEAD = '{"messages":[';
const TAIL = ']}';

const identity = processSlot('zaqar-client', () => ({ id: uuid() }));

/** A message of a post: what it is, and its text in the request. */
interface Item {
  readonly messageId: string;
  readonly text: string;
}

/** One queue of a Zaqar service, which notifications are posted to in their order. */
export class ZaqarQueue {
  readonly #settings: ZaqarSettings;
  readonly #client: HttpClient;
  readonly #turns: Turns;
  readonly #state = new ServerState();
  readonly #closing = new AbortController();
  readonly #tokens: TokenSource;

  constructor(settings: ZaqarSettings) {
    const { url, tls, timeoutMs, concurrency } = settings;
    this.#settings = settings;
    this.#client = new HttpClient({ url, tls, timeoutMs, connections: concurrency });
    this.#turns = new Turns(concurrency);
    this.#tokens = new TokenSource(settings, this.#closing.signal);
  }

  get shown(): string {
    return `Zaqar at ${this.#settings.url.shown}`;
  }

  /** Set while the service is left alone. */
  get pause(): Pause | undefined {
    return this.#state.pause;
  }

  /** Tries again what it has left alone for no other reason than that it failed. */
  resume(): void {
    this.#state.resume();
  }

  /** Resolves with one verdict per message, in their order. Never rejects. */
  post(messages: readonly OutgoingMessage[]): Promise<readonly HttpVerdict[]> {
    return this.#turns.run(async () => {
      const items = messages.map((message) => this.#item(message));
      const limits = { maxItems: MAX_POST_MESSAGES, maxSize: MAX_REQUEST_BYTES - HEAD.length - TAIL.length };
      const verdicts: HttpVerdict[] = [];
      for (const part of inParts(items, limits, ({ text }) => Buffer.byteLength(text) + 1)) {
        verdicts.push(...(await sendDividing(part, (some) => this.#send(some))));
      }
      return verdicts;
    });
  }

  close(): void {
    this.#closing.abort();
    this.#client.close();
  }

  #item({ notification, body, contentType }: OutgoingMessage): Item {
    // A wire format that is no JSON travels as a text.
    const json = /[/+]json\b/.test(contentType) ? body : JSON.stringify(body);
    return { messageId: notification.messageId, text: `{"ttl":${this.#settings.ttl},"body":${json}}` };
  }

  async #send(items: readonly Item[]): Promise<Sent<HttpVerdict>> {
    const body = Buffer.from(`${HEAD}${items.map(({ text }) => text).join(',')}${TAIL}`);
    if (body.length > MAX_REQUEST_BYTES) {
      const outcome = new RefusedError(`over ${MAX_REQUEST_BYTES} bytes, which is all that Zaqar takes: not sent`);
      return sent(items, { outcome, server: 'works', isDivisible: false });
    }
    const { pause } = this;
    if (pause !== undefined) return sent(items, { outcome: leftAlone(pause), server: 'down', isDivisible: false });
    let result: HttpAnswer | HttpFailure;
    try {
      result = await this.#request(body);
    } catch (error) {
      const outcome = new DeliveryError(`${this.shown}: ${errorText(error)}`);
      return this.#noted(items, { outcome, server: 'down', isDivisible: false });
    }
    const verdict = zaqarVerdictOf(result, this.shown);
    const all = this.#noted(items, verdict);
    if (verdict.outcome !== undefined) return all;
    const taken = takenOf(result as HttpAnswer, items.length);
    const outcome = new DeliveryError(`${this.shown} took ${taken} of ${items.length} messages`);
    const results = items.map((_, index) => (index < taken ? verdict : { ...verdict, outcome }));
    return { results, isDivisible: false };
  }

  /** Posts, and once more with a new token where the service has refused the last one. */
  async #request(body: Buffer): Promise<HttpAnswer | HttpFailure> {
    const token = await this.#tokens.token();
    const result = await this.#client.post({ headers: this.#headers(token), body });
    if ('reason' in result || result.status !== 401 || !(await this.#tokens.refused(token))) return result;
    const renewed = await this.#tokens.token();
    const second = await this.#client.post({ headers: this.#headers(renewed), body });
    // Not good either: the next attempt asks for another one.
    if ('status' in second && second.status === 401) await this.#tokens.refused(renewed);
    return second;
  }

  #headers(token: string | undefined): Record<string, string> {
    const { clientId, projectId } = this.#settings;
    return {
      'user-agent': 'tidings',
      'content-type': 'application/json',
      accept: 'application/json',
      'client-id': clientId ?? identity.id,
      ...(projectId === undefined ? {} : { 'x-project-id': projectId }),
      ...(token === undefined ? {} : { 'x-auth-token': token }),
    };
  }

  #noted(items: readonly Item[], verdict: HttpVerdict): Sent<HttpVerdict> {
    this.#state.note(verdict, items[0]?.messageId ?? '');
    return sent(items, verdict);
  }
}

/** The same for all of a part. */
function sent(items: readonly Item[], verdict: HttpVerdict): Sent<HttpVerdict> {
  return { results: items.map(() => verdict), isDivisible: verdict.isDivisible };
}
