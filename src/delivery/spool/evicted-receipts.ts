import { DELIVERED, type DriverReport, type ReceiptHome, type ReceiptSink } from '../receipt.js';

/** Failures that nobody has asked for are remembered for so many notifications. */
const MAX_REMEMBERED = 10_000;

const UNKNOWN: DriverReport = Object.freeze({
  status: 'durable',
  reason: 'it was written to the spool; what became of it since is not known any more',
});

interface Watched {
  readonly receipt: ReceiptSink;
  readonly drivers: Set<string>;
}

/**
 * The receipts of notifications that are on disk only. None is kept but those that somebody waits for: a million
 * notifications on disk take no memory. A caller that asks later is answered from what is remembered: what is no longer
 * pending and not among the failures was delivered.
 */
export class EvictedReceipts implements ReceiptHome {
  readonly #isPending: (sequence: number, driver: string) => boolean;
  readonly #watched = new Map<number, Watched>();
  readonly #failures = new Map<number, Map<string, DriverReport>>();
  #hasForgotten = false;

  constructor(isPending: (sequence: number, driver: string) => boolean) {
    this.#isPending = isPending;
  }

  watch(receipt: ReceiptSink, sequence: number, drivers: readonly string[]): void {
    const waiting = new Set<string>();
    for (const driver of drivers) {
      const report = this.#failures.get(sequence)?.get(driver);
      if (report !== undefined) receipt.settle(driver, report);
      else if (this.#isPending(sequence, driver)) waiting.add(driver);
      else receipt.settle(driver, this.#hasForgotten ? UNKNOWN : DELIVERED);
    }
    if (waiting.size > 0) this.#watched.set(sequence, { receipt, drivers: waiting });
  }

  /** Records the fate at one driver. */
  settle(sequence: number, driver: string, report: DriverReport): void {
    const watched = this.#watched.get(sequence);
    if (watched?.drivers.delete(driver)) {
      if (watched.drivers.size === 0) this.#watched.delete(sequence);
      watched.receipt.settle(driver, report);
    } else if (report !== DELIVERED) this.#remember(sequence, driver, report);
  }

  /** The receipt of a notification on disk. */
  receiptOf(sequence: number): ReceiptSink {
    return { settle: (driver, report) => this.settle(sequence, driver, report), written() {} };
  }

  #remember(sequence: number, driver: string, report: DriverReport): void {
    let failures = this.#failures.get(sequence);
    if (failures === undefined) {
      if (this.#failures.size >= MAX_REMEMBERED) {
        this.#hasForgotten = true;
        return;
      }
      failures = new Map();
      this.#failures.set(sequence, failures);
    }
    failures.set(driver, report);
  }
}
