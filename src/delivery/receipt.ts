import { v4 as uuid } from 'uuid';
import { waitLimit } from '../notification/wait-limit.js';
import { afterDefaultTimeout, DEFAULT_TIMEOUT_MS } from './shared-timeout.js';

/**
 * What became of a notification.
 * - `waiting`: not decided yet (only as {@link Receipt.status}; a report says `timeout`).
 * - `delivered`: confirmed by the other end. `durable`: on disk, delivery follows.
 * - `disabled`: turned off by the operator. `noop`: no driver is configured that delivers.
 * - `dropped`, `refused`, `expired`, `closed`: lost, counted, with the reason beside it; `refused` with a spool: a dead
 *   letter in it.
 * - `timeout`: not decided within the time asked for; it is still being delivered.
 */
export type DeliveryStatus =
  | 'delivered'
  | 'durable'
  | 'disabled'
  | 'noop'
  | 'dropped'
  | 'refused'
  | 'expired'
  | 'timeout'
  | 'closed';

/** The fate at one driver. */
export interface DriverReport {
  readonly status: DeliveryStatus;
  /** One line; never a payload and never a secret. */
  readonly reason?: string;
}

/** The fate over all drivers: `delivered` only where every driver delivered, else the worst of them. */
export interface DeliveryReport extends DriverReport {
  readonly drivers: Readonly<Record<string, DriverReport>>;
}

export interface ReceiptWait {
  /** How long to wait before the answer is `timeout`, in milliseconds. Default: 30,000. */
  readonly timeoutMs?: number;
}

/** What `notifyAbout` returns at once. Not a thenable: awaiting it waits for nothing. */
export interface Receipt {
  /** The notification's id; empty when no notification was made (`disabled`, `noop`, `dropped` before it had one). */
  readonly messageId: string;
  /** As of now. */
  readonly status: DeliveryStatus | 'waiting';
  /** Settles when the notification is safe: on disk or confirmed. Never rejects. */
  durable(wait?: ReceiptWait): Promise<DeliveryReport>;
  /** Settles when every driver has delivered or given up. Never rejects. */
  delivered(wait?: ReceiptWait): Promise<DeliveryReport>;
}

/** Where a driver's dispatcher records what became of a notification. */
export interface ReceiptSink {
  /** Records the fate at one driver. */
  settle(driver: string, report: DriverReport): void;
  /** It is on disk. */
  written(): void;
}

/** Who knows what becomes of notifications that are on disk and no longer in memory. */
export interface ReceiptHome {
  /** From now on `receipt` is settled for these drivers, also for what has already happened. */
  watch(receipt: ReceiptSink, sequence: number, drivers: readonly string[]): void;
}

/** From the worst to the best: the status of several drivers together is the first of these that occurs. */
const WORST_FIRST: readonly DeliveryStatus[] = [
  'refused',
  'dropped',
  'expired',
  'closed',
  'timeout',
  'durable',
  'delivered',
];

/** A receipt whose end is known when it is made. */
export class SettledReceipt implements Receipt {
  readonly messageId: string;
  readonly status: DeliveryStatus;
  readonly #report: DeliveryReport;

  constructor(status: DeliveryStatus, reason?: string, messageId = '') {
    this.messageId = messageId;
    this.status = status;
    this.#report = Object.freeze({ status, ...(reason === undefined ? {} : { reason }), drivers: Object.freeze({}) });
  }

  durable(): Promise<DeliveryReport> {
    return Promise.resolve(this.#report);
  }

  delivered(): Promise<DeliveryReport> {
    return Promise.resolve(this.#report);
  }
}

/** The receipt of a notification that went to one queue per driver. */
export class PendingReceipt implements Receipt, ReceiptSink {
  readonly #drivers: readonly string[];
  #messageId: string | undefined = undefined;
  #settled = 0;
  // Made when first needed: most receipts are never looked at, and nearly all have one driver.
  #reports: Map<string, DriverReport> | undefined = undefined;
  #waiters: Waiter[] | undefined = undefined;
  #durableWaiters: Waiter[] | undefined = undefined;
  #isWritten = false;
  /** Set while nobody keeps this receipt but the caller: asks to be told of its fate, which nobody else would. */
  #watch: (() => void) | undefined = undefined;

  /** `drivers`: the names of the drivers that will call {@link settle}, each once. */
  constructor(drivers: readonly string[]) {
    this.#drivers = drivers;
  }

  /** A UUID v4, made when it is first asked for: in the background, for most notifications. */
  get messageId(): string {
    this.#messageId ??= uuid();
    return this.#messageId;
  }

  get status(): DeliveryStatus | 'waiting' {
    this.#watchAgain();
    if (this.#isSettled) return this.#report('timeout').status;
    return this.#isWritten ? 'durable' : 'waiting';
  }

  get #isSettled(): boolean {
    return this.#settled === this.#drivers.length;
  }

  durable(wait?: ReceiptWait): Promise<DeliveryReport> {
    if (this.#isSettled || this.#isWritten) return Promise.resolve(this.#report('durable'));
    this.onDurableAsked();
    this.#durableWaiters ??= [];
    return this.#settledWithin(wait, this.#durableWaiters, true);
  }

  delivered(wait?: ReceiptWait): Promise<DeliveryReport> {
    this.#watchAgain();
    if (this.#isSettled) return Promise.resolve(this.#report('timeout'));
    this.#waiters ??= [];
    return this.#settledWithin(wait, this.#waiters, false);
  }

  #watchAgain(): void {
    const watch = this.#watch;
    this.#watch = undefined;
    watch?.();
  }

  #settledWithin(wait: ReceiptWait | undefined, waiters: Waiter[], isForDurable: boolean): Promise<DeliveryReport> {
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        resolve(this.#report(isForDurable && this.#isWritten ? 'durable' : 'timeout'));
      };
      const giveUp = () => {
        waiters.splice(waiters.indexOf(done), 1);
        done();
      };
      const cancel = wait?.timeoutMs === undefined ? afterDefaultTimeout(giveUp) : after(wait.timeoutMs, giveUp);
      waiters.push(done);
    });
  }

  /** Records the fate at one driver. */
  settle(driver: string, report: DriverReport): void {
    this.#settled += 1;
    if (report !== DELIVERED || this.#drivers.length > 1) {
      this.#reports ??= new Map();
      this.#reports.set(driver, report);
    }
    if (!this.#isSettled) return;
    this.onSettled();
    this.#wake(this.#waiters);
    this.#wake(this.#durableWaiters);
  }

  written(): void {
    this.#isWritten = true;
    this.#wake(this.#durableWaiters);
  }

  /**
   * Nobody keeps this receipt any longer but the caller, if at all. Whoever waits for its end is told by `home`, and so
   * is who asks later.
   */
  protected leaveTo(home: ReceiptHome, sequence: number, drivers: readonly string[]): void {
    this.#watch = () => home.watch(this, sequence, drivers);
    if (this.#waiters !== undefined && this.#waiters.length > 0) this.#watchAgain();
  }

  #wake(waiters: Waiter[] | undefined): void {
    if (waiters !== undefined) for (const waiter of waiters.splice(0)) waiter();
  }

  /** Called when every driver has settled. */
  protected onSettled(): void {}

  /** Called when somebody waits until it is on disk. */
  protected onDurableAsked(): void {}

  #report(undecided: DeliveryStatus): DeliveryReport {
    if (this.#reports === undefined) return sameReport(this.#drivers, this.#isSettled ? 'delivered' : undecided);
    const drivers: Record<string, DriverReport> = {};
    for (const name of this.#drivers) {
      drivers[name] = this.#reports.get(name) ?? (this.#isSettled ? DELIVERED : { status: undecided });
    }
    const reports = Object.values(drivers);
    const worst = WORST_FIRST.find((status) => reports.some((report) => report.status === status)) ?? 'delivered';
    const reason = reports.find((report) => report.status === worst)?.reason;
    return { status: worst, ...(reason === undefined ? {} : { reason }), drivers };
  }
}

type Waiter = () => void;

/** Unref'd: a process that has nothing else to do is held by the exit hold, which settles every receipt. */
function after(timeoutMs: number, onTimeout: () => void): () => void {
  const timer = setTimeout(onTimeout, waitLimit(timeoutMs, DEFAULT_TIMEOUT_MS));
  timer.unref();
  return () => clearTimeout(timer);
}

/** The last report of {@link sameReport}: nearly all are the same one. */
let lastDrivers: readonly string[] | undefined;
let lastReport: DeliveryReport = Object.freeze({ status: 'delivered', drivers: Object.freeze({}) });

/** All drivers say the same, without a reason. */
function sameReport(drivers: readonly string[], status: DeliveryStatus): DeliveryReport {
  if (lastDrivers !== drivers || lastReport.status !== status) {
    const reports = Object.fromEntries(drivers.map((name) => [name, Object.freeze({ status })]));
    lastReport = Object.freeze({
      status: drivers.length === 0 ? 'delivered' : status,
      drivers: Object.freeze(reports),
    });
    lastDrivers = drivers;
  }
  return lastReport;
}

/** The report of a success; a receipt with one driver stores only what differs from it. */
export const DELIVERED: DriverReport = Object.freeze({ status: 'delivered' });
