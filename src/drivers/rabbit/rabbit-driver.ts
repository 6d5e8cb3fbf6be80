import { hostname } from 'node:os';
import type { DeliveryOutcome, Driver, DriverHost, OutgoingMessage } from '../../delivery/driver.js';
import { DeliveryError } from '../../notification/errors.js';
import { AmqpConnection } from '../../transport/amqp/amqp-connection.js';
import { isDeniedQueue } from '../../transport/amqp/explain-amqp-error.js';
import { currentUrls } from '../../transport/amqp/url-source.js';
import { normaliseRabbitOptions, type RabbitOptions, type RabbitSettings } from './options.js';
import { Publisher } from './publisher.js';
import { Topology } from './topology.js';

/**
 * Publishes notifications to a topic exchange of RabbitMQ, with the routing key `<topic>.<priority>`, in oslo.messaging's
 * envelope. Delivered means that the broker has confirmed it: with durable queues (our default) it is on disk then.
 */
export class RabbitDriver implements Driver {
  readonly name: string;
  readonly wireFormat = 'oslo';
  readonly batchSize: number;
  readonly window: number;
  readonly #settings: RabbitSettings;
  readonly #closing = new AbortController();
  /** What the broker closes the connection for: see {@link Topology}. */
  readonly #denied = new Map<string, unknown>();
  #connection: AmqpConnection | undefined;
  #publisher: Publisher | undefined;
  #opening: Promise<void> | undefined;

  /** Throws a ConfigurationError for an option that is unknown or out of range. Connects to nothing yet. */
  constructor(options: RabbitOptions = {}) {
    this.#settings = normaliseRabbitOptions(options);
    this.name = this.#settings.name;
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
    const { urls, heartbeatMs, connectTimeoutMs, tls, exchange } = this.#settings;
    const { signal } = this.#closing;
    if (this.#connection?.isClosed !== false) {
      // Lost for another reason: the broker may have been told to permit it.
      if (!isDeniedQueue(this.#connection?.cause)) this.#denied.clear();
      this.#connection = await AmqpConnection.open({
        urls: await currentUrls(urls, {
          driver: 'rabbit',
          needsTls: tls !== undefined,
          timeoutMs: connectTimeoutMs,
          signal,
        }),
        connectionName: `tidings ${hostname()} ${process.pid}`,
        heartbeatMs,
        connectTimeoutMs,
        signal,
        blocked: (address, reason) => {
          const trouble = `the broker at ${address} takes nothing for now (${reason})`;
          host.degraded(trouble);
          host.warn(`${trouble}: notifications wait until it does`);
        },
        unblocked: () => host.degraded(undefined),
        ...(tls === undefined ? undefined : { tls }),
      });
    }
    const connection = this.#connection;
    // The declarations of a channel end with it: what was deleted under it is declared again by the next one.
    const topology = new Topology(connection, this.#settings, (message) => host.warn(message), this.#denied);
    this.#publisher = await Publisher.open(connection, topology, exchange, (cause) => {
      if (!signal.aborted) host.unavailable(cause);
    });
  }
}
