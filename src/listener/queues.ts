import type { Channel } from 'amqplib';
import type { Priority } from '../notification/priority.js';
import type { AmqpConnection } from '../transport/amqp/amqp-connection.js';
import { Declarations, queueArguments } from '../transport/amqp/declarations.js';
import { type ListenerSettings, MAX_RETRY_LEVELS } from './options.js';

/** A queue to consume from. */
export interface SourceQueue {
  /** Where its messages came from the publishers: its retries and dead letters are named after this one. */
  readonly origin: string;
  readonly name: string;
  /** 0 for the queue itself; n for the one where messages wait after their n-th failure. */
  readonly level: number;
}

export function retryQueue(origin: string, level: number): string {
  return `${origin}.retry.${level}`;
}

export function deadQueue(origin: string): string {
  return `${origin}.dead`;
}

/** Finds or declares what a listener consumes from, and where it puts what failed. */
export class Queues {
  readonly #settings: ListenerSettings;
  readonly #declarations: Declarations;

  constructor(connection: AmqpConnection, settings: ListenerSettings, warn: (message: string) => void) {
    this.#settings = settings;
    this.#declarations = new Declarations(connection, (what, why) => warn(`cannot ${what}: ${why}`));
  }

  /** Every queue to consume from, declared where that may be done. Rejects when the connection is lost. */
  async prepare(priorities: ReadonlySet<Priority>, channel: Channel): Promise<SourceQueue[]> {
    const { topics, pool, temporary, compat, exchange, declare } = this.#settings;
    const keys = topics.flatMap((topic) => [...priorities].map((priority) => `${topic}.${priority.toLowerCase()}`));
    const isOslo = compat === 'oslo';
    const found = declare === 'none' ? 'existed' : await this.#declarations.exchange(exchange, { durable: !isOslo });
    if (temporary) {
      const { queue } = await channel.assertQueue('', { exclusive: true, autoDelete: true, durable: false });
      for (const key of keys) await channel.bindQueue(queue, exchange, key);
      return [{ origin: queue, name: queue, level: 0 }];
    }
    const bindings =
      pool === undefined
        ? keys.map((key) => ({ queue: isOslo ? key : `tidings.${key}`, keys: [key] }))
        : [{ queue: pool, keys }];
    const groups = await Promise.all(
      bindings.map(async ({ queue, keys: ofQueue }) => {
        if (declare === 'auto') await this.#declare(queue, ofQueue, found === 'created');
        return this.#withRetries(queue);
      }),
    );
    return groups.flat();
  }

  /** Declares a queue for retries or dead letters, nothing where that may not be done; false where it is not there. */
  async declareAside(queue: string): Promise<boolean> {
    if (this.#settings.declare === 'none') return this.#declarations.exists(queue);
    // Durable with `compat: 'oslo'` too: what failed must not be lost on top.
    const options = { durable: true, arguments: queueArguments(this.#settings) };
    return (await this.#declarations.queue(queue, options)) !== 'failed';
  }

  async #declare(queue: string, keys: readonly string[], isExchangeNew: boolean): Promise<void> {
    const { compat, pool, exchange } = this.#settings;
    const options =
      compat === 'oslo' ? { durable: false } : { durable: true, arguments: queueArguments(this.#settings) };
    const found = await this.#declarations.queue(queue, options);
    // As the publishers do: a queue of our own is bound by who made it, others always.
    if (found === 'failed' || (found === 'existed' && !isExchangeNew && compat !== 'oslo' && pool === undefined))
      return;
    for (const key of keys) await this.#declarations.bind(queue, exchange, key);
  }

  /** The queue, its queues for retries, and those that more retries than now have left. */
  async #withRetries(origin: string): Promise<SourceQueue[]> {
    const { retryDelaysMs } = this.#settings;
    const queues: SourceQueue[] = [{ origin, name: origin, level: 0 }];
    await this.declareAside(deadQueue(origin));
    for (let level = 1; level <= MAX_RETRY_LEVELS; level += 1) {
      const name = retryQueue(origin, level);
      const isOurs = level <= retryDelaysMs.length;
      const isThere = isOurs ? await this.declareAside(name) : await this.#declarations.exists(name);
      if (isThere) queues.push({ origin, name, level });
      else if (!isOurs) break;
    }
    return queues;
  }
}
