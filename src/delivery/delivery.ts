import type { ThrottledReporter } from '../notification/reporter.js';
import type { DriverStats, DropReason } from './accounting.js';
import type { Dispatcher } from './dispatcher.js';
import type { Accepted } from './entry.js';
import { type Held, holdExitFor, releaseExit } from './exit-hold.js';
import type { DriverHealth } from './health.js';

export interface WaitOptions {
  /** How long to wait at most, in milliseconds. */
  readonly timeoutMs?: number;
}

/** How a `flush()` or `close()` ended. */
export interface DrainReport {
  /** True when everything was delivered, or given up and counted, in time. */
  readonly drained: boolean;
  /** How many notifications were still pending, summed over the drivers. After `close()` they are dropped as `closed`. */
  readonly undelivered: number;
}

export const DEFAULT_FLUSH_TIMEOUT_MS = 30_000;
export const DEFAULT_CLOSE_TIMEOUT_MS = 10_000;

/** All drivers of one notifier: hands each notification to each, flushes and closes them together. */
export class Delivery implements Held {
  readonly #dispatchers: readonly Dispatcher[];
  readonly #reporter: ThrottledReporter;
  readonly #exitTimeoutMs: number;
  #closed: Promise<DrainReport> | undefined;
  #exiting = false;

  constructor(dispatchers: readonly Dispatcher[], exitTimeoutMs: number, reporter: ThrottledReporter) {
    this.#dispatchers = dispatchers;
    this.#exitTimeoutMs = exitTimeoutMs;
    this.#reporter = reporter;
    this.driverNames = dispatchers.map((dispatcher) => dispatcher.name);
    if (dispatchers.length > 0) holdExitFor(this);
  }

  readonly driverNames: readonly string[];

  start(): void {
    for (const dispatcher of this.#dispatchers) dispatcher.start();
  }

  /** On the caller's stack: hands over and returns. */
  accept(accepted: Accepted): void {
    for (const dispatcher of this.#dispatchers) dispatcher.accept(accepted);
  }

  reject(accepted: Accepted, reason: DropReason, why: string): void {
    for (const dispatcher of this.#dispatchers) dispatcher.reject(accepted, reason, why);
  }

  stats(): Record<string, DriverStats> {
    return Object.fromEntries(this.#dispatchers.map((dispatcher) => [dispatcher.name, dispatcher.stats()]));
  }

  health(): Record<string, DriverHealth> {
    return Object.fromEntries(this.#dispatchers.map((dispatcher) => [dispatcher.name, dispatcher.health()]));
  }

  /** Waits until what was accepted before the call is delivered or given up. */
  async flush({ timeoutMs = DEFAULT_FLUSH_TIMEOUT_MS }: WaitOptions = {}): Promise<DrainReport> {
    const drained = await this.#drained(timeoutMs);
    return { drained, undelivered: drained ? 0 : this.#pending() };
  }

  /** Accepts nothing more, delivers what it can in the time given, counts the rest as dropped `closed`, closes the drivers. */
  close({ timeoutMs = DEFAULT_CLOSE_TIMEOUT_MS }: WaitOptions = {}): Promise<DrainReport> {
    this.#closed ??= this.#close(timeoutMs);
    return this.#closed;
  }

  async #close(timeoutMs: number): Promise<DrainReport> {
    for (const dispatcher of this.#dispatchers) dispatcher.beginClosing();
    const drained = await this.#drained(timeoutMs);
    const undelivered = this.#abandon('the notifier was closed before it was delivered');
    await Promise.all(this.#dispatchers.map((dispatcher) => dispatcher.closeDriver()));
    releaseExit(this);
    return { drained, undelivered };
  }

  drainBeforeExit(): void {
    if (this.#exiting || this.#pending() === 0) return;
    this.#exiting = true;
    void this.#drained(this.#exitTimeoutMs).then((drained) => {
      this.#exiting = false;
      if (!drained) this.#abandon(`the process ended, and ${this.#exitTimeoutMs} ms (exitTimeoutMs) were not enough`);
    });
  }

  tellUndelivered(): void {
    this.#abandon('the process ended before it was delivered');
  }

  #abandon(why: string): number {
    let undelivered = 0;
    for (const dispatcher of this.#dispatchers) {
      const count = dispatcher.abandon(why);
      undelivered += count;
      if (count > 0) this.#reporter.info(`${dispatcher.name}: ${count} notifications lost: ${why}`);
    }
    return undelivered;
  }

  #pending(): number {
    return this.#dispatchers.reduce((sum, dispatcher) => sum + dispatcher.pending, 0);
  }

  /** True when all was drained in time. The timer holds the process: somebody waits for the answer. */
  async #drained(timeoutMs: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<false>((resolve) => {
      timer = setTimeout(resolve, timeoutMs, false);
    });
    const drained = Promise.all(this.#dispatchers.map((dispatcher) => dispatcher.drained())).then(() => true);
    try {
      return await Promise.race([drained, timeout]);
    } finally {
      clearTimeout(timer);
    }
  }
}
