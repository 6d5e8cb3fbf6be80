import type { ConfirmChannel } from 'amqplib';
import { type Answered, batchOutcomes } from '../../delivery/batch-outcomes.js';
import type { DeliveryOutcome, OutgoingMessage } from '../../delivery/driver.js';
import { DeliveryError, errorText, RefusedError } from '../../notification/errors.js';
import type { AmqpConnection } from '../../transport/amqp/amqp-connection.js';
import type { Route, Topology } from './topology.js';

type Outcomes = readonly DeliveryOutcome[] | undefined;

/** Stands for a message that was in flight when the channel closed, until the cause is known. */
const LOST = new DeliveryError('in flight');
const NO_HEADERS = {};

/**
 * Publishes on one confirm channel, pipelined: everything is written at once and the broker confirms in its own time.
 * Over for good when the channel is.
 */
export class Publisher {
  readonly #connection: AmqpConnection;
  readonly #channel: ConfirmChannel;
  readonly #topology: Topology;
  readonly #exchange: string;
  /** What the broker sent back and has not confirmed yet: a return comes before the confirmation of its message. */
  readonly #returned = new Set<string>();
  /** The last batch that waits for its declarations: batches are published in their order. */
  #turn: Promise<unknown> | undefined;
  #isClosed = false;
  #error: unknown;

  private constructor(connection: AmqpConnection, channel: ConfirmChannel, topology: Topology, exchange: string) {
    this.#connection = connection;
    this.#channel = channel;
    this.#topology = topology;
    this.#exchange = exchange;
  }

  /** `lost` is called once, when the channel has closed, with its connection or without. */
  static async open(
    connection: AmqpConnection,
    topology: Topology,
    exchange: string,
    lost: (cause: DeliveryError) => void,
  ): Promise<Publisher> {
    let channel: ConfirmChannel;
    try {
      channel = await connection.openConfirmChannel();
    } catch (error) {
      throw connection.explain(error);
    }
    const publisher = new Publisher(connection, channel, topology, exchange);
    publisher.#listen(lost);
    return publisher;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Resolves when the broker has answered for each message, as {@link Driver.deliver} does; rejects when the channel
   * closed before it took any of them.
   */
  deliver(batch: readonly OutgoingMessage[]): Promise<Outcomes> {
    if (this.#turn === undefined && !this.#connection.isBlocked && this.#undeclared(batch) === undefined) {
      return this.#publish(batch);
    }
    return this.#publishInTurn(batch);
  }

  #listen(lost: (cause: DeliveryError) => void): void {
    this.#channel.on('error', (error) => {
      this.#error ??= error;
    });
    this.#channel.on('return', ({ properties, fields }) => {
      this.#returned.add(`${properties.messageId} ${fields.routingKey}`);
      this.#topology.forget(fields.routingKey);
    });
    // Before amqplib's own listener, which calls back for every message that is in flight.
    this.#channel.prependListener('close', () => {
      this.#isClosed = true;
      // A connection tells its cause just after it has closed its channels.
      queueMicrotask(() => lost(this.#cause()));
    });
  }

  #cause(): DeliveryError {
    const error = this.#error ?? this.#connection.cause;
    return error === undefined ? new DeliveryError('the driver was closed') : this.#connection.explain(error);
  }

  async #publishInTurn(batch: readonly OutgoingMessage[]): Promise<Outcomes> {
    const prepared = (this.#turn ?? Promise.resolve()).then(() => this.#prepare(batch));
    const turn = prepared.catch(() => undefined);
    this.#turn = turn;
    try {
      await prepared;
    } catch (error) {
      throw this.#isClosed ? this.#cause() : this.#connection.explain(error);
    } finally {
      if (this.#turn === turn) this.#turn = undefined;
    }
    return this.#publish(batch);
  }

  /** Waits until the broker takes messages and the routes of the batch are declared. */
  async #prepare(batch: readonly OutgoingMessage[]): Promise<void> {
    while (!this.#isClosed) {
      const undeclared = this.#undeclared(batch);
      if (this.#connection.isBlocked) await this.#connection.unblocked();
      else if (undeclared === undefined) return;
      else await Promise.all([...undeclared].map((route) => this.#topology.declare(route)));
    }
  }

  #undeclared(batch: readonly OutgoingMessage[]): Set<Route> | undefined {
    let undeclared: Set<Route> | undefined;
    for (const { notification, topics } of batch) {
      for (const topic of topics) {
        const route = this.#topology.route(topic, notification.priority);
        if (!route.isReady) undeclared = (undeclared ?? new Set()).add(route);
      }
    }
    return undeclared;
  }

  async #publish(batch: readonly OutgoingMessage[]): Promise<Outcomes> {
    if (this.#isClosed) throw this.#cause();
    const outcomes = await batchOutcomes(batch, (index, at, answered) => {
      this.#send(batch[index] as OutgoingMessage, at, index, answered);
    });
    if (outcomes?.includes(LOST)) return withCause(batch, outcomes, this.#cause());
    return outcomes;
  }

  #send(message: OutgoingMessage, at: number, index: number, answered: Answered): void {
    const { messageId, priority } = message.notification;
    const topic = message.topics[at] as string;
    const route = this.#topology.route(topic, priority);
    const options = {
      contentType: message.contentType,
      contentEncoding: 'utf-8',
      deliveryMode: 2,
      priority: 0,
      headers: NO_HEADERS,
      messageId,
      // What no queue takes comes back, instead of being lost in silence.
      mandatory: true,
    };
    try {
      const content = Buffer.from(at === 0 ? message.body : message.encode(topic));
      this.#channel.publish(this.#exchange, route.key, content, options, (error) => {
        answered(index, this.#outcome(error, messageId, route));
      });
    } catch (error) {
      answered(index, this.#isClosed ? LOST : new RefusedError(`AMQP cannot carry it: ${errorText(error)}`));
    }
  }

  #outcome(error: unknown, messageId: string, route: Route): DeliveryOutcome {
    const { key, queue } = route;
    if (this.#isClosed) return LOST;
    if (error !== null) {
      return new DeliveryError(
        `the broker could not take it now: the queue '${queue}' is full or out of order; consume from it or raise its limit`,
      );
    }
    if (this.#returned.size === 0 || !this.#returned.delete(`${messageId} ${key}`)) return undefined;
    return new DeliveryError(
      `the exchange '${this.#exchange}' leads the routing key '${key}' to no queue: ${this.#topology.unroutableHint(route)}`,
    );
  }
}

/** Puts the cause in for what was lost. Throws it where all of the batch was. */
function withCause(batch: readonly OutgoingMessage[], outcomes: DeliveryOutcome[], cause: DeliveryError): Outcomes {
  // The broker closes the channel for one message that is too large, and never says which.
  const tooLarge = Number(/message size (\d+)\D.*larger than/.exec(cause.message)?.[1]);
  const told = outcomes.map((outcome, index) => {
    if (outcome !== LOST) return outcome;
    const message = batch[index] as OutgoingMessage;
    const sizes = message.topics.map((topic, at) => Buffer.byteLength(at === 0 ? message.body : message.encode(topic)));
    return sizes.includes(tooLarge) ? new RefusedError(cause.message, { cause }) : cause;
  });
  if (told.every((outcome) => outcome === cause)) throw cause;
  return told;
}
