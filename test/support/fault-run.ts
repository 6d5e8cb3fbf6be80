import type { GetMessage } from 'amqplib';
import { expect, onTestFinished, vi } from 'vitest';
import type { Amqp1Options } from '../../src/drivers/amqp1/index.js';
import type { RabbitOptions } from '../../src/drivers/rabbit/index.js';
import {
  createNotifier,
  type DriverHealth,
  type DriverStats,
  type NotificationOptions,
  type Notifier,
  type Receipt,
} from '../../src/index.js';
import { accountOf, expectBalanced } from './accounting.js';
import { AmqpProbe, messageIds, uniqueName } from './amqp-probe.js';
import { RecordingReporter } from './recorded.js';

/** True for the full rounds of the fault tests (`npm run test:faults`). */
export const isFull = process.env.TIDINGS_TEST_FULL === '1';

/** How often a fault is repeated: few rounds with every `npm test`, many in the full version. */
export function rounds(short: number, full: number): number {
  return isFull ? full : short;
}

/** How long anything in a fault may take before the test is given up: nothing is measured by it. */
const PATIENCE_MS = 30_000;

/** What came of a fault. */
export interface FaultReport {
  readonly told: number;
  /** Receipts that say `delivered`. */
  readonly delivered: number;
  /** Not in the queues, those that are excused left out. */
  readonly lost: number;
  /** Messages in the queues beyond the first of each id. */
  readonly duplicated: number;
  readonly retried: number;
  /** How often the account was checked. */
  readonly samples: number;
}

/** Where what was delivered is consumed: the URL of a RabbitMQ, or what gives the message ids. */
export type Consumable = string | (() => Promise<string[]> | string[]);

export interface FaultOptions extends Omit<NotificationOptions, 'drivers'> {
  /** The options of the driver under test: of rabbit or of amqp1. */
  readonly rabbit?: Omit<RabbitOptions, 'name'>;
  readonly amqp1?: Omit<Amqp1Options, 'name'>;
  /** The topic; default: one of its own. */
  readonly topic?: string;
  /** Where it arrives; default: the queue that rabbit declares for the topic. */
  readonly queue?: string;
}

/**
 * A service that tells while a fault happens, through the public API, and what is checked of it: its account balances at
 * random moments from the beginning to the end, and what it was told to be delivered can be consumed.
 */
export class FaultRun {
  readonly notifier: Notifier;
  readonly topic: string;
  /** Where it arrives. */
  readonly queue: string;
  readonly #driver: 'rabbit' | 'amqp1';
  readonly #reporter = new RecordingReporter();
  readonly #receipts: Receipt[] = [];
  readonly #consumed = new Map<string, number>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #samples = 0;
  #isTelling = false;
  #imbalance: unknown;

  constructor({ rabbit, amqp1, topic = uniqueName('topic'), queue, ...options }: FaultOptions) {
    this.topic = topic;
    this.queue = queue ?? `${rabbit?.compat === 'oslo' ? '' : 'tidings.'}${topic}.info`;
    this.#driver = amqp1 === undefined ? 'rabbit' : 'amqp1';
    this.notifier = createNotifier(
      {
        drivers: [
          amqp1 === undefined
            ? { name: 'rabbit', heartbeat: '1s', connectTimeout: '2s', ...rabbit }
            : { name: 'amqp1', heartbeat: '1s', connectTimeout: '2s', ...amqp1 },
        ],
        topics: topic,
        queueMessages: 1_000_000,
        retryMinMs: 10,
        retryMaxMs: 200,
        reporter: this.#reporter,
        ...options,
      },
      {},
    );
    this.#often(5, () => {
      this.#samples += 1;
      expectBalanced(this.notifier);
      return true;
    });
    onTestFinished(async () => {
      this.#stopTimers();
      await this.notifier.close({ timeoutMs: 0 });
    });
  }

  /** What was said to the operator. */
  get said(): string {
    return this.#reporter.lines.join('\n');
  }

  /** How many it has told. */
  get told(): number {
    return this.#receipts.length;
  }

  get account(): DriverStats {
    this.#samples += 1;
    return accountOf(this.notifier, this.#driver);
  }

  get health(): DriverHealth {
    return this.notifier.health().drivers[this.#driver] as DriverHealth;
  }

  /** Tells so many at once; returns their message ids. */
  tell(count: number): string[] {
    const receipts = Array.from({ length: count }, (_, n) =>
      this.notifier.info('fault.told', { n, text: 'x'.repeat(Math.floor(Math.random() * 500)) }),
    );
    this.#receipts.push(...receipts);
    return receipts.map(({ messageId }) => messageId);
  }

  /** Tells a few every few milliseconds, until {@link settle} or {@link end}. */
  keepTelling(): void {
    this.#isTelling = true;
    this.#often(10, () => {
      if (this.#isTelling) this.tell(1 + Math.floor(Math.random() * 8));
      return this.#isTelling;
    });
  }

  /** Resolves when so many more have been told than until now. */
  async tellsMore(count: number): Promise<void> {
    const before = this.#receipts.length;
    await this.until(() => this.#receipts.length >= before + count);
  }

  /** Resolves when so many more are delivered than until now. */
  async deliversMore(count: number): Promise<void> {
    const before = this.account.delivered;
    await this.until(() => this.account.delivered >= before + count);
  }

  async becomes(status: DriverHealth['status']): Promise<void> {
    await this.until(() => this.health.status === status);
  }

  async until(condition: () => boolean | Promise<boolean>): Promise<void> {
    await vi.waitUntil(condition, { timeout: PATIENCE_MS, interval: 5 });
  }

  /** Tells nothing more and waits until everything is delivered. */
  async settle(): Promise<void> {
    this.#isTelling = false;
    const report = await this.notifier.flush({ timeoutMs: PATIENCE_MS });
    expect(report, this.said).toEqual({ drained: true, undelivered: 0 });
  }

  /** Consumes all that has arrived. Returns how many that are. */
  async consume(from: Consumable): Promise<number> {
    const ids = typeof from === 'string' ? await consumeAll(from, this.queue) : await from();
    for (const id of ids) this.#consumed.set(id, (this.#consumed.get(id) ?? 0) + 1);
    return ids.length;
  }

  /**
   * Settles, consumes, and compares: each notification is delivered once or, where `mayRepeat`, more often; none is
   * lost, none is a stranger. `excused`: so many of the first may be missing, since somebody deleted them at the broker.
   */
  async end(from: Consumable, { mayRepeat = true, excused = 0 } = {}) {
    await this.settle();
    await this.consume(from);
    const report = this.#report(excused);
    if (isFull) console.log(`${expect.getState().currentTestName}: ${JSON.stringify(report)}`);
    if (this.#imbalance !== undefined) throw this.#imbalance;
    expect(this.account).toMatchObject({
      accepted: report.told,
      delivered: report.told,
      waiting: 0,
      inFlight: 0,
      dead: 0,
      dropped: {},
    });
    expect(report.delivered).toBe(report.told);
    expect(report.lost, `lost of ${report.told}`).toBe(0);
    if (!mayRepeat) expect(report).toMatchObject({ duplicated: 0, retried: 0 });
    return report;
  }

  #report(excused: number): FaultReport {
    const ids = new Set(this.#receipts.map(({ messageId }) => messageId));
    expect([...this.#consumed.keys()].filter((id) => !ids.has(id))).toEqual([]);
    const delivered = this.#receipts.filter(({ status }) => status === 'delivered');
    const messages = [...this.#consumed.values()].reduce((sum, count) => sum + count, 0);
    return {
      told: this.#receipts.length,
      delivered: delivered.length,
      lost: this.#receipts.slice(excused).filter(({ messageId }) => !this.#consumed.has(messageId)).length,
      duplicated: messages - this.#consumed.size,
      retried: this.account.retried,
      samples: this.#samples,
    };
  }

  /** Does it again and again while it says so, after 0 to `twiceMeanMs` milliseconds each. */
  #often(twiceMeanMs: number, action: () => boolean): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      try {
        if (action()) this.#often(twiceMeanMs, action);
      } catch (error) {
        // Thrown here it would be nobody's; the end of the run throws it.
        this.#imbalance ??= error;
      }
    }, Math.random() * twiceMeanMs);
    this.#timers.add(timer);
  }

  #stopTimers(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}

/** Consumes all that is in a queue; the message ids, in their order. */
export async function consumeAll(url: string, queue: string): Promise<string[]> {
  const probe = await AmqpProbe.open(url);
  try {
    const { messageCount } = await probe.channel.checkQueue(queue);
    return messageIds(await taken(probe, queue, messageCount));
  } finally {
    await probe.close();
  }
}

/** At least so many messages: what comes while they are consumed is taken too, since the broker forgets what it sends. */
async function taken({ channel }: AmqpProbe, queue: string, count: number): Promise<GetMessage[]> {
  const messages: GetMessage[] = [];
  if (count === 0) return messages;
  let consumerTag = '';
  await new Promise<void>((resolve, reject) => {
    const onMessage = (message: unknown) => {
      if (message === null) reject(new Error(`the queue ${queue} was deleted`));
      messages.push(message as GetMessage);
      if (messages.length === count) resolve();
    };
    const consuming = channel.consume(queue, onMessage, { noAck: true });
    consuming.then((consumer) => {
      consumerTag = consumer.consumerTag;
    }, reject);
  });
  await channel.cancel(consumerTag);
  return messages;
}
