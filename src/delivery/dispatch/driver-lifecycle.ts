import { type BackoffOptions, backoffDelay } from '../../notification/backoff.js';
import { runInBackground } from '../../notification/context-store.js';
import { DeliveryError, errorText } from '../../notification/errors.js';
import type { Driver, DriverHost } from '../driver.js';
import { askedDelay } from './outcome.js';

/** While closing, no wait between attempts is longer than this, in milliseconds. */
export const CLOSING_BACKOFF: BackoffOptions = { minMs: 100, maxMs: 500 };

/** A driver that has not closed after this long is left alone, in milliseconds. */
const CLOSE_TIMEOUT_MS = 5_000;

/** How many lives an instance leads: one given to two notifiers is closed with the last of them. */
const users = new WeakMap<Driver, number>();

export interface LifecycleEvents {
  /** The driver is open: deliver. `failures`: how often in a row it could not before. */
  ready(): void;
  /** The driver cannot deliver; it is opened again after a while. */
  lost(reason: string): void;
  /** Just before it is opened again. */
  reopening(): void;
  /** Something is in the driver's way; undefined: no longer. */
  impeded(reason: string | undefined): void;
}

/**
 * Owns the life of one driver, so that drivers stay small: opens it once, again after a failure and with backoff, and
 * closes it once.
 */
export class DriverLifecycle {
  readonly #driver: Driver;
  readonly #host: DriverHost;
  readonly #events: LifecycleEvents;
  #backoff: BackoffOptions;
  #state: 'new' | 'opening' | 'ready' | 'waiting' | 'closed' = 'new';
  #timer: NodeJS.Timeout | undefined;
  /** The other end asked not to be tried before this moment of the monotonic clock. */
  #heldUntil = 0;
  /** Failures to open or to deliver since it last worked. */
  failures = 0;

  constructor(driver: Driver, backoff: BackoffOptions, warn: (message: string) => void, events: LifecycleEvents) {
    this.#driver = driver;
    users.set(driver, (users.get(driver) ?? 0) + 1);
    this.#backoff = backoff;
    this.#events = events;
    this.#host = {
      warn,
      unavailable: (error) => this.lost(error),
      degraded: (reason) => events.impeded(reason),
    };
  }

  get isReady(): boolean {
    return this.#state === 'ready';
  }

  get isClosed(): boolean {
    return this.#state === 'closed';
  }

  /** Opens the driver if nobody has yet. Call it in the background. */
  start(): void {
    if (this.#state === 'new') this.#open();
  }

  /**
   * The driver worked or reported that it cannot: wait, then open it again. While it waits already, only for longer, where
   * the other end asks for it.
   */
  lost(error: unknown): void {
    const asked = askedDelay(error);
    if (this.#state === 'ready') this.#failed(error);
    else if (this.#state === 'waiting' && asked > 0 && performance.now() + asked > this.#heldUntil) this.#wait(error);
  }

  /** Does not wait for the next attempt any longer, unless the other end asked to. */
  hurry(): void {
    if (this.#state !== 'waiting') return;
    const rest = this.#heldUntil - performance.now();
    if (rest > 0) {
      this.#reopenIn(rest);
      return;
    }
    clearTimeout(this.#timer);
    setImmediate(this.#reopen);
  }

  /** From now on no wait is long: there is little time left. */
  beginClosing(): void {
    this.#backoff = CLOSING_BACKOFF;
    this.hurry();
  }

  /** Closes the driver, once; rejects with what the driver says, or when it takes too long. */
  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    clearTimeout(this.#timer);
    const otherUsers = (users.get(this.#driver) ?? 1) - 1;
    users.set(this.#driver, otherUsers);
    if (otherUsers > 0) return;
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new DeliveryError(`no end after ${CLOSE_TIMEOUT_MS} ms`)), CLOSE_TIMEOUT_MS);
    });
    try {
      await Promise.race([runInBackground(async () => this.#driver.close?.()), tooLong]);
    } finally {
      clearTimeout(timer);
    }
  }

  #open(): void {
    this.#state = 'opening';
    // An async function, so that a driver that throws at once is one that rejects.
    const opened = (async () => this.#driver.open?.(this.#host))();
    opened.then(
      () => {
        if (this.#state !== 'opening') return;
        this.#state = 'ready';
        this.#events.ready();
      },
      (error) => {
        if (this.#state === 'opening') this.#failed(error);
      },
    );
  }

  #failed(error: unknown): void {
    this.#state = 'waiting';
    this.failures += 1;
    this.#events.lost(errorText(error));
    this.#wait(error);
  }

  #wait(error: unknown): void {
    const asked = askedDelay(error);
    this.#heldUntil = asked === 0 ? 0 : performance.now() + asked;
    this.#reopenIn(asked + backoffDelay(this.failures, this.#backoff));
  }

  #reopenIn(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#reopen, milliseconds);
    this.#timer.unref();
  }

  readonly #reopen = () => {
    if (this.#state !== 'waiting') return;
    runInBackground(() => {
      this.#events.reopening();
      this.#open();
    });
  };
}
