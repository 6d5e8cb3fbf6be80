import { batchOutcomes } from '../../delivery/batch-outcomes.js';
import type { DeliveryOutcome, OutgoingMessage } from '../../delivery/driver.js';
import { errorText, RefusedError } from '../../notification/errors.js';
import type { Amqp1Connection } from '../../transport/amqp1/amqp1-connection.js';
import type { Rhea } from '../../transport/amqp1/rhea.js';
import { encodeMessage, type MessageSettings } from './message.js';
import type { Amqp1Settings } from './options.js';
import { Senders } from './senders.js';

/** Sends notifications over one connection, pipelined: each batch goes out at once and is answered in its own time. */
export class Publisher {
  readonly #rhea: Rhea;
  readonly #connection: Amqp1Connection;
  readonly #settings: Amqp1Settings;
  readonly #message: MessageSettings;
  readonly #senders: Senders;

  constructor(rhea: Rhea, connection: Amqp1Connection, settings: Amqp1Settings) {
    this.#rhea = rhea;
    this.#connection = connection;
    this.#settings = settings;
    const { durable, messageTtlMs, body, template, maxLinks } = settings;
    this.#message = { durable, messageTtlMs, body, isRequest: template.kind === 'oslo' };
    this.#senders = new Senders(connection, maxLinks, {
      durable,
      attachTimeoutMs: settings.connectTimeoutMs,
      creditTimeoutMs: settings.creditTimeoutMs,
      answerTimeoutMs: settings.answerTimeoutMs,
    });
  }

  get isClosed(): boolean {
    return this.#connection.isClosed;
  }

  /** As {@link Driver.deliver}: rejects where the connection was lost before any of the batch was answered for. */
  async deliver(batch: readonly OutgoingMessage[]): Promise<readonly DeliveryOutcome[] | undefined> {
    if (this.#connection.cause !== undefined) throw this.#connection.cause;
    const outcomes = await batchOutcomes(batch, (index, at, answered) => {
      const message = batch[index] as OutgoingMessage;
      this.#send(message, message.topics[at] as string, (outcome) => answered(index, outcome));
    });
    const { cause } = this.#connection;
    if (cause !== undefined && outcomes?.every((outcome) => outcome === cause)) throw cause;
    return outcomes;
  }

  #send(message: OutgoingMessage, topic: string, settle: (outcome: DeliveryOutcome) => void): void {
    const { template, exchange } = this.#settings;
    let encoded: Buffer;
    try {
      encoded = encodeMessage(this.#rhea, this.#message, message, topic);
    } catch (error) {
      settle(new RefusedError(`AMQP 1.0 cannot carry it: ${errorText(error)}`));
      return;
    }
    const { vhost } = this.#connection.url;
    const address = template.address({ topic, notification: message.notification, exchange, vhost });
    this.#senders.send(address, encoded, settle);
  }
}
