import type { DeliveryOutcome, Driver, DriverHost, OutgoingMessage } from '../../delivery/driver.js';
import { leftAlone } from '../../transport/http/server-state.js';
import { Endpoint } from './endpoint.js';
import { normaliseWebhookOptions, type WebhookOptions } from './options.js';
import { type Progress, ProgressBook, soonest } from './progress.js';

/**
 * Posts notifications to HTTP endpoints, signed as Standard Webhooks has it. Delivered means that every endpoint has
 * answered with 2xx. An attempt after the first goes only to those that have not had it yet; what one endpoint refuses
 * for good still goes to the others, and then counts as refused. Which endpoint has had what is kept in memory: after a
 * restart, and when a dead letter is replayed, all of them get it.
 */
export class WebhookDriver implements Driver {
  readonly name: string;
  readonly wireFormat = 'plain';
  readonly batchSize: number;
  readonly window: number;
  readonly #endpoints: readonly Endpoint[];
  readonly #progress: ProgressBook<Endpoint>;
  #host: DriverHost | undefined;

  /** Throws a ConfigurationError for an option that is unknown or wrong. Connects to nothing yet. */
  constructor(options: WebhookOptions = {}) {
    const settings = normaliseWebhookOptions(options);
    this.name = settings.name;
    this.batchSize = settings.batchSize ?? 1;
    // With arrays, the next one gathers while the endpoint answers.
    this.window = this.batchSize * settings.concurrency * (this.batchSize > 1 ? 2 : 1);
    this.#endpoints = settings.endpoints.map((each, index) => new Endpoint(each, settings, index));
    this.#progress = new ProgressBook(this.#endpoints);
  }

  /** There is no connection to open: whether an endpoint can be reached shows with the first notification. */
  async open(host: DriverHost): Promise<void> {
    if (this.#host === undefined) {
      for (const { isExposed, shown } of this.#endpoints) {
        if (isExposed) host.warn(`${shown} gets credentials that everybody on the way can read: use https://`);
      }
    }
    this.#host = host;
    for (const endpoint of this.#endpoints) endpoint.resume();
  }

  async deliver(batch: readonly OutgoingMessage[]): Promise<readonly DeliveryOutcome[]> {
    const tries = batch.map((message) => ({ message, progress: this.#progress.of(message.notification.messageId) }));
    const through = await Promise.all(this.#endpoints.map((endpoint) => deliverTo(endpoint, tries)));
    for (const { message, progress } of tries) this.#progress.keep(message.notification.messageId, progress);
    const outcomes = tries.map(({ progress }) => progress.outcome);
    const down = this.#down();
    if (down !== undefined) {
      // Nothing was even looked at: all of it waits, in its order.
      if (!through.includes(true)) throw down;
      this.#host?.unavailable(down);
    }
    return outcomes;
  }

  async close(): Promise<void> {
    for (const endpoint of this.#endpoints) endpoint.close();
  }

  /** Set when every endpoint is left alone. */
  #down(): Error | undefined {
    const pauses = this.#endpoints.flatMap(({ pause }) => pause ?? []);
    return pauses.length === this.#endpoints.length ? soonest(pauses.map(leftAlone)) : undefined;
  }
}

/** One attempt with a notification. */
interface Try {
  readonly message: OutgoingMessage;
  readonly progress: Progress<Endpoint>;
}

/** Resolves with true when the endpoint has looked at any of it, so that what it says may be for what it was sent. */
async function deliverTo(endpoint: Endpoint, tries: readonly Try[]): Promise<boolean> {
  const missing = tries.filter(({ progress }) => !progress.isSettled(endpoint));
  const verdicts = await endpoint.deliver(missing.map(({ message }) => message));
  for (const [index, { outcome }] of verdicts.entries()) missing[index]?.progress.note(endpoint, outcome);
  return verdicts.some(({ server }) => server !== 'down');
}
