import type { ThrottledReporter } from '../notification/reporter.js';
import { waitLimit } from '../notification/wait-limit.js';
import type { DriverStats, DropReason } from './accounting.js';
import type { Abandoned, Dispatcher } from './dispatch/dispatcher.js';
import type { Accepted } from './entry.js';
import { type Held, holdExitFor, releaseExit } from './exit-hold.js';
import type { DriverHealth } from './health.js';
import { type Journal, type JournalStats, NO_JOURNAL, type OpenOperation } from './journal.js';
import type { Recipients } from './recipients.js';

export interface WaitOptions {
  /** How long to wait at most, in milliseconds; `Infinity`: as long as it takes. */
  readonly timeoutMs?: number;
}

/** How a `flush()` or `close()` ended. */
export interface DrainReport {
  /** True when everything was delivered, or given up and counted, in time. */
  readonly drained: boolean;
  /**
   * How many notifications were still pending, summed over the drivers. After `close()` they are dropped as `closed`,
   * but for those that are in the spool.
   */
  readonly undelivered: number;
  /** How many of them `close()` left in the spool for the next process. Absent without a spool. */
  readonly leftInSpool?: number;
}

export const DEFAULT_FLUSH_TIMEOUT_MS = 30_000;
export const DEFAULT_CLOSE_TIMEOUT_MS = 10_000;

/** All drivers of one notifier: hands each notification to those it is for, flushes and closes them together. */
export class Delivery implements Held {
  readonly #dispatchers: readonly Dispatcher[];
  readonly #reporter: ThrottledReporter;
  readonly #exitTimeoutMs: number;
  readonly #journal: Journal;
  readonly #whenClosed: (() => void)[] = [];
  #closed: Promise<DrainReport> | undefined;
  /** How many were left in the spool for the next process. */
  #left = 0;
  #isClosing = false;
  #exiting = false;

  /** The journal is the one that the dispatchers were made with. */
  constructor(
    dispatchers: readonly Dispatcher[],
    exitTimeoutMs: number,
    reporter: ThrottledReporter,
    journal: Journal = NO_JOURNAL,
  ) {
    this.#dispatchers = dispatchers;
    this.#exitTimeoutMs = exitTimeoutMs;
    this.#reporter = reporter;
    this.#journal = journal;
    journal.attach(dispatchers);
    this.everyone = this.recipients(new Set(dispatchers.map(({ name }) => name)));
    if (dispatchers.length > 0) holdExitFor(this);
  }

  /** All drivers. */
  readonly everyone: Recipients;

  /** The drivers of these names, in the order of all; names of none are ignored. */
  recipients(names: ReadonlySet<string>): Recipients {
    const dispatchers = this.#dispatchers.filter(({ name }) => names.has(name));
    return {
      names: dispatchers.map(({ name }) => name),
      dispatchers,
      bits: dispatchers.reduce((bits, dispatcher) => bits | (1 << this.#dispatchers.indexOf(dispatcher)), 0),
    };
  }

  start(): void {
    this.#journal.start();
    for (const dispatcher of this.#dispatchers) dispatcher.start();
  }

  /** On the caller's stack: hands over and returns. */
  accept(accepted: Accepted, { dispatchers, bits }: Recipients): void {
    if (!this.#isClosing) this.#journal.append(accepted, bits);
    for (const dispatcher of dispatchers) dispatcher.accept(accepted);
  }

  /** True while another one of so many bytes fits into the spool, or else into half of each recipient's queue. */
  hasRoom(bytes: number, { dispatchers }: Recipients): boolean {
    return this.#journal.hasRoom(bytes) || dispatchers.every((dispatcher) => dispatcher.hasRoom(bytes));
  }

  reject(accepted: Accepted, { dispatchers }: Recipients, reason: DropReason, why: string): void {
    for (const dispatcher of dispatchers) dispatcher.reject(accepted, reason, why);
  }

  /** Takes back what was accepted on this very stack, by the same recipients. */
  retract(accepted: Accepted, { dispatchers }: Recipients): void {
    for (const dispatcher of dispatchers) dispatcher.retract(accepted);
  }

  /**
   * Remembers in the spool that an operation has begun, whose start was accepted: when this process dies before
   * {@link closeOperation}, the next one tells `errorType` in its place, to `recipients`. Undefined without a spool, and
   * where there are none.
   */
  openOperation(start: Accepted, errorType: string, { names }: Recipients): OpenOperation | undefined {
    return names.length === 0 ? undefined : this.#journal.openOperation(start, errorType, names);
  }

  closeOperation(operation: OpenOperation): void {
    this.#journal.closeOperation(operation);
  }

  stats(): Record<string, DriverStats> {
    return Object.fromEntries(this.#dispatchers.map((dispatcher) => [dispatcher.name, dispatcher.stats()]));
  }

  health(): Record<string, DriverHealth> {
    return Object.fromEntries(this.#dispatchers.map((dispatcher) => [dispatcher.name, dispatcher.health()]));
  }

  spoolStats(): JournalStats | undefined {
    return this.#journal.stats();
  }

  spoolHealth(): DriverHealth | undefined {
    return this.#journal.health();
  }

  /** Waits until what was accepted before the call is delivered or given up. */
  async flush({ timeoutMs = DEFAULT_FLUSH_TIMEOUT_MS }: WaitOptions = {}): Promise<DrainReport> {
    const before = this.#left;
    const isSettled = await this.#drained(waitLimit(timeoutMs, DEFAULT_FLUSH_TIMEOUT_MS));
    // What a `close()` leaves in the spool meanwhile is settled here, and still undelivered.
    const undelivered = this.#left - before + (isSettled ? 0 : this.#pending());
    return { drained: isSettled && undelivered === 0, undelivered };
  }

  /**
   * Accepts nothing more, delivers what it can in the time given, leaves the rest in the spool or counts it as dropped
   * `closed`, closes the drivers.
   */
  close({ timeoutMs = DEFAULT_CLOSE_TIMEOUT_MS }: WaitOptions = {}): Promise<DrainReport> {
    this.#closed ??= this.#close(waitLimit(timeoutMs, DEFAULT_CLOSE_TIMEOUT_MS));
    return this.#closed;
  }

  async #close(timeoutMs: number): Promise<DrainReport> {
    this.#isClosing = true;
    for (const dispatcher of this.#dispatchers) dispatcher.beginClosing();
    const drained = await this.#drained(timeoutMs);
    await this.#journal.flush();
    const { left, lost } = this.#abandon('the notifier was closed before it was delivered');
    await Promise.all([this.#journal.close(), ...this.#dispatchers.map((dispatcher) => dispatcher.closeDriver())]);
    releaseExit(this);
    for (const cleanUp of this.#whenClosed) cleanUp();
    return { drained, undelivered: left + lost, ...(this.#journal.isNone ? {} : { leftInSpool: left }) };
  }

  /** Runs `cleanUp` when this is closed. */
  whenClosed(cleanUp: () => void): void {
    this.#whenClosed.push(cleanUp);
  }

  drainBeforeExit(): void {
    if (this.#exiting || (this.#pending() === 0 && !this.#journal.isDirty)) return;
    this.#exiting = true;
    void this.#drainForExit().finally(() => {
      this.#exiting = false;
    });
  }

  tellUndelivered(): void {
    this.#journal.closeNow();
    this.#abandon('the process ended before it was delivered');
  }

  async #drainForExit(): Promise<void> {
    const drained = await this.#drained(this.#exitTimeoutMs);
    // Also when all is delivered: what is not crossed out on disk would be delivered again.
    await this.#journal.flush();
    if (!drained) this.#abandon(`the process ended, and ${this.#exitTimeoutMs} ms (exitTimeoutMs) were not enough`);
  }

  #abandon(why: string): Abandoned {
    const sum = { left: 0, lost: 0 };
    for (const dispatcher of this.#dispatchers) {
      const { left, lost } = dispatcher.abandon(why);
      sum.left += left;
      sum.lost += lost;
      this.#left += left;
      if (lost > 0) this.#reporter.info(`${dispatcher.name}: ${lost} notifications lost: ${why}`);
      if (left > 0) this.#reporter.info(`${dispatcher.name}: ${left} notifications stay in the spool: ${why}`);
    }
    return sum;
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
    const drained = this.#allDrained().then(() => true);
    try {
      return await Promise.race([drained, timeout]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** What an earlier process left is pending too, as soon as it has been looked at. */
  async #allDrained(): Promise<void> {
    if (!this.#journal.isNone && !this.#isClosing) await this.#journal.started();
    await Promise.all(this.#dispatchers.map((dispatcher) => dispatcher.drained()));
  }
}
