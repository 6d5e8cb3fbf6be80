import type { DriverStats } from '../delivery/accounting.js';
import type { JournalStats } from '../delivery/journal.js';

/**
 * Why a notification was given up before any driver had it. `invalid`: its payload breaks the rules of its catalog, and
 * `validation` is `throw`.
 */
export type EarlyDropReason = 'misconfigured' | 'invalid_event_type' | 'invalid' | 'internal_error';

/** The account of a notifier. */
export interface NotifierStats {
  /** Turned off by the operator; nothing was built. */
  readonly disabled: number;
  /** Told while no driver that delivers is configured. */
  readonly noop: number;
  /** Told while routes are set that give it to no driver that delivers; nothing was built. */
  readonly unrouted: number;
  /** Told by tidings' own delivering, which tells nothing. */
  readonly suppressed: number;
  /** Errors that a decorator did not tell again, since `notifyAbout.error` had. */
  readonly alreadyTold: number;
  /** Payload functions that threw: the notification went out with `{}`. */
  readonly payloadErrors: number;
  /** Payloads that were sent though they break the rules of their catalog (`validation: 'warn'`). */
  readonly invalid: number;
  /** Lost before any driver had it. `internal_error`: a fault of tidings itself, which is told on standard error. */
  readonly dropped: Readonly<Partial<Record<EarlyDropReason, number>>>;
  readonly drivers: Readonly<Record<string, DriverStats>>;
  /** What the spool holds beside these accounts. Absent without a spool. */
  readonly spool?: JournalStats;
}

/** What a notifier does with what it is told; an error: its settings are wrong, it drops everything. */
export type NotifierMode = 'delivers' | 'noop' | Error;

/** What is counted before any driver is asked; a notifier and its children share one. */
export class Counters {
  /** Calls of which nothing was told; for what reason follows from the notifier's mode. */
  skipped = 0;
  disabled = 0;
  noop = 0;
  readonly unrouted = { skipped: 0 };
  suppressed = 0;
  alreadyTold = 0;
  payloadErrors = 0;
  /** True while a payload is read: a getter or a payload function that notifies would tell of its own telling. */
  building = false;
  readonly #dropped: Partial<Record<EarlyDropReason, number>> = {};

  drop(reason: EarlyDropReason): void {
    this.#dropped[reason] = (this.#dropped[reason] ?? 0) + 1;
  }

  stats(mode: NotifierMode): Omit<NotifierStats, 'invalid' | 'drivers' | 'spool'> {
    const { skipped, disabled, noop, unrouted, suppressed, alreadyTold, payloadErrors } = this;
    const misconfigured = (this.#dropped.misconfigured ?? 0) + (mode instanceof Error ? skipped : 0);
    return {
      disabled: disabled + (mode === 'delivers' ? skipped : 0),
      noop: noop + (mode === 'noop' ? skipped : 0),
      unrouted: unrouted.skipped,
      suppressed,
      alreadyTold,
      payloadErrors,
      dropped: { ...this.#dropped, ...(misconfigured > 0 && { misconfigured }) },
    };
  }
}
