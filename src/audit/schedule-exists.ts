import { duration } from '../notification/configuration.js';
import { ConfigurationError, errorText } from '../notification/errors.js';
import { currentNotifier } from '../setup/current-notifier.js';
import { DUE_KEYS, type DueExistsOptions, DuePeriods } from './due-exists.js';
import type { ExistsReport } from './emit-exists.js';

export interface ScheduleExistsOptions<R> extends Omit<DueExistsOptions<R>, 'signal'> {
  /**
   * How long after the end of a period it is told: milliseconds, or `'30s'`; for stores that show what was written a
   * little later. Default: 0.
   */
  readonly delayMs?: number | string;
  /**
   * How long after a failure, or while another host has the lock, it is tried again: milliseconds, or `'60s'`.
   * Default: 60 seconds.
   */
  readonly retryMs?: number | string;
  /** Told what became of each period that was told here. Must not throw. */
  readonly onReport?: (report: ExistsReport) => void;
  /** The clock, for tests. Default: the system's. */
  readonly now?: () => Date;
}

/** A running schedule. */
export interface ExistsSchedule {
  /** When it looks next. */
  readonly next: Date;
  /** Stops; what is being told is aborted, and told anew after a restart. Resolves when nothing runs any more. */
  close(): Promise<void>;
}

const KEYS: readonly (keyof ScheduleExistsOptions<unknown>)[] = [...DUE_KEYS, 'delayMs', 'retryMs', 'onReport', 'now'];

/** Clocks are set, and machines sleep: it looks at least this often. */
const LOOK_MS = 600_000;

/**
 * Tells what existed in each period when it has ended, once over restarts and over all hosts that share the store. The
 * last completed period is told at once where it was not told before. What fails is said to the operator and tried
 * again. Its timer does not hold the process. Close it before the notifier.
 *
 * @throws ConfigurationError
 */
export function scheduleExists<R>(options: ScheduleExistsOptions<R>): ExistsSchedule {
  return new Schedule(options);
}

class Schedule<R> implements ExistsSchedule {
  readonly #options: ScheduleExistsOptions<R>;
  readonly #periods: DuePeriods<R>;
  readonly #delayMs: number;
  readonly #retryMs: number;
  readonly #now: () => Date;
  readonly #closing = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #next: Date;

  constructor(options: ScheduleExistsOptions<R>) {
    const { delayMs, retryMs, now, onReport } = options ?? {};
    for (const [name, value] of Object.entries({ now, onReport })) {
      if (value !== undefined && typeof value !== 'function') throw new ConfigurationError(name, 'takes a function');
    }
    this.#options = options;
    this.#now = now ?? (() => new Date());
    this.#periods = new DuePeriods(options, KEYS, () => new Date(this.#now().getTime() - this.#delayMs));
    this.#delayMs = duration(0, 86_400_000)(delayMs ?? 0, 'delayMs');
    this.#retryMs = duration(10, 86_400_000)(retryMs ?? 60_000, 'retryMs');
    this.#next = this.#now();
    this.#plan();
  }

  get next(): Date {
    return this.#next;
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return this.#running;
    this.#closing.abort(new Error('the schedule is closed'));
    clearTimeout(this.#timer);
    this.#running = this.#running.then(() => this.#periods.close());
    return this.#running;
  }

  #plan(): void {
    if (this.#closing.signal.aborted) return;
    const waitMs = this.#next.getTime() - this.#now().getTime();
    const look = () => {
      if (this.#now() < this.#next) this.#plan();
      else this.#running = this.#look().then(() => this.#plan());
    };
    this.#timer = setTimeout(look, Math.min(Math.max(waitMs, 0), LOOK_MS));
    this.#timer.unref();
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    const began = this.#now();
    const { onReport, eventType, period, notifier = currentNotifier() } = this.#options;
    try {
      const { isBusy, reports } = await this.#periods.tell(this.#closing.signal);
      for (const report of reports) onReport?.(report);
      // The holder of the lock may die: its record says later whether it has told the period.
      this.#next = isBusy ? this.#later() : this.#afterNextBoundary(began);
    } catch (error) {
      this.#next = this.#later();
      if (this.#closing.signal.aborted) return;
      const text = errorText(error);
      notifier.complain(`exists-failed:${eventType}`, () => `${eventType} ${period}: not told, tried again: ${text}`);
    }
  }

  #later(): Date {
    return new Date(this.#now().getTime() + this.#retryMs);
  }

  /** A millisecond after the boundary: exactly on it, the period has not completed. */
  #afterNextBoundary(now: Date): Date {
    const { rule } = this.#periods;
    const boundary = rule.shift(rule.lastBoundary(now.getTime() - this.#delayMs), 1);
    return new Date(boundary + this.#delayMs + 1);
  }
}
