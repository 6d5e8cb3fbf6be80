import { setTimeout as delay } from 'node:timers/promises';
import { backoffDelay } from '../notification/backoff.js';
import { type DeliveryError, errorText } from '../notification/errors.js';
import type { Amqp1Connection } from '../transport/amqp1/amqp1-connection.js';
import { type Amqp1Delivery, Amqp1Receiver } from '../transport/amqp1/amqp1-receiver.js';
import { Amqp1Sender } from '../transport/amqp1/amqp1-sender.js';
import type { Rhea } from '../transport/amqp1/rhea.js';
import { type Amqp1Message, deadLetter, readMessage } from './amqp1-message.js';
import { type Amqp1Source, type Amqp1SourceSettings, sourcesOf } from './amqp1-options.js';
import type { Fate } from './processor.js';
import type { Session, SessionParts } from './session.js';
import { sharedAbortController } from './shared-abort-controller.js';

/** How long the broker of dead letters may give no credit, and not answer, before that is told, in milliseconds. */
const DEAD_CREDIT_TIMEOUT_MS = 30_000;
const DEAD_ANSWER_TIMEOUT_MS = 60_000;
/** So often a message may have been given to somebody without an answer, whatever the number of retries. */
const LEAST_DELIVERIES = 5;

type Dead = Extract<Fate, { kind: 'dead' }>;

/** Consumes over one AMQP 1.0 connection. What has failed waits here, unsettled, for its next attempt. */
export class Amqp1Session implements Session {
  readonly #rhea: Rhea;
  readonly #connection: Amqp1Connection;
  readonly #parts: SessionParts;
  readonly #stopping = sharedAbortController();
  readonly #over = sharedAbortController();
  readonly #senders = new Map<string, Amqp1Sender>();
  readonly #idle: (() => void)[] = [];
  #receivers: readonly Amqp1Receiver[] = [];
  #cancelled: Promise<void> | undefined;
  #pending = 0;

  private constructor(rhea: Rhea, connection: Amqp1Connection, parts: SessionParts) {
    this.#rhea = rhea;
    this.#connection = connection;
    this.#parts = parts;
  }

  /** `lost` is called once when nothing more will come, not after {@link close}. Rejects with a DeliveryError. */
  static async open(
    rhea: Rhea,
    connection: Amqp1Connection,
    source: Amqp1SourceSettings,
    parts: SessionParts,
    lost: (cause: DeliveryError) => void,
  ): Promise<Amqp1Session> {
    const session = new Amqp1Session(rhea, connection, parts);
    const { topics, exchange, prefetch, connectTimeoutMs, temporary } = parts.settings;
    const sources = sourcesOf(source, topics, parts.priorities, { exchange, vhost: connection.url.vhost });
    session.#receivers = sources.map(
      (each) =>
        new Amqp1Receiver(connection, each.address, {
          prefetch,
          attachTimeoutMs: connectTimeoutMs,
          onlyTopic: temporary,
          received: (delivery) => session.#receive(each, delivery),
          closed: (cause) => session.#lost(cause, lost),
        }),
    );
    await Promise.all(session.#receivers.map(({ attached }) => attached));
    return session;
  }

  get #isOver(): boolean {
    return this.#over.signal.aborted;
  }

  cancel(): Promise<void> {
    this.#cancelled ??= Promise.all(this.#receivers.map((receiver) => receiver.stop())).then(() => undefined);
    this.#stopping.abort();
    return this.#cancelled;
  }

  async idle(): Promise<void> {
    while (this.#pending > 0 && !this.#isOver) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  async close(): Promise<void> {
    this.#end();
    // In order: the broker has the settlements then.
    for (const receiver of this.#receivers) receiver.close();
    for (const sender of this.#senders.values()) sender.close();
    await this.#connection.close();
  }

  #lost(cause: DeliveryError, tell: (cause: DeliveryError) => void): void {
    if (this.#isOver) return;
    const isWanted = this.#stopping.signal.aborted;
    this.#end();
    if (!isWanted) tell(cause);
  }

  #end(): void {
    this.#over.abort();
    this.#stopping.abort();
    for (const wake of this.#idle.splice(0)) wake();
  }

  #receive(source: Amqp1Source, delivery: Amqp1Delivery): void {
    this.#parts.counters.received += 1;
    this.#pending += 1;
    void this.#handle(source, delivery).finally(() => {
      this.#pending -= 1;
      if (this.#pending === 0) for (const wake of this.#idle.splice(0)) wake();
    });
  }

  async #handle(source: Amqp1Source, delivery: Amqp1Delivery): Promise<void> {
    const { counters, reporter } = this.#parts;
    try {
      const message = readMessage(this.#rhea, delivery.encoded, this.#connection.product === 'RabbitMQ');
      const { fate, hasFailed } = await this.#process(source, message);
      if (fate.kind === 'dead') await this.#bury(source, message, delivery, fate);
      else if (fate.kind === 'givenBack' || fate.kind === 'retried') await this.#giveBack(delivery, hasFailed);
      else this.#settle(fate.kind, () => delivery.accept());
    } catch (error) {
      counters.givenBack += 1;
      reporter.warn('unexpected', () => `a message is left to the broker: ${errorText(error)}`);
    }
  }

  /** Tries a message until it is not to be tried again here. */
  async #process(source: Amqp1Source, message: Amqp1Message): Promise<{ fate: Fate; hasFailed: boolean }> {
    const { settings, processor, counters } = this.#parts;
    const { reason, deliveryCount, isRedelivered: redelivered, content, headers } = message;
    if (reason !== undefined) {
      return { fate: { kind: 'dead', cause: 'malformed', attempts: deliveryCount, reason }, hasFailed: false };
    }
    if (deliveryCount >= Math.max(LEAST_DELIVERIES, settings.retryDelaysMs.length + 1)) {
      const told = `given ${deliveryCount} times before and never handled`;
      return { fate: { kind: 'dead', cause: 'failed', attempts: deliveryCount, reason: told }, hasFailed: true };
    }
    let attempts = deliveryCount;
    let handled: readonly string[] = [];
    for (let hasFailed = false; ; hasFailed = true) {
      if (this.#stopping.signal.aborted) return { fate: { kind: 'givenBack' }, hasFailed };
      const fate = await processor.process({
        content,
        headers,
        queue: source.address,
        attempts,
        handled,
        redelivered,
        isSuspect: false,
        suspicions: 0,
        lost: this.#over.signal,
      });
      if (fate.kind !== 'retried') return { fate, hasFailed };
      // As if it came anew for its next attempt.
      counters.retried += 1;
      counters.received += 1;
      ({ attempts, handled } = fate);
      await this.#wait(settings.retryDelaysMs[fate.level - 1] ?? 0);
    }
  }

  /** Resolves when the time is up, or the session ends. */
  async #wait(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }

  /** Not before no more is asked for: the message would come again at once. */
  async #giveBack(delivery: Amqp1Delivery, hasFailed: boolean): Promise<void> {
    await this.#cancelled;
    this.#settle('givenBack', () => (hasFailed ? delivery.fail() : delivery.release()));
  }

  /** What is done is counted so, even where nobody is left to hear of it: given again, it is a duplicate. */
  #settle(kind: 'handled' | 'ignored' | 'duplicates' | 'givenBack', settle: () => void): void {
    if (!this.#isOver) settle();
    this.#parts.counters[kind] += 1;
  }

  /** Puts a message among the dead letters, and only then takes it from its queue. */
  async #bury(source: Amqp1Source, message: Amqp1Message, delivery: Amqp1Delivery, fate: Dead): Promise<void> {
    const { counters, reporter, settings } = this.#parts;
    const { deadAddress, address } = source;
    const { cause, reason } = fate;
    const isThere =
      deadAddress === undefined || (await this.#put(deadAddress, deadLetter(this.#rhea, message, address, fate)));
    if (!isThere) {
      await this.#giveBack(delivery, cause !== 'malformed');
      return;
    }
    // Only where it was sent to: one that is to be rejected is the broker's again with the connection.
    if (this.#isOver && deadAddress === undefined) {
      counters.givenBack += 1;
      return;
    }
    const isRejected = deadAddress === undefined && !settings.temporary;
    if (isRejected) delivery.reject({ condition: `tidings:${cause}`, description: reason });
    else if (!this.#isOver) delivery.accept();
    counters.dead[cause] += 1;
    const became = isRejected ? 'was rejected' : 'is thrown away';
    reporter.warn(`dead:${cause}`, () =>
      deadAddress === undefined
        ? `a message of '${address}' ${became} (${cause}): ${reason}`
        : `a message went to '${deadAddress}' (${cause}): ${reason}`,
    );
  }

  /** Tries until the address has it; false when the session ended before. */
  async #put(address: string, letter: Buffer): Promise<boolean> {
    const { settings, reporter } = this.#parts;
    const { signal } = this.#stopping;
    for (let failures = 0; ; ) {
      const error = await new Promise<Error | undefined>((settle) => this.#senderTo(address).send(letter, settle));
      if (error === undefined) return true;
      if (this.#isOver) return false;
      failures += 1;
      reporter.warn(`aside:${address}`, () => `cannot send a dead letter, it is held: ${errorText(error)}`);
      await this.#wait(backoffDelay(failures, settings.reconnect));
      if (signal.aborted) return false;
    }
  }

  #senderTo(address: string): Amqp1Sender {
    let sender = this.#senders.get(address);
    if (sender === undefined || sender.isClosed) {
      sender = new Amqp1Sender(this.#connection, address, {
        durable: true,
        attachTimeoutMs: this.#parts.settings.connectTimeoutMs,
        creditTimeoutMs: DEAD_CREDIT_TIMEOUT_MS,
        answerTimeoutMs: DEAD_ANSWER_TIMEOUT_MS,
        idle: () => undefined,
      });
      this.#senders.set(address, sender);
    }
    return sender;
  }
}
