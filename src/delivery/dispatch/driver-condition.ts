import type { BackoffOptions } from '../../notification/backoff.js';
import { errorText } from '../../notification/errors.js';
import type { ThrottledReporter } from '../../notification/reporter.js';
import type { Account } from '../accounting.js';
import type { Driver } from '../driver.js';
import { type DriverHealth, HealthRecord } from '../health.js';
import type { PendingEntries } from '../queue/pending-entries.js';
import { DriverLifecycle } from './driver-lifecycle.js';

/** What the condition of a driver depends on beside the driver, and where its changes are told. */
export interface ConditionBooks {
  readonly account: Account;
  readonly entries: PendingEntries;
  readonly reporter: ThrottledReporter;
}

export interface ConditionEvents {
  /** The driver is open: deliver. */
  ready(): void;
  /** Just before it is opened again. */
  reopening(): void;
}

/** How one driver is: whether it is open, its health, and what the operator is told of both. */
export class DriverCondition {
  readonly #name: string;
  readonly #entries: PendingEntries;
  readonly #reporter: ThrottledReporter;
  readonly #lifecycle: DriverLifecycle;
  readonly #health = new HealthRecord();

  constructor(driver: Driver, backoff: BackoffOptions, books: ConditionBooks, events: ConditionEvents) {
    const { name } = driver;
    const { account, entries, reporter } = books;
    this.#name = name;
    this.#entries = entries;
    this.#reporter = reporter;
    const warn = (message: string) => reporter.warn(`${name}:${message}`, () => `${name}: ${message}`);
    this.#lifecycle = new DriverLifecycle(driver, backoff, warn, {
      ready: () => {
        // After a failure only a delivery shows that it works; where none is due, being open must do.
        if (this.#lifecycle.failures === 0 || account.pending === 0) this.works();
        events.ready();
      },
      impeded: (reason) => this.#health.impede(reason),
      lost: (reason) => {
        this.#health.set('down', reason);
        const { waiting } = account;
        reporter.warn(
          `${name}:lost:${reason}`,
          () => `${name}: cannot deliver, trying again (${waiting} waiting): ${reason}`,
        );
      },
      reopening: () => events.reopening(),
    });
  }

  get isReady(): boolean {
    return this.#lifecycle.isReady;
  }

  get isClosed(): boolean {
    return this.#lifecycle.isClosed;
  }

  get health(): DriverHealth {
    return this.#health.current;
  }

  /** Opens the driver if nobody has yet. Call it in the background. */
  start(): void {
    this.#lifecycle.start();
  }

  /** It delivered what it was given. */
  works(): void {
    if (this.#entries.delayed === 0) this.#health.set('up');
    if (this.#lifecycle.failures === 0) return;
    this.#lifecycle.failures = 0;
    this.#reporter.info(`${this.#name}: delivering again`);
  }

  /** It delivers, but for some that have to be tried again. */
  failsSome(reason: string): void {
    if (this.#lifecycle.isReady) this.#health.set('degraded', reason);
    this.#reporter.warn(`${this.#name}:retry:${reason}`, () => `${this.#name}: trying some again: ${reason}`);
  }

  /** It delivers nothing: it is opened again after a while. */
  lost(error: unknown): void {
    this.#lifecycle.lost(error);
  }

  /** Cuts the wait for its next opening short. */
  hurry(): void {
    this.#lifecycle.hurry();
  }

  beginClosing(): void {
    this.#lifecycle.beginClosing();
  }

  /** Closes the driver; one that fails to is told of, never thrown. */
  async close(): Promise<void> {
    try {
      await this.#lifecycle.close();
    } catch (error) {
      this.#reporter.warn(`${this.#name}:close`, () => `${this.#name}: closing failed: ${errorText(error)}`);
    }
  }
}
