import { expect, onTestFinished, vi } from 'vitest';
import {
  createNotifier,
  type DriverHealth,
  type DriverStats,
  type NamedDriver,
  type NotificationOptions,
  type Notifier,
  type Receipt,
} from '../../src/index.js';
import { accountOf, expectBalanced } from './accounting.js';
import { RecordingReporter } from './recorded.js';

/** How long anything in a fault may take before the test is given up: nothing is measured by it. */
const PATIENCE_MS = 25_000;

/**
 * A service that tells while a fault happens to the HTTP server at the other end of one driver, and what is checked of
 * it: its account balances at random moments, and in the end the server has everything that was told.
 */
export class HttpFaultRun {
  readonly notifier: Notifier;
  readonly #name: string;
  /** The message ids that the other end has taken, as often as it has. */
  readonly #taken: () => readonly string[];
  readonly #reporter = new RecordingReporter();
  readonly #receipts: Receipt[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  #isTelling = false;
  #imbalance: unknown;

  constructor(driver: NamedDriver, taken: () => readonly string[], options: NotificationOptions = {}) {
    this.#name = driver.name ?? driver.driver;
    this.#taken = taken;
    const more = { retryMinMs: 5, retryMaxMs: 100, queueMessages: 1_000_000, reporter: this.#reporter, ...options };
    this.notifier = createNotifier({ drivers: [driver], ...more }, {});
    this.#often(() => {
      try {
        expectBalanced(this.notifier);
      } catch (error) {
        this.#imbalance ??= error;
      }
    });
    this.#often(() => {
      if (this.#isTelling) this.tell(1 + Math.floor(Math.random() * 5));
    });
    onTestFinished(async () => {
      for (const timer of this.#timers) clearInterval(timer);
      await this.notifier.close({ timeoutMs: 0 });
    });
  }

  /** What was said to the operator. */
  get said(): string {
    return this.#reporter.lines.join('\n');
  }

  get told(): number {
    return this.#receipts.length;
  }

  get account(): DriverStats {
    return accountOf(this.notifier, this.#name);
  }

  get health(): DriverHealth {
    return this.notifier.health().drivers[this.#name] as DriverHealth;
  }

  tell(count: number): void {
    for (let each = 0; each < count; each += 1) {
      this.#receipts.push(this.notifier.info('fault.told', { text: 'x'.repeat(Math.floor(Math.random() * 3_000)) }));
    }
  }

  keepTelling(): void {
    this.#isTelling = true;
  }

  async tellsMore(count: number): Promise<void> {
    const before = this.told;
    await this.until(() => this.told >= before + count);
  }

  async deliversMore(count: number): Promise<void> {
    const before = this.account.delivered;
    await this.until(() => this.account.delivered >= before + count);
  }

  async becomes(status: DriverHealth['status']): Promise<void> {
    await this.until(() => this.health.status === status);
  }

  async until(condition: () => boolean): Promise<void> {
    await vi.waitUntil(condition, { timeout: PATIENCE_MS, interval: 3 });
  }

  /** Tells nothing more, waits until all is delivered, and compares with what the other end has taken. */
  async end({ mayRepeat = true } = {}): Promise<DriverStats> {
    this.#isTelling = false;
    const report = await this.notifier.flush({ timeoutMs: PATIENCE_MS });
    expect(report, this.said).toEqual({ drained: true, undelivered: 0 });
    if (this.#imbalance !== undefined) throw this.#imbalance;
    const taken = this.#taken();
    const ids = new Set(taken);
    expect(this.#receipts.filter(({ messageId }) => !ids.has(messageId)).length, 'lost').toBe(0);
    expect(this.#receipts.every(({ status }) => status === 'delivered')).toBe(true);
    expect(ids.size, 'strangers').toBe(this.told);
    if (!mayRepeat) expect(taken).toHaveLength(this.told);
    const { account } = this;
    expect(account).toMatchObject({ accepted: this.told, delivered: this.told, waiting: 0, inFlight: 0, dropped: {} });
    return account;
  }

  #often(action: () => void): void {
    this.#timers.add(setInterval(action, 4));
  }
}
