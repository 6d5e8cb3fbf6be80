import type { Priority } from '../../notification/priority.js';
import type { AmqpConnection } from '../../transport/amqp/amqp-connection.js';
import { Declarations, type Found, queueArguments } from '../../transport/amqp/declarations.js';
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
  /** True when its queue could not be declared. */
  isUndeclared: boolean;
}

export type TopologySettings = Pick<RabbitSettings, 'exchange' | 'compat' | 'declare' | 'queueMaxBytes'> &
  Partial<Pick<RabbitSettings, 'queueMaxMessages' | 'messageTtlMs' | 'queueType'>>;

/**
 * Declares the exchange and the queues when they are first needed, and remembers what it has declared. What exists is
 * used as it is. What cannot be declared is a warning: publishing goes on, and the broker returns what it cannot route.
 */
export class Topology {
  readonly #settings: TopologySettings;
  readonly #declarations: Declarations;
  readonly #routes = new Map<string, Partial<Record<Priority, Route>>>();
  readonly #inProgress = new Map<Route, Promise<void>>();
  #exchange: Promise<Found> | undefined;

  /** `denied`: see {@link Declarations}. */
  constructor(
    connection: AmqpConnection,
    settings: TopologySettings,
    warn: (message: string) => void,
    denied?: Map<string, unknown>,
  ) {
    this.#settings = settings;
    const failed = (what: string, why: string) => warn(`cannot ${what}, publishing goes on: ${why}`);
    this.#declarations = new Declarations(connection, failed, denied);
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
      route = { key, queue, isReady: this.#settings.declare === 'none', isUnroutable: false, isUndeclared: false };
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
  unroutableHint({ queue, isUndeclared }: Route): string {
    if (this.#settings.declare === 'none') return "bind one, or let tidings do so (declare: 'auto')";
    if (isUndeclared) return `the queue '${queue}' cannot be declared, for the reason that was told`;
    return 'it was deleted or is not bound; it is declared again';
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
      await this.#declarations.bind(route.queue, exchange, route.key);
    }
    route.isReady = true;
    route.isUnroutable = false;
    route.isUndeclared = queueFound === 'failed';
  }

  #declareExchange(): Promise<Found> {
    const { exchange, compat } = this.#settings;
    this.#exchange ??= this.#declarations.exchange(exchange, { durable: compat !== 'oslo' }).catch((error) => {
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
    return this.#declarations.queue(queue, options);
  }
}
