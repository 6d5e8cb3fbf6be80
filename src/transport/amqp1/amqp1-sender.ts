import { DeliveryError, RefusedError } from '../../notification/errors.js';
import type { Amqp1Connection } from './amqp1-connection.js';
import { reasonOf, remedyFor } from './explain-amqp1-error.js';
import {
  type AmqpCondition,
  isNothing,
  type RheaContext,
  type RheaDelivery,
  type RheaSender,
  type RheaSession,
} from './rhea.js';
import { StallTimer } from './stall-timer.js';

export interface Amqp1SenderOptions {
  /** Whether a queue that RabbitMQ 3 declares by itself, for a plain name or `/queue/…`, is to outlive its restart. */
  readonly durable: boolean;
  /** How long the peer may take to answer the attach, in milliseconds. */
  readonly attachTimeoutMs: number;
  /** How long messages wait for credit, in milliseconds. */
  readonly creditTimeoutMs: number;
  /** How long the peer may answer for none of what was sent, in milliseconds; then the connection is given up. */
  readonly answerTimeoutMs: number;
  /** Called when nothing is under way any more, and when the link is closed. */
  readonly idle: () => void;
}

interface Transfer {
  readonly message: Buffer;
  readonly settle: (outcome: Error | undefined) => void;
}

/** The terminal outcomes of AMQP 1.0, part 3.4; `settled`: the peer has settled without any, or with one told before. */
type Answer = 'accepted' | 'rejected' | 'released' | 'modified' | 'settled';

const ANSWERS: readonly Answer[] = ['accepted', 'rejected', 'released', 'modified', 'settled'];

/**
 * A link that sends to one address. It has a session of its own: RabbitMQ ends the whole session where an address does
 * not exist, and in rhea a link without credit holds up the others of its session. Over for good when it is closed.
 */
export class Amqp1Sender {
  readonly #address: string;
  readonly #connection: Amqp1Connection;
  readonly #options: Amqp1SenderOptions;
  readonly #session: RheaSession;
  readonly #link: RheaSender;
  readonly #forget: () => void;
  /** What has no credit yet, in the order that it came. */
  #waiting: Transfer[] = [];
  readonly #inFlight = new Map<RheaDelivery, Transfer>();
  readonly #credit: StallTimer;
  readonly #answer: StallTimer;
  readonly #attach: StallTimer;
  #isAttached = false;
  #isClosed = false;

  constructor(connection: Amqp1Connection, address: string, options: Amqp1SenderOptions) {
    this.#connection = connection;
    this.#address = address;
    this.#options = options;
    this.#credit = new StallTimer(options.creditTimeoutMs, () => this.#giveUpWaiting());
    this.#answer = new StallTimer(options.answerTimeoutMs, () => this.#giveUpConnection());
    this.#attach = new StallTimer(options.attachTimeoutMs, () => {
      // A session that its peer has not begun cannot be ended, so with rhea the connection goes.
      connection.destroy(
        this.#error(`it did not answer in ${options.attachTimeoutMs} ms: see the broker's load and its log`),
      );
    });
    this.#session = connection.beginSession();
    this.#link = this.#session.open_sender({
      // The target's own durability (AMQP 1.0, part 3.5.3): configuration, or none. To others it means nothing.
      target: { address, durable: options.durable && connection.product === 'RabbitMQ' ? 1 : 0 },
      source: {},
      // Unsettled: the peer answers for each message.
      snd_settle_mode: 0,
      treat_modified_as_released: false,
    });
    this.#listen();
    this.#attach.pending();
    this.#forget = connection.whenOver((cause) => this.#fail(cause));
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** True where nothing is under way, so that it can be closed. */
  get isIdle(): boolean {
    return this.#isAttached && this.#inFlight.size === 0 && this.#waiting.length === 0;
  }

  /** Sends an encoded message when there is credit; calls `settle` once, with nothing when it was accepted. */
  send(message: Buffer, settle: (outcome: Error | undefined) => void): void {
    if (this.#isClosed) {
      settle(this.#error('the link is closed'));
      return;
    }
    this.#waiting.push({ message, settle });
    if (this.#waiting.length === 1) this.#pump();
  }

  /** Closes the link, in silence; what is under way is given back to be tried again. */
  close(): void {
    this.#end(this.#error('the link was closed'));
    this.#session.close();
  }

  #listen(): void {
    const link = this.#link;
    link.on('sender_open', () => {
      // Without a target the attach is refused, and the reason follows.
      if (isNothing(link.target)) return;
      this.#isAttached = true;
      this.#attach.stop();
      this.#pump();
    });
    const pump = () => this.#pump();
    link.on('sendable', pump);
    link.on('sender_draining', () => {
      this.#pump();
      link.set_drained(true);
    });
    for (const answer of ANSWERS) link.on(answer, ({ delivery }: RheaContext) => this.#answered(answer, delivery));
    link.on('sender_close', () => this.#fail(this.#explained('the link', link.error)));
    this.#session.on('session_close', () => this.#fail(this.#explained('the session', this.#session.error)));
  }

  /** Hands over what there is credit for, so that rhea never holds more than the peer has asked for. */
  #pump(): void {
    let sent = 0;
    const { outgoing } = this.#session;
    let unwritten = outgoing.next_delivery_id - outgoing.next_pending_delivery;
    while (sent < this.#waiting.length && this.#link.credit > unwritten && outgoing.available() > 0) {
      const transfer = this.#waiting[sent] as Transfer;
      sent += 1;
      if (this.#isTooLarge(transfer)) continue;
      this.#inFlight.set(this.#link.send(transfer.message, undefined, 0), transfer);
      unwritten += 1;
    }
    if (sent > 0) this.#waiting = this.#waiting.slice(sent);
    if (this.#inFlight.size > 0) this.#answer.pending();
    if (sent > 0) this.#credit.moved(this.#waiting.length > 0);
    else if (this.#waiting.length > 0 && this.#isAttached) this.#credit.pending();
    // Where all were too large.
    if (sent > 0 && this.isIdle) this.#options.idle();
  }

  #isTooLarge({ message, settle }: Transfer): boolean {
    const most = Number(this.#link.max_message_size ?? 0);
    if (!(most > 0) || message.length <= most) return false;
    settle(
      new RefusedError(
        `${this.#place} takes messages of at most ${most} bytes, this one has ${message.length}: raise the limit there, or lower maxMessageBytes`,
      ),
    );
    return true;
  }

  #answered(answer: Answer, delivery: RheaDelivery | undefined): void {
    const transfer = delivery && this.#inFlight.get(delivery);
    if (delivery === undefined || transfer === undefined) return;
    this.#inFlight.delete(delivery);
    // A peer that waits for our settlement gets it; what it has settled rhea settles.
    if (!delivery.remote_settled) {
      delivery.update(true);
      // It has nothing more to say then, for which rhea would wait.
      delivery.remote_settled = true;
    }
    this.#answer.moved(this.#inFlight.size > 0);
    transfer.settle(this.#outcome(answer, delivery));
    if (this.isIdle) this.#options.idle();
  }

  #outcome(answer: Answer, { remote_state }: RheaDelivery): Error | undefined {
    if (answer === 'accepted') return undefined;
    const { error, undeliverable_here } = remote_state ?? {};
    const reason = () => reasonOf(error, this.#connection.url.secrets);
    if (answer === 'rejected') {
      if (isFull(error, this.#connection.product)) {
        return this.#error(`it could not take the message now (${reason()}): the queue is full or out of order`);
      }
      return new RefusedError(`${this.#place}: it rejected the message (${reason()})`);
    }
    if (answer === 'modified' && undeliverable_here === true) {
      return new RefusedError(`${this.#place}: it says that the message can never be delivered here (modified)`);
    }
    if (answer === 'settled') return this.#error('it settled the message without saying what became of it');
    return this.#error(`it did not take the message (${answer}): see that the address leads to a queue that has room`);
  }

  #giveUpWaiting(): void {
    const { creditTimeoutMs } = this.#options;
    const error = this.#error(
      `it has given no credit for ${creditTimeoutMs} ms: see that the queue has room, or that somebody receives from it`,
    );
    for (const { settle } of this.#waiting.splice(0)) settle(error);
    if (this.isIdle) this.#options.idle();
  }

  /** Nobody knows what became of what was sent: only a new connection makes sure that no answer follows. */
  #giveUpConnection(): void {
    const { answerTimeoutMs } = this.#options;
    this.#connection.destroy(
      this.#error(
        `it has answered for none of ${this.#inFlight.size} messages in ${answerTimeoutMs} ms: see the broker's log`,
      ),
    );
  }

  #fail(error: DeliveryError): void {
    if (this.#isClosed) return;
    this.#end(error);
    // Later: rhea answers a detach first, which must not come after the end of the session.
    setImmediate(() => {
      if (!this.#connection.isClosed) this.#session.close();
    });
    this.#options.idle();
  }

  #end(error: DeliveryError): void {
    this.#isClosed = true;
    this.#forget?.();
    for (const timer of [this.#attach, this.#credit, this.#answer]) timer.stop();
    // What rhea still holds must not be written: it is tried again.
    this.#link.credit = 0;
    const transfers = [...this.#inFlight.values(), ...this.#waiting.splice(0)];
    this.#inFlight.clear();
    for (const { settle } of transfers) settle(error);
  }

  #explained(what: string, error: AmqpCondition | undefined): DeliveryError {
    const reason = reasonOf(error, this.#connection.url.secrets);
    return this.#error(`it closed ${what} (${reason})${remedyFor(error, 'write to')}`);
  }

  get #place(): string {
    return `the address '${this.#address}' at ${this.#connection.url.shown}`;
  }

  #error(text: string): DeliveryError {
    return new DeliveryError(`${this.#place}: ${text}`);
  }
}

/**
 * A rejection is final, but for a queue that is full or out of order. RabbitMQ before 4.3 rejects without an error then,
 * and for no other cause; from 4.3 it gives a reason beside the condition, of which only one is the message's own fault.
 * Other peers have a condition for it (AMQP 1.0, part 2.8.15).
 */
function isFull(error: AmqpCondition | null | undefined, product: string | undefined): boolean {
  if (isNothing(error)) return product === 'RabbitMQ';
  const reason = error.info?.reason;
  if (reason === 'unavailable') return true;
  return error.condition === 'amqp:resource-limit-exceeded' && reason !== 'property-limit-exceeded';
}
