import { integer, knownKeys, shown } from '../notification/configuration.js';
import { ConfigurationError } from '../notification/errors.js';
import { currentNotifier } from '../setup/current-notifier.js';
import { type AuditPeriod, PeriodRule } from './audit-period.js';
import { type ExistsReport, emitExists } from './emit-exists.js';
import { checkDefinition, DEFINITION_KEYS, type EmitExistsOptions, type ExistsDefinition } from './exists-options.js';
import { filePeriodStore } from './file-period-store.js';
import type { PeriodStore, ToldPeriod } from './period-store.js';

export interface DueExistsOptions<R>
  extends ExistsDefinition<R>,
    Pick<EmitExistsOptions<R>, 'notifier' | 'memoryBytes' | 'temporaryDirectory' | 'total' | 'onProgress' | 'signal'> {
  /** For instance `hour` or `day@18`. */
  readonly period: string;
  /** Where it is kept which periods were told: a directory for a {@link filePeriodStore}, or a store. */
  readonly store: string | PeriodStore;
  /**
   * Periods that were missed, since nothing ran when they ended: `false` leaves them out and says so, `true` tells up to
   * 1,000 of them, a number that many, the latest. Default: `false`.
   */
  readonly catchUp?: boolean | number;
}

/** What came of the periods that were due. */
export interface DueExistsReport {
  /** True when another process has the lock: nothing was told here. */
  readonly isBusy: boolean;
  /** One for each period that was told, the oldest first; empty when all were told before. */
  readonly reports: readonly ExistsReport[];
}

/** The options that a schedule has too. */
export const DUE_KEYS = [
  'period',
  'store',
  'catchUp',
  'notifier',
  'memoryBytes',
  'temporaryDirectory',
  'total',
  'onProgress',
] as const satisfies readonly (keyof DueExistsOptions<unknown>)[];
const KEYS: readonly (keyof DueExistsOptions<unknown>)[] = [...DUE_KEYS, 'signal'];
const MOST_MISSED = 1_000;

/**
 * Tells the periods that have completed and were not told before: once each, over restarts and over all hosts that share
 * the store. For a job that something else starts; {@link scheduleExists} is for a service.
 *
 * A period is recorded when its messages are safe. What fails before that (the source, the store, a notifier that is
 * closed) is thrown, and the period is told anew the next time, the messages that had got through again: consumers know
 * them by owner, period and part.
 *
 * @throws ConfigurationError for a wrong option; what the source or the store throws.
 */
export async function emitDueExists<R>(options: DueExistsOptions<R>): Promise<DueExistsReport> {
  return new DuePeriods(options, KEYS, () => new Date()).tell(options.signal);
}

/** The periods of one definition, and which of them are due. */
export class DuePeriods<R> {
  readonly rule: PeriodRule;
  readonly #options: DueExistsOptions<R>;
  readonly #store: PeriodStore;
  readonly #most: number;
  readonly #now: () => Date;

  /** `known`: the options that there are beside those of a definition. @throws ConfigurationError */
  constructor(options: DueExistsOptions<R>, known: readonly string[], now: () => Date) {
    knownKeys(options, [...DEFINITION_KEYS, ...known], '');
    const { source } = checkDefinition(options);
    if (typeof source === 'object' && Symbol.asyncIterator in source) {
      throw new ConfigurationError('source', 'can be read once only; it takes a function that gives an iterable');
    }
    this.rule = PeriodRule.parse(options.period, 'period');
    this.#options = options;
    this.#store = readStore(options.store);
    const { catchUp = false } = options;
    if (typeof catchUp === 'boolean') this.#most = catchUp ? MOST_MISSED : 0;
    else this.#most = integer(0, MOST_MISSED)(catchUp, 'catchUp');
    this.#now = now;
  }

  async tell(signal: AbortSignal = new AbortController().signal): Promise<DueExistsReport> {
    const { eventType, period } = this.#options;
    signal.throwIfAborted();
    const lock = await this.#store.acquire(`${eventType} ${period}`);
    if (lock === undefined) return { isBusy: true, reports: [] };
    const reports: ExistsReport[] = [];
    try {
      const stop = AbortSignal.any([signal, lock.lost]);
      for (const due of this.#due(await lock.last())) {
        const report = await this.#emit(due, stop);
        reports.push(report);
        // Nothing was told: it is due again should the operator turn the event on.
        if (report.outcome !== 'disabled') await lock.record(due);
      }
    } finally {
      await lock.release();
    }
    return { isBusy: false, reports };
  }

  /** Releases the store, where it was made here. */
  async close(): Promise<void> {
    if (typeof this.#options.store === 'string') await this.#store.close?.();
  }

  async #emit(period: AuditPeriod, signal: AbortSignal): Promise<ExistsReport> {
    const { store, catchUp, ...options } = this.#options;
    const own = Object.fromEntries(
      [...DEFINITION_KEYS, 'notifier', 'memoryBytes', 'temporaryDirectory', 'total', 'onProgress']
        .map((key) => [key, options[key as keyof typeof options]])
        .filter(([, value]) => value !== undefined),
    ) as unknown as ExistsDefinition<R>;
    const report = await emitExists({ ...own, period, signal });
    const { messages, lost, eventType } = report;
    const count = Object.values(lost).reduce((sum, value) => sum + value, 0);
    const isClosed = Object.keys(lost).some((why) => why.startsWith('closed'));
    if (count > 0 && (isClosed || count === messages)) {
      throw new Error(`${eventType} of ${period.fields.audit_period_beginning}: ${listed(lost)}`);
    }
    const { notifier = currentNotifier() } = this.#options;
    const told = `${eventType} of the period from ${period.fields.audit_period_beginning}`;
    if (count > 0) notifier.complain(`exists:${eventType}`, () => `${told}: ${listed(lost)}`);
    if (report.bad > 0) {
      const { why, index } = report.badExamples[0] ?? {};
      const first = `the first is number ${index}: ${why}`;
      notifier.complain(`exists-bad:${eventType}`, () => `${told}: left out ${report.bad} resources; ${first}`);
    }
    return report;
  }

  /** The oldest first. */
  #due(last: ToldPeriod | undefined): AuditPeriod[] {
    const latest = this.rule.lastBoundary(this.#now().getTime());
    const end = this.#options.end ?? 'exclusive';
    if (last === undefined) return [this.rule.period(latest, end)];
    const due: AuditPeriod[] = [];
    let boundary = latest;
    for (; boundary > last.end.getTime() && due.length <= this.#most; boundary = this.rule.shift(boundary, -1)) {
      due.unshift(this.rule.period(boundary, end));
    }
    if (boundary > last.end.getTime()) {
      const { eventType, period, notifier = currentNotifier() } = this.#options;
      const [first] = due;
      notifier.complain(`exists-missed:${eventType}`, () => {
        const from = last.end.toISOString();
        return `${eventType} ${period}: the periods from ${from} to ${first?.begin.toISOString()} were missed, and are not told (catchUp)`;
      });
    }
    return due;
  }
}

function listed(lost: Readonly<Record<string, number>>): string {
  const reasons = Object.entries(lost).map(([why, count]) => `${count} × ${why}`);
  return `messages were not delivered: ${reasons.join(', ')}`;
}

function readStore(store: unknown): PeriodStore {
  if (typeof store === 'string') return filePeriodStore({ directory: store });
  if (typeof (store as PeriodStore | undefined)?.acquire === 'function') return store as PeriodStore;
  throw new ConfigurationError(
    'store',
    `is ${shown(store)}; it takes a directory that outlives the process, or a store such as postgresPeriodStore()`,
  );
}
