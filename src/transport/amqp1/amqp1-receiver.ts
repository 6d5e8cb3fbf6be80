import { DeliveryError } from '../../notification/errors.js';
import { consumerTimeoutRemedy } from '../consumer-timeout.js';
import type { Amqp1Connection } from './amqp1-connection.js';
import { reasonOf, remedyFor } from './explain-amqp1-error.js';
import {
  type AmqpCondition,
  isNothing,
  type RheaContext,
  type RheaIncoming,
  type RheaReceiver,
  type RheaSession,
} from './rhea.js';
import { StallTimer } from './stall-timer.js';
import { UnsettledDeliveries } from './unsettled-deliveries.js';

export interface Amqp1ReceiverOptions {
  /** The most messages that are here and not settled. */
  readonly prefetch: number;
  /** How long the peer may take to answer the attach, in milliseconds. */
  readonly attachTimeoutMs: number;
  /** True: only from a topic, which gives everybody a copy; nothing is taken from what the peer does not call one. */
  readonly onlyTopic?: boolean;
  /** Called with each message. */
  readonly received: (delivery: Amqp1Delivery) => void;
  /** Called once when nothing more will come, not after {@link Amqp1Receiver.close}. */
  readonly closed: (cause: DeliveryError) => void;
}

/** A message that is here until it is settled, once. */
export interface Amqp1Delivery {
  /** Encoded, all sections of it. */
  readonly encoded: Buffer;
  /** It is done with. */
  accept(): void;
  /** It can never be done with: the peer drops it or puts it among its dead letters. */
  reject(error: AmqpCondition): void;
  /** It was not tried: the peer gives it to anybody. */
  release(): void;
  /** It was tried and failed: given to anybody, with its delivery-count one more, where the peer knows such an outcome. */
  fail(): void;
}

/** What a node is called that gives each subscriber a copy, by the mapping of JMS to AMQP 1.0, which brokers follow. */
const TOPIC = 'topic';
/** Not zero, which is AMQP's own: rhea leaves a message of another format as it is. */
const UNREAD_FORMAT = 1;
const MAX_UINT = 0xffff_ffff;

/**
 * A link that receives from one address, each message until it is settled. Has a session of its own: RabbitMQ ends the
 * whole session where an address does not exist. Over for good when it is closed.
 */
export class Amqp1Receiver {
  /** Resolves when the peer has attached the link; rejects with a DeliveryError. */
  readonly attached: Promise<void>;
  readonly #address: string;
  readonly #connection: Amqp1Connection;
  readonly #options: Amqp1ReceiverOptions;
  readonly #session: RheaSession;
  readonly #link: RheaReceiver;
  readonly #unsettled: UnsettledDeliveries;
  readonly #attach: StallTimer;
  readonly #forget: () => void;
  #refuse: (cause: DeliveryError) => void = () => undefined;
  #isStopped = false;
  #isClosed = false;

  constructor(connection: Amqp1Connection, address: string, options: Amqp1ReceiverOptions) {
    this.#connection = connection;
    this.#address = address;
    this.#options = options;
    this.#attach = new StallTimer(options.attachTimeoutMs, () => {
      // A session that its peer has not begun cannot be ended, so with rhea the connection goes.
      connection.destroy(
        this.#error(`it did not answer in ${options.attachTimeoutMs} ms: see the broker's load and its log`),
      );
    });
    this.#session = connection.beginSession();
    this.#unsettled = new UnsettledDeliveries(options.prefetch);
    this.#leaveUnread();
    this.#link = this.#session.open_receiver({
      // Configuration of the queue, where RabbitMQ 3 declares it by itself for a plain name. To others it means nothing.
      source: {
        address,
        durable: connection.product === 'RabbitMQ' ? 1 : 0,
        ...(options.onlyTopic === true && { capabilities: [TOPIC] }),
      },
      target: {},
      // Unsettled: the peer keeps what is not answered for.
      snd_settle_mode: 0,
      rcv_settle_mode: 0,
      credit_window: 0,
      autoaccept: false,
    });
    this.attached = new Promise((resolve, reject) => {
      this.#refuse = reject;
      this.#link.on('receiver_open', () => {
        // Without a source the attach is refused, and the reason follows.
        if (isNothing(this.#link.source)) return;
        this.#attach.stop();
        if (options.onlyTopic === true && !this.#isTopic) {
          this.#fail(
            this.#error('it is not called a topic by its broker: what is read from it would be taken from others'),
          );
          return;
        }
        // rhea counts from 0, wherever the peer begins: to RabbitMQ 4.0 and 4.1 each credit would be five more than was meant.
        const begun = this.#link.remote.attach?.initial_delivery_count;
        if (typeof begun === 'number') this.#link.delivery_count = begun;
        this.#giveCredit();
        resolve();
      });
    });
    this.attached.catch(() => undefined);
    this.#link.on('message', (context) => this.#received(context));
    this.#link.on('receiver_close', () => this.#fail(this.#explained('the link', this.#link.error)));
    this.#session.on('session_close', () => this.#fail(this.#explained('the session', this.#session.error)));
    this.#attach.pending();
    this.#forget = connection.whenOver((cause) => this.#fail(cause));
  }

  /** Asks for no more; what is on its way still comes. What is settled after it has resolved comes no more. */
  async stop(): Promise<void> {
    if (this.#isStopped || this.#isClosed) return;
    this.#isStopped = true;
    // Not a drain: RabbitMQ 3.10 fails where it has nothing to send.
    this.#link.credit = 0;
    this.#link.issue_flow = true;
    this.#link.connection._register();
    // rhea writes settlements before credit, and all of it a tick later.
    await new Promise<void>((resolve) => setImmediate(resolve));
  }

  /** Ends the link, in silence; the peer gives what is not settled to others. */
  close(): void {
    if (this.#isClosed) return;
    this.#end(this.#error('the link was closed'));
    this.#session.close();
  }

  /** rhea reads messages while it reads frames: a message that is none would end the connection, each time it comes. */
  #leaveUnread(): void {
    const { incoming } = this.#session;
    incoming.deliveries = this.#unsettled;
    const onTransfer = incoming.on_transfer;
    incoming.on_transfer = (frame, receiver) => {
      frame.performative.message_format = UNREAD_FORMAT;
      // It was on its way when the credit was taken back, or comes from RabbitMQ 3, which counts anew with each credit.
      const isWhole = frame.performative.more !== true;
      if (receiver.credit === 0 && isWhole) receiver.credit = 1;
      // It wraps around (AMQP 1.0, part 2.8.10); rhea counts one more, and could not write the number.
      if (receiver.delivery_count === MAX_UINT && isWhole) receiver.delivery_count = -1;
      onTransfer.call(incoming, frame, receiver);
    };
  }

  #received({ message, delivery }: RheaContext): void {
    if (this.#isClosed) return;
    const incoming = delivery as RheaIncoming;
    const settled = (settle: () => void) => () => {
      if (this.#isClosed) return;
      settle();
      this.#settled(incoming);
    };
    this.#options.received({
      encoded: message as Buffer,
      accept: settled(() => incoming.accept()),
      release: settled(() => incoming.release()),
      fail: settled(() => (this.#knowsModified ? incoming.modified({ delivery_failed: true }) : incoming.release())),
      reject: (error) => settled(() => incoming.reject(error))(),
    });
    this.#giveCredit();
  }

  /** RabbitMQ 3 ends the session at this outcome. A peer that names none knows all (AMQP 1.0, part 3.5.3). */
  get #knowsModified(): boolean {
    const outcomes = this.#link.source?.outcomes;
    if (Array.isArray(outcomes) && outcomes.length > 0) return outcomes.map(String).includes('amqp:modified:list');
    return !this.#connection.isRabbitmq3;
  }

  /** A peer says which of the capabilities that were asked for the source has (AMQP 1.0, part 3.5.3). */
  get #isTopic(): boolean {
    const capabilities: unknown = this.#link.source?.capabilities;
    return [capabilities].flat().some((capability) => String(capability) === TOPIC);
  }

  #settled(delivery: RheaIncoming): void {
    this.#unsettled.delete(delivery.id);
    this.#giveCredit();
  }

  #giveCredit(): void {
    if (this.#isStopped) return;
    const { prefetch } = this.#options;
    // Not what was settled: who sends more than he may would be given more each time.
    const missing = prefetch - this.#unsettled.size - this.#link.credit;
    // Not for each message, which the peer has to be told.
    if (missing > 0 && (this.#link.credit === 0 || missing * 2 >= prefetch)) this.#link.add_credit(missing);
  }

  #fail(error: DeliveryError): void {
    if (this.#isClosed) return;
    this.#end(error);
    // Later: rhea answers a detach first, which must not come after the end of the session.
    setImmediate(() => {
      if (!this.#connection.isClosed) this.#session.close();
    });
    this.#options.closed(error);
  }

  #end(error: DeliveryError): void {
    this.#isClosed = true;
    this.#forget?.();
    this.#attach.stop();
    this.#refuse(error);
  }

  #explained(what: string, error: AmqpCondition | undefined): DeliveryError {
    const reason = reasonOf(error, this.#connection.url.secrets);
    const remedy = consumerTimeoutRemedy(reason) ?? remedyFor(error, 'read from');
    return this.#error(`it closed ${what} (${reason})${remedy}`);
  }

  #error(text: string): DeliveryError {
    return new DeliveryError(`the address '${this.#address}' at ${this.#connection.url.shown}: ${text}`);
  }
}
