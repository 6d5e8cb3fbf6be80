import type { OutgoingMessage } from '../../delivery/driver.js';
import { askFunction } from '../../notification/ask-function.js';
import { DeliveryError, errorText, RefusedError } from '../../notification/errors.js';
import { inParts, sendDividing } from '../../transport/http/divide.js';
import { HttpClient } from '../../transport/http/http-client.js';
import { type HttpVerdict, verdictOf } from '../../transport/http/http-verdict.js';
import { leftAlone, type Pause, ServerState } from '../../transport/http/server-state.js';
import { Turns } from '../../transport/http/turns.js';
import type { EndpointSettings, WebhookSettings } from './options.js';
import { arrayRequest, singleRequest, type WebhookRequest } from './request.js';
import { secretKeys } from './secret.js';
import { signatureHeader } from './signature.js';

/** The brackets and, for each notification, a comma. */
const BRACKETS = 2;

/** One place that notifications are posted to, signed, in their order. */
export class Endpoint {
  /** Names it in errors: which one it is of several, and its address without what may be secret. */
  readonly shown: string;
  readonly #settings: EndpointSettings;
  readonly #driver: WebhookSettings;
  readonly #client: HttpClient;
  readonly #turns: Turns;
  readonly #state = new ServerState();
  readonly #closing = new AbortController();

  constructor(settings: EndpointSettings, driver: WebhookSettings, index: number) {
    const { url, tls, timeoutMs } = settings;
    this.shown = driver.endpoints.length === 1 ? url.shown : `endpoint ${index + 1} (${url.shown})`;
    this.#settings = settings;
    this.#driver = driver;
    this.#client = new HttpClient({ url, tls, timeoutMs, connections: driver.concurrency });
    this.#turns = new Turns(driver.concurrency);
  }

  get isExposed(): boolean {
    return this.#settings.isExposed;
  }

  /** Set while the endpoint is left alone. */
  get pause(): Pause | undefined {
    return this.#state.pause;
  }

  /** Tries again what it has left alone for no other reason than that it failed. */
  resume(): void {
    this.#state.resume();
  }

  /** Resolves with one verdict per message, in their order. Never rejects. */
  deliver(messages: readonly OutgoingMessage[]): Promise<readonly HttpVerdict[]> {
    return this.#turns.run(async () => {
      const { batchSize, maxRequestBytes } = this.#driver;
      const limits = { maxItems: batchSize ?? 1, maxSize: maxRequestBytes - BRACKETS };
      const parts = inParts(messages, limits, ({ body }) => Buffer.byteLength(body) + 1);
      const verdicts: HttpVerdict[] = [];
      const send = async (part: readonly OutgoingMessage[]) => {
        const verdict = await this.#send(part);
        return { results: part.map(() => verdict), isDivisible: verdict.isDivisible };
      };
      for (const part of parts) verdicts.push(...(await sendDividing(part, send)));
      return verdicts;
    });
  }

  close(): void {
    this.#closing.abort();
    this.#client.close();
  }

  async #send(messages: readonly OutgoingMessage[]): Promise<HttpVerdict> {
    const isArray = this.#driver.batchSize !== undefined;
    const request = isArray ? arrayRequest(messages) : singleRequest(messages[0] as OutgoingMessage);
    const { maxRequestBytes } = this.#driver;
    if (Buffer.byteLength(request.body) > maxRequestBytes) {
      const outcome = new RefusedError(`${this.shown}: over ${maxRequestBytes} bytes (maxRequestBytes), not sent`);
      return { outcome, server: 'works', isDivisible: false };
    }
    const { pause } = this;
    if (pause !== undefined) return { outcome: leftAlone(pause), server: 'down', isDivisible: false };
    let headers: Record<string, string>;
    try {
      headers = await this.#headers(request);
    } catch (error) {
      return this.#failed(error);
    }
    const result = await this.#client.post({ headers, body: request.body });
    const verdict = verdictOf(result, this.shown);
    this.#state.note(verdict, messages[0]?.notification.messageId ?? '');
    return verdict;
  }

  /** There are no keys to sign with, and so it is for whatever would be sent. */
  #failed(error: unknown): HttpVerdict {
    const outcome = new DeliveryError(`${this.shown}: ${errorText(error)}`);
    const verdict = { outcome, server: 'down', isDivisible: false } as const;
    this.#state.note(verdict, '');
    return verdict;
  }

  /** The time is that of this attempt, as the specification has it: else a late retry would look like a replay. */
  async #headers({ id, contentType, body }: WebhookRequest): Promise<Record<string, string>> {
    const keys = await this.#keys();
    const timestamp = String(Math.floor(Date.now() / 1_000));
    return {
      'user-agent': 'tidings',
      ...this.#settings.headers,
      'content-type': contentType,
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      ...(keys.length === 0 ? {} : { 'webhook-signature': signatureHeader(keys, id, timestamp, body) }),
    };
  }

  async #keys(): Promise<readonly Buffer[]> {
    const { keys, keysOption, timeoutMs } = this.#settings;
    if (typeof keys !== 'function') return keys;
    const how = { option: keysOption, gives: 'secret', timeoutMs, timeoutOption: 'timeoutMs' };
    return secretKeys(
      await askFunction({ ask: keys, ...how, signal: this.#closing.signal }),
      `what the function ${keysOption} gives`,
    );
  }
}
