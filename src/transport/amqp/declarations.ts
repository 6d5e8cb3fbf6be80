import type { Channel, Options } from 'amqplib';
import { errorText } from '../../notification/errors.js';
import type { AmqpConnection } from './amqp-connection.js';
import { isDeniedQueue } from './explain-amqp-error.js';

/** How an exchange or a queue was come by. */
export type Found = 'existed' | 'created' | 'failed';

/** What a queue that is declared may hold. */
export interface QueueLimits {
  readonly queueMaxBytes: number;
  readonly queueMaxMessages?: number | undefined;
  readonly messageTtlMs?: number | undefined;
  readonly queueType?: 'classic' | 'quorum' | undefined;
}

/**
 * Declares exchanges and queues. What exists is used as it is; what cannot be declared is told and comes back as
 * `failed`. Every method rejects only when the connection is lost.
 */
export class Declarations {
  readonly #connection: AmqpConnection;
  readonly #failed: (what: string, why: string) => void;
  readonly #denied: Map<string, unknown>;

  /**
   * `failed` is told what could not be done (`declare the queue 'x'`), and why. `denied` outlives the connection: what the
   * broker closed one for is put in there, with the reason, and not declared again.
   */
  constructor(
    connection: AmqpConnection,
    failed: (what: string, why: string) => void,
    denied: Map<string, unknown> = new Map(),
  ) {
    this.#connection = connection;
    this.#failed = failed;
    this.#denied = denied;
  }

  /** A topic exchange. */
  exchange(name: string, { durable }: { readonly durable: boolean }): Promise<Found> {
    return this.#found(
      `the exchange '${name}'`,
      (channel) => channel.checkExchange(name),
      (channel) => channel.assertExchange(name, 'topic', { durable, autoDelete: false }),
    );
  }

  queue(name: string, options: Options.AssertQueue): Promise<Found> {
    return this.#found(
      `the queue '${name}'`,
      (channel) => channel.checkQueue(name),
      (channel) => channel.assertQueue(name, { exclusive: false, autoDelete: false, ...options }),
    );
  }

  /** True where the queue is bound now. */
  async bind(queue: string, exchange: string, key: string): Promise<boolean> {
    const error = await this.tried((channel) => channel.bindQueue(queue, exchange, key));
    if (error !== undefined) this.#tell(`bind the queue '${queue}' to the exchange '${exchange}'`, error);
    return error === undefined;
  }

  async exists(queue: string): Promise<boolean> {
    return (await this.tried((channel) => channel.checkQueue(queue))) === undefined;
  }

  /** Looks first: declaring what exists with other arguments is an error, and may not be permitted. */
  async #found(
    what: string,
    check: (channel: Channel) => Promise<unknown>,
    declare: (channel: Channel) => Promise<unknown>,
  ): Promise<Found> {
    const missing = await this.tried(check);
    if (missing === undefined) return 'existed';
    const error = missing.code === 404 ? await this.#declared(what, declare) : missing;
    if (error === undefined) return 'created';
    this.#tell(`declare ${what}`, error);
    return 'failed';
  }

  async #declared(what: string, declare: (channel: Channel) => Promise<unknown>): Promise<unknown> {
    if (this.#denied.has(what)) return this.#denied.get(what);
    try {
      return await this.tried(declare);
    } catch (error) {
      const { cause } = this.#connection;
      if (isDeniedQueue(cause)) this.#denied.set(what, cause);
      throw error;
    }
  }

  /**
   * Resolves with the reason why it cannot be done, or with nothing. On a channel of its own, since the broker's refusal
   * closes it. Rejects when the connection is lost.
   */
  async tried(operation: (channel: Channel) => Promise<unknown>): Promise<{ readonly code?: unknown } | undefined> {
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
    this.#failed(what, errorText(this.#connection.explain(error)));
  }
}

/** Both types of queues take all of them: classic from RabbitMQ 3.7, quorum from 3.8, with a time to live from 3.10. */
export function queueArguments(settings: QueueLimits): Record<string, unknown> {
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
