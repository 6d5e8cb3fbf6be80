import type { DeliveryOutcome, Driver, DriverHost, OutgoingMessage } from '../../delivery/driver.js';
import { leftAlone } from '../../transport/http/server-state.js';
import { normaliseZaqarOptions, type ZaqarOptions, type ZaqarSettings } from './options.js';
import { MAX_POST_MESSAGES, ZaqarQueue } from './queue.js';

/**
 * Posts notifications to a queue of OpenStack's Zaqar (API v2), up to ten with each request. Delivered means that Zaqar
 * has answered with 201; it keeps them for `ttl` seconds.
 */
export class ZaqarDriver implements Driver {
  readonly name: string;
  readonly wireFormat = 'plain';
  readonly batchSize = MAX_POST_MESSAGES;
  readonly window: number;
  readonly #settings: ZaqarSettings;
  readonly #queue: ZaqarQueue;
  #host: DriverHost | undefined;

  /** Throws a ConfigurationError for an option that is unknown or wrong. Connects to nothing yet. */
  constructor(options: ZaqarOptions = {}) {
    this.#settings = normaliseZaqarOptions(options);
    this.name = this.#settings.name;
    // So that full batches gather while the service answers.
    this.window = this.batchSize * 4 * this.#settings.concurrency;
    this.#queue = new ZaqarQueue(this.#settings);
  }

  /** There is no connection to open: whether the service can be reached shows with the first notification. */
  async open(host: DriverHost): Promise<void> {
    const { url, token } = this.#settings;
    if (this.#host === undefined && token !== undefined && !url.isSecure && !url.isLoopback) {
      host.warn(`${this.#queue.shown} gets a token that everybody on the way can read: use https://`);
    }
    this.#host = host;
    this.#queue.resume();
  }

  async deliver(batch: readonly OutgoingMessage[]): Promise<readonly DeliveryOutcome[]> {
    const verdicts = await this.#queue.post(batch);
    const { pause } = this.#queue;
    if (pause !== undefined) {
      const down = leftAlone(pause);
      // Nothing was even looked at: all of it waits, in its order.
      if (verdicts.every(({ server }) => server === 'down')) throw down;
      this.#host?.unavailable(down);
    }
    return verdicts.map(({ outcome }) => outcome);
  }

  async close(): Promise<void> {
    this.#queue.close();
  }
}
