import { setTimeout as delay } from 'node:timers/promises';
import type { Channel, ConsumeMessage, Options } from 'amqplib';
import { backoffDelay } from '../notification/backoff.js';
import { DeliveryError, errorText } from '../notification/errors.js';
import type { AmqpConnection } from '../transport/amqp/amqp-connection.js';
import {
  ATTEMPTS,
  bareProperties,
  countOf,
  HELD_UNTIL,
  handledOf,
  headersFor,
  propertiesFor,
  SUSPICIONS,
} from './message-headers.js';
import { Outbox, UnwritableError } from './outbox.js';
import type { Fate, Incoming } from './processor.js';
import { deadQueue, Queues, retryQueue, type SourceQueue } from './queues.js';
import type { Session, SessionParts } from './session.js';
import { sharedAbortController } from './shared-abort-controller.js';

/** A broker that does not answer must not keep anybody from stopping, in milliseconds. */
const ANSWER_TIMEOUT_MS = 2_000;

/** Consumes over one connection. Over for good when that is lost. */
export class RabbitSession implements Session {
  readonly #connection: AmqpConnection;
  readonly #parts: SessionParts;
  readonly #channel: Channel;
  readonly #outbox: Outbox;
  readonly #queues: Queues;
  readonly #stopping = sharedAbortController();
  readonly #over = sharedAbortController();
  readonly #tags: string[] = [];
  readonly #listened = new Set<string>();
  readonly #idle: (() => void)[] = [];
  #cancelled: Promise<void> | undefined;
  #pending = 0;

  private constructor(connection: AmqpConnection, channel: Channel, outbox: Outbox, parts: SessionParts) {
    this.#connection = connection;
    this.#channel = channel;
    this.#outbox = outbox;
    this.#parts = parts;
    this.#queues = new Queues(connection, parts.settings, (message) => parts.reporter.warn(message, () => message));
  }

  /** `lost` is called once when nothing more will come, not after {@link close}. Rejects with a DeliveryError. */
  static async open(
    connection: AmqpConnection,
    parts: SessionParts,
    lost: (cause: DeliveryError) => void,
  ): Promise<RabbitSession> {
    let session: RabbitSession | undefined;
    try {
      const channel = await connection.openChannel();
      let cause: unknown;
      channel.on('error', (error) => {
        cause ??= error;
      });
      // A session that cannot put anything aside is none: it is opened anew.
      const outbox = await Outbox.open(connection, () => void connection.close());
      session = new RabbitSession(connection, channel, outbox, parts);
      const { isOver } = session.#watch(channel, lost, () => cause);
      await Promise.race([session.#consume(), isOver]);
      return session;
    } catch (error) {
      throw connection.explain(error);
    }
  }

  get #isOver(): boolean {
    return this.#over.signal.aborted;
  }

  cancel(): Promise<void> {
    this.#cancelled ??= inTime(() => Promise.all(this.#tags.map((tag) => this.#channel.cancel(tag))));
    this.#stopping.abort();
    return this.#cancelled;
  }

  async idle(): Promise<void> {
    while (this.#pending > 0 && !this.#isOver) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    // In order: the broker has the acknowledgements then.
    if (!this.#isOver) await inTime(() => this.#channel.close());
    await this.#connection.close();
  }

  #watch(channel: Channel, lost: (cause: DeliveryError) => void, cause: () => unknown) {
    const isOver = new Promise<never>((_, reject) => {
      channel.on('close', () => {
        this.#over.abort();
        const isWanted = this.#stopping.signal.aborted;
        this.#stopping.abort();
        this.#wakeIdle();
        // A connection tells its cause just after it has closed its channels.
        queueMicrotask(() => {
          const error = this.#connection.explain(cause() ?? this.#connection.cause ?? new Error('Channel closed'));
          reject(error);
          if (!isWanted) lost(error);
        });
      });
    });
    isOver.catch(() => undefined);
    return { isOver };
  }

  async #consume(): Promise<void> {
    const { settings, priorities } = this.#parts;
    const { prefetch, concurrency } = settings;
    const sources = await this.#queues.prepare(priorities, this.#channel);
    // Before the first of them gives anything.
    for (const { name } of sources) this.#listened.add(name);
    for (const source of sources) {
      // A queue for retries hands out in the order of the times: a few of them are enough.
      await this.#channel.prefetch(source.level === 0 ? prefetch : Math.min(prefetch, concurrency));
      const { consumerTag } = await this.#channel.consume(source.name, (message) => this.#receive(source, message));
      this.#tags.push(consumerTag);
    }
  }

  #receive(source: SourceQueue, message: ConsumeMessage | null): void {
    if (message === null) {
      this.#parts.reporter.warn(
        `cancelled:${source.name}`,
        () => `the queue '${source.name}' was deleted: it is declared again`,
      );
      void this.#connection.close().catch(() => undefined);
      return;
    }
    this.#parts.counters.received += 1;
    this.#pending += 1;
    void this.#handle(source, message).finally(() => {
      this.#pending -= 1;
      if (this.#pending === 0) this.#wakeIdle();
    });
  }

  async #handle(source: SourceQueue, message: ConsumeMessage): Promise<void> {
    const { processor, counters, reporter } = this.#parts;
    try {
      const wait = source.level === 0 ? 0 : this.#waitOf(source.level, message);
      const isStopping = this.#stopping.signal.aborted || (wait > 0 && !(await this.#isOverWait(wait)));
      if (isStopping) {
        await this.#giveBack(message);
        return;
      }
      const fate = await processor.process(this.#incoming(source, message, wait > 0));
      if (fate.kind === 'retried' || fate.kind === 'dead') await this.#putAside(source, message, fate);
      else if (fate.kind === 'givenBack') await this.#giveBack(message);
      else this.#settle(message, fate.kind);
    } catch (error) {
      counters.givenBack += 1;
      reporter.warn('unexpected', () => `a message is left to the broker: ${errorText(error)}`);
    }
  }

  #incoming(source: SourceQueue, { content, properties, fields }: ConsumeMessage, hasWaited: boolean): Incoming {
    const { settings, isFirst } = this.#parts;
    const headers: Record<string, unknown> = properties.headers ?? {};
    // What an operator moved back from the dead letters begins anew.
    const counts = source.level === 0 ? {} : headers;
    // Quorum queues count. From RabbitMQ 4.3 on, what was given back is counted by the second alone.
    const { 'x-delivery-count': count, 'x-acquired-count': acquired } = headers;
    const isCounted = typeof count === 'number' || typeof acquired === 'number';
    const limit = Math.max(5, settings.retryDelaysMs.length + 1);
    const isExhausted = typeof count === 'number' && count >= limit;
    // Other queues only say that somebody had it. That his process has ended is known on a first connection only; it
    // is heeded where no order has to be kept, and not for what was waiting for its time.
    const mayBeSuspect = isFirst && !hasWaited && settings.concurrency > 1 && settings.retryDelaysMs.length > 0;
    return {
      content,
      headers,
      queue: source.origin,
      attempts: countOf(counts, ATTEMPTS),
      handled: handledOf(counts),
      redelivered: fields.redelivered,
      isSuspect: fields.redelivered && mayBeSuspect && !settings.temporary && !isCounted,
      suspicions: countOf(counts, SUSPICIONS),
      lost: this.#over.signal,
      ...(isExhausted && { exhausted: `given ${count} times and never answered for` }),
    };
  }

  /** How long until the next attempt is due, in milliseconds. */
  #waitOf(level: number, { properties }: ConsumeMessage): number {
    const { retryDelaysMs } = this.#parts.settings;
    const until = Number(properties.headers?.[HELD_UNTIL]);
    // Never longer than it can be, whatever the clock of the one who wrote it.
    const longest = retryDelaysMs[Math.min(level, retryDelaysMs.length) - 1] ?? 0;
    const wait = Math.min(longest, until - Date.now());
    return wait > 0 ? wait : 0;
  }

  /** False when the session ended before. */
  #isOverWait(wait: number): Promise<boolean> {
    return delay(wait, true, { signal: this.#stopping.signal }).catch(() => false);
  }

  /** Not before the consumers are gone: the message would come again at once. */
  async #giveBack(message: ConsumeMessage): Promise<void> {
    await this.#cancelled;
    this.#settle(message, 'givenBack');
  }

  /** What is done is counted so, even where nobody is left to hear of it: given again, it is a duplicate. */
  #settle(message: ConsumeMessage, kind: 'handled' | 'ignored' | 'duplicates' | 'givenBack' | 'retried'): void {
    this.#answer(message, kind === 'givenBack');
    this.#parts.counters[kind] += 1;
  }

  #answer(message: ConsumeMessage, isGivenBack: boolean): void {
    if (this.#isOver) return;
    if (isGivenBack) this.#channel.nack(message, false, true);
    else this.#channel.ack(message);
  }

  /** Puts a message among the retries or the dead letters, and only then takes it from its queue. */
  async #putAside(
    source: SourceQueue,
    message: ConsumeMessage,
    fate: Extract<Fate, { reason: string }>,
  ): Promise<void> {
    const { settings, counters, reporter } = this.#parts;
    const isRetry = fate.kind === 'retried';
    const queue = isRetry ? retryQueue(source.origin, fate.level) : deadQueue(source.origin);
    if (!settings.temporary) {
      const until = isRetry ? Date.now() + (settings.retryDelaysMs[fate.level - 1] ?? 0) : undefined;
      const properties = propertiesFor(message, headersFor(source.origin, message, fate, until));
      if (!(await this.#put(queue, isRetry, message, properties))) {
        await this.#giveBack(message);
        return;
      }
    }
    if (isRetry) {
      this.#settle(message, 'retried');
      return;
    }
    this.#answer(message, false);
    counters.dead[fate.cause] += 1;
    reporter.warn(`dead:${fate.cause}`, () =>
      settings.temporary
        ? `a message is thrown away (${fate.cause}): ${fate.reason}`
        : `a message went to '${queue}' (${fate.cause}): ${fate.reason}`,
    );
  }

  /** Tries until the queue has it; false when the session ended before. */
  async #put(queue: string, isRetry: boolean, { content }: ConsumeMessage, options: Options.Publish): Promise<boolean> {
    const { settings, reporter } = this.#parts;
    const { signal } = this.#stopping;
    for (let [failures, written] = [0, options]; ; ) {
      try {
        if (isRetry && !this.#listened.has(queue)) await this.#beginAnew(queue);
        await this.#outbox.put(queue, content, written);
        return true;
      } catch (error) {
        if (this.#isOver) return false;
        if (error instanceof UnwritableError && written === options) {
          written = bareProperties(options);
          reporter.warn(
            'bare',
            () =>
              `a message goes to '${queue}' without the sender's headers, which cannot be written: ${errorText(error)}`,
          );
          continue;
        }
        failures += 1;
        const wait = backoffDelay(failures, settings.reconnect);
        reporter.warn(`aside:${queue}`, () => `cannot put a message into '${queue}', it is held: ${errorText(error)}`);
        if (signal.aborted || !(await delay(wait, true, { signal }).catch(() => false))) return false;
        await this.#queues.declareAside(queue).catch(() => undefined);
      }
    }
  }

  /** A queue for retries that was not there when the session began, and may be now: nobody would take from it. */
  async #beginAnew(queue: string): Promise<never> {
    if (await this.#queues.declareAside(queue)) void this.#connection.close().catch(() => undefined);
    throw new DeliveryError(`there is no queue '${queue}'`);
  }

  #wakeIdle(): void {
    for (const wake of this.#idle.splice(0)) wake();
  }
}

/** Resolves when the broker has answered, failed to, or had its time. */
async function inTime(ask: () => Promise<unknown>): Promise<void> {
  const timer = new AbortController();
  const timeUp = delay(ANSWER_TIMEOUT_MS, undefined, { signal: timer.signal }).catch(() => undefined);
  // amqplib throws at once where a channel is closed.
  const answer = (async () => ask())();
  await Promise.race([answer, timeUp]).catch(() => undefined);
  timer.abort();
}
