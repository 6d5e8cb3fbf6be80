import type { Channel } from 'amqplib';
import { errorText } from '../../notification/errors.js';
import type { Priority } from '../../notification/priority.js';
import type { AmqpConnection } from '../../transport/amqp/amqp-connection.js';
import type { RabbitSettings } from './options.js';

/** Where the notifications of one topic and priority go. */
export interface Route {
  /** The routing key, `<topic>.<priority>`. */
  readonly key: string;
  readonly queue: string;
  /** True when everything was done that can be done for it: publish. */
  isReady: boolean;
  /** True when a message found no queue: then the queue is bound even if it exists. */
  isUnroutable: boolean;
}

/** How an exchange or a queue was come by. */
type Found = 'existed' | 'created' | 'failed';

export type TopologySettings = Pick<RabbitSettings, 'exchange' | 'compat' | 'declare' | 'queueMaxBytes'> &
  Partial<Pick<RabbitSettings, 'queueMaxMessages' | 'messageTtlMs' | 'queueType'>>;

/**
 * Declares the exchange and the queues when they are first needed, and remembers what it has declared. What exists is
 * used as it is. What cannot be declared is a warning: publishing goes on, and the broker returns what it cannot route.
 */
export class Topology {
  readonly #connection: AmqpConnection;
  readonly #settings: TopologySettings;
  readonly #warn: (message: string) => void;
  readonly #routes = new Map<string, Partial<Record<Priority, Route>>>();
  readonly #inProgress = new Map<Route, Promise<void>>();
  #exchange: Promise<Found> | undefined;

  constructor(connection: AmqpConnection, settings: TopologySettings, warn: (message: string) => void) {
    this.#connection = connection;
    this.#settings = settings;
    this.#warn = warn;
  }

  /** The route of a topic and a priority; always the same object. */
  route(topic: string, priority: Priority): Route {
    let routes = this.#routes.get(topic);
    if (routes === undefined) {
      routes = {};
      this.#routes.set(topic, routes);
    }
    let route = routes[priority];
    if (route === undefined) {
      const key = `${topic}.${priority.toLowerCase()}`;
      const queue = this.#settings.compat === 'oslo' ? key : `tidings.${key}`;
      route = { key, queue, isReady: this.#settings.declare === 'none', isUnroutable: false };
      routes[priority] = route;
    }
    return route;
  }

  /** Makes a route ready. Rejects only when the connection is lost. */
  declare(route: Route): Promise<void> {
    if (route.isReady) return Promise.resolve();
    let declaring = this.#inProgress.get(route);
    if (declaring === undefined) {
      declaring = this.#declareRoute(route).finally(() => this.#inProgress.delete(route));
      this.#inProgress.set(route, declaring);
    }
    return declaring;
  }

  /** What becomes of a routing key that leads nowhere. */
  get unroutableHint(): string {
    return this.#settings.declare === 'none'
      ? "bind one, or let tidings do so (declare: 'auto')"
      : 'it was deleted or is not bound; it is declared again';
  }

  /** A message of this routing key was returned: its queue or its binding is gone. */
  forget(key: string): void {
    if (this.#settings.declare === 'none') return;
    for (const routes of this.#routes.values()) {
      for (const route of Object.values(routes)) {
        if (route.key !== key) continue;
        route.isReady = false;
        route.isUnroutable = true;
      }
    }
  }

  async #declareRoute(route: Route): Promise<void> {
    const { exchange, compat } = this.#settings;
    const exchangeFound = await this.#declareExchange();
    const queueFound = await this.#declareQueue(route.queue);
    // oslo.messaging's publishers always bind. Our own queues are bound by who made them, unless that is not enough.
    const bind = compat === 'oslo' || exchangeFound === 'created' || queueFound === 'created' || route.isUnroutable;
    if (bind && exchangeFound !== 'failed' && queueFound !== 'failed') {
      const error = await this.#tried((channel) => channel.bindQueue(route.queue, exchange, route.key));
      if (error !== undefined) this.#tell(`bind the queue '${route.queue}' to the exchange '${exchange}'`, error);
    }
    route.isReady = true;
    route.isUnroutable = false;
  }

  #declareExchange(): Promise<Found> {
    const { exchange, compat } = this.#settings;
    this.#exchange ??= this.#found(
      `the exchange '${exchange}'`,
      (channel) => channel.checkExchange(exchange),
      (channel) => channel.assertExchange(exchange, 'topic', { durable: compat !== 'oslo', autoDelete: false }),
    ).catch((error) => {
      this.#exchange = undefined;
      throw error;
    });
    return this.#exchange;
  }

  #declareQueue(queue: string): Promise<Found> {
    const options =
      this.#settings.compat === 'oslo'
        ? { durable: false }
        : { durable: true, arguments: queueArguments(this.#settings) };
    return this.#found(
      `the queue '${queue}'`,
      (channel) => channel.checkQueue(queue),
      (channel) => channel.assertQueue(queue, { ...options, exclusive: false, autoDelete: false }),
    );
  }

  /** Looks first: declaring what exists with other arguments is an error, and may not be permitted. */
  async #found(
    what: string,
    check: (channel: Channel) => Promise<unknown>,
    declare: (channel: Channel) => Promise<unknown>,
  ): Promise<Found> {
    const missing = await this.#tried(check);
    if (missing === undefined) return 'existed';
    const error = missing.code === 404 ? await this.#tried(declare) : missing;
    if (error === undefined) return 'created';
    this.#tell(`declare ${what}`, error);
    return 'failed';
  }

  /**
   * Resolves with the reason why it cannot be done, or with nothing. On a channel of its own, since the broker's refusal
   * closes it. Rejects when the connection is lost.
   */
  async #tried(operation: (channel: Channel) => Promise<unknown>): Promise<{ readonly code?: unknown } | undefined> {
    const channel = await this.#connection.openChannel();
    try {
      await operation(channel);
    } catch (error) {
      if (this.#connection.isClosed) throw error;
      // Still open where amqplib refused it, for instance a name that is too long.
      await channel.close().catch(() => undefined);
      return error as { code?: unknown };
    }
    await channel.close();
    return undefined;
  }

  #tell(what: string, error: unknown): void {
    this.#warn(`cannot ${what}, publishing goes on: ${errorText(this.#connection.explain(error))}`);
  }
}

/** Both types of queues take all of them: classic from RabbitMQ 3.7, quorum from 3.8, with a time to live from 3.10. */
function queueArguments(settings: TopologySettings): Record<string, unknown> {
  const { queueMaxBytes, queueMaxMessages, messageTtlMs, queueType } = settings;
  return {
    ...(queueType === undefined ? undefined : { 'x-queue-type': queueType }),
    'x-max-length-bytes': queueMaxBytes,
    ...(queueMaxMessages === undefined ? undefined : { 'x-max-length': queueMaxMessages }),
    // Else a full queue would throw its oldest messages away, and nobody would know.
    'x-overflow': 'reject-publish',
    ...(messageTtlMs === undefined ? undefined : { 'x-message-ttl': messageTtlMs }),
  };
}
