import type { ConfirmChannel, Options } from 'amqplib';
import { DeliveryError, errorText } from '../notification/errors.js';
import type { AmqpConnection } from '../transport/amqp/amqp-connection.js';

/** The message cannot be written as it is, to any queue; nothing of it was sent. */
export class UnwritableError extends DeliveryError {}

/** By this header a message that comes back is known. */
const NUMBER = 'x-tidings-number';

/** Puts messages into queues, each confirmed: what is not in the queue for sure is an error. */
export class Outbox {
  readonly #connection: AmqpConnection;
  readonly #channel: ConfirmChannel;
  readonly #returned = new Set<number>();
  #number = 0;
  #error: unknown;

  private constructor(connection: AmqpConnection, channel: ConfirmChannel) {
    this.#connection = connection;
    this.#channel = channel;
  }

  /** `closed` is called when it takes nothing more. */
  static async open(connection: AmqpConnection, closed: () => void): Promise<Outbox> {
    const channel = await connection.openConfirmChannel();
    const outbox = new Outbox(connection, channel);
    channel.on('error', (error) => {
      outbox.#error ??= error;
    });
    channel.on('close', closed);
    channel.on('return', ({ properties }) => outbox.#returned.add(properties.headers?.[NUMBER]));
    return outbox;
  }

  /** Resolves when the queue has it. Rejects with a DeliveryError; {@link UnwritableError}: with no other message. */
  put(queue: string, content: Buffer, options: Options.Publish): Promise<void> {
    this.#number += 1;
    const number = this.#number;
    return new Promise((resolve, reject) => {
      const answered = (error: unknown) => {
        const isReturned = this.#returned.delete(number);
        if (error !== null) reject(this.#explain(error, queue));
        else if (isReturned) reject(new DeliveryError(`there is no queue '${queue}'`));
        else resolve();
      };
      try {
        const headers = { ...options.headers, [NUMBER]: number };
        this.#channel.publish('', queue, content, { ...options, headers, deliveryMode: 2, mandatory: true }, answered);
      } catch (error) {
        // amqplib throws an error of its own where the channel is closed, and Node's where it has no bytes for a value.
        const isUnwritable = error instanceof TypeError || error instanceof RangeError;
        reject(isUnwritable ? new UnwritableError(errorText(error), { cause: error }) : this.#explain(error, queue));
      }
    });
  }

  #explain(error: unknown, queue: string): DeliveryError {
    const cause = this.#error ?? this.#connection.cause;
    if (cause !== undefined) return this.#connection.explain(cause);
    if (/nacked/.test(String(error))) return new DeliveryError(`the queue '${queue}' takes nothing more: is it full?`);
    return this.#connection.explain(error);
  }
}
