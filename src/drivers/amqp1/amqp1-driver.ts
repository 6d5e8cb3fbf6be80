import type { DeliveryOutcome, Driver, DriverHost, OutgoingMessage } from '../../delivery/driver.js';
import { DeliveryError } from '../../notification/errors.js';
import { currentUrls } from '../../transport/amqp/url-source.js';
import { Amqp1Connection } from '../../transport/amqp1/amqp1-connection.js';
import { checkVhost } from '../../transport/amqp1/identity.js';
import { loadRhea, type Rhea } from '../../transport/amqp1/rhea.js';
import { type Amqp1Options, type Amqp1Settings, normaliseAmqp1Options } from './options.js';
import { Publisher } from './publisher.js';

/**
 * Sends notifications to an AMQP 1.0 broker, each to the address of its topic and priority. Delivered means that the
 * broker has accepted it; what it rejects is refused for good, what it releases or modifies is tried again.
 */
export class Amqp1Driver implements Driver {
  readonly name: string;
  readonly wireFormat: string;
  readonly batchSize: number;
  readonly window: number;
  readonly #settings: Amqp1Settings;
  readonly #rhea: Rhea;
  readonly #closing = new AbortController();
  #connection: Amqp1Connection | undefined;
  #publisher: Publisher | undefined;
  #opening: Promise<void> | undefined;

  /**
   * Throws a ConfigurationError for an option that is unknown or out of range, and where the package rhea is not
   * installed. Connects to nothing yet.
   */
  constructor(options: Amqp1Options = {}) {
    this.#settings = normaliseAmqp1Options(options);
    this.#rhea = loadRhea('amqp1');
    this.name = this.#settings.name;
    this.wireFormat = this.#settings.template.kind === 'plain' ? 'plain' : 'oslo';
    this.batchSize = this.#settings.batchSize;
    this.window = this.#settings.window;
  }

  async open(host: DriverHost): Promise<void> {
    if (this.#publisher?.isClosed === false) return;
    this.#opening ??= this.#open(host).finally(() => {
      this.#opening = undefined;
    });
    await this.#opening;
  }

  async deliver(batch: readonly OutgoingMessage[]): Promise<readonly DeliveryOutcome[] | undefined> {
    if (this.#publisher === undefined) throw new DeliveryError('the connection to the broker is not open');
    return this.#publisher.deliver(batch);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    // First what is open: an opening may wait for it.
    await this.#connection?.close();
    await this.#opening?.catch(() => undefined);
    await this.#connection?.close();
  }

  async #open(host: DriverHost): Promise<void> {
    const { urls, tls, heartbeatMs, connectTimeoutMs, window, sasl, hostname, containerId } = this.#settings;
    const { signal } = this.#closing;
    const wait = { driver: 'amqp1', needsTls: tls !== undefined, timeoutMs: connectTimeoutMs, signal };
    const connection = await Amqp1Connection.open({
      rhea: this.#rhea,
      urls: await currentUrls(urls, wait),
      containerId: containerId(),
      hostname,
      sasl,
      window,
      heartbeatMs,
      connectTimeoutMs,
      tls,
      signal,
      lost: (cause) => {
        if (!signal.aborted) host.unavailable(cause);
      },
    });
    this.#connection = connection;
    await checkVhost(connection, this.#settings.template, this.#settings);
    this.#publisher = new Publisher(this.#rhea, connection, this.#settings);
  }
}
