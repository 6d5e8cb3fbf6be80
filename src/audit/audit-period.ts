import { oneOf, shown } from '../notification/configuration.js';
import { ConfigurationError } from '../notification/errors.js';
import { utcText } from './utc-text.js';

export type AuditPeriodUnit = 'hour' | 'day' | 'month' | 'year';

export interface AuditPeriodOptions {
  /**
   * `exclusive`: the end is the next period's beginning. `inclusive`: the end is the last microsecond of the period, as
   * StackTach has it; that changes the text in `fields` only, since a Date knows no microseconds.
   * Default: `exclusive`.
   */
  readonly end?: 'exclusive' | 'inclusive';
}

/** What consumers of OpenStack's `exists` notifications look for: UTC, `2024-03-15 10:00:00`. */
export interface AuditPeriodFields {
  readonly audit_period_beginning: string;
  readonly audit_period_ending: string;
}

/** One audit period: from `begin` on, up to and without `end`. */
export interface AuditPeriod {
  /** As it was asked for, for instance `day@18`. */
  readonly spec: string;
  readonly begin: Date;
  readonly end: Date;
  /** Both bounds as a notification's payload has them. */
  readonly fields: AuditPeriodFields;
}

const SPEC = /^(hour|day|month|year)(?:@(\d{1,4}))?$/;
const RULE =
  'hour, day, month or year, with @ and an offset if need be: hour@0 to hour@59 (the minute), day@0 to day@23 (the hour), month@1 to month@28 (the day), year@1 to year@12 (the month)';

/** The offsets of each unit, and the one that a bare unit has. Every month has a 28th day, and not all have a 29th. */
const OFFSETS: Readonly<Record<AuditPeriodUnit, { readonly min: number; readonly max: number }>> = {
  hour: { min: 0, max: 59 },
  day: { min: 0, max: 23 },
  month: { min: 1, max: 28 },
  year: { min: 1, max: 12 },
};

/**
 * The last audit period that has completed at `now`, as Nova computes it, in UTC. `spec` is a unit, with an offset if
 * need be: `hour@15` begins at a quarter past, `day@18` at 18:00, `month@20` on the 20th, `year@7` in July. Exactly on a
 * boundary it is the period before: the one that ends there has not been over for any time.
 *
 * @throws ConfigurationError for a spec that is none of these, an offset that not every period has, or a `now` that is
 * no time.
 */
export function auditPeriod(spec: string, now: Date = new Date(), options: AuditPeriodOptions = {}): AuditPeriod {
  const rule = PeriodRule.parse(spec, 'period');
  const end = options.end === undefined ? 'exclusive' : oneOf('exclusive', 'inclusive')(options.end, 'end');
  if (!(now instanceof Date) || Number.isNaN(now.getTime())) {
    throw new ConfigurationError('now', `is ${shown(now)}; it takes a Date that is a time`);
  }
  return rule.period(rule.lastBoundary(now.getTime()), end);
}

/** Where the periods of a spec begin and end. Times are milliseconds since 1970, in UTC. */
export class PeriodRule {
  readonly spec: string;
  readonly #unit: AuditPeriodUnit;
  readonly #offset: number;

  private constructor(spec: string, unit: AuditPeriodUnit, offset: number) {
    this.spec = spec;
    this.#unit = unit;
    this.#offset = offset;
  }

  /** @throws ConfigurationError that blames `setting`. */
  static parse(spec: unknown, setting: string): PeriodRule {
    const [, unit, written] = typeof spec === 'string' ? (SPEC.exec(spec) ?? []) : [];
    if (unit === undefined) throw new ConfigurationError(setting, `is ${shown(spec)}; it takes ${RULE}`);
    const { min, max } = OFFSETS[unit as AuditPeriodUnit];
    const offset = written === undefined ? min : Number(written);
    if (offset < min || offset > max) {
      throw new ConfigurationError(setting, `is ${shown(spec)}, which not every ${unit} has; it takes ${RULE}`);
    }
    return new PeriodRule(spec as string, unit as AuditPeriodUnit, offset);
  }

  /** The latest boundary that is before `time`, and not at it. */
  lastBoundary(time: number): number {
    const date = new Date(time);
    const boundary = this.#boundary(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate(), date.getUTCHours());
    return boundary < time ? boundary : this.shift(boundary, -1);
  }

  /** The boundary that is `steps` periods after a boundary, or before it. */
  shift(boundary: number, steps: number): number {
    const date = new Date(boundary);
    const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
    if (this.#unit === 'hour') return boundary + steps * 3_600_000;
    if (this.#unit === 'day') return boundary + steps * 86_400_000;
    if (this.#unit === 'month') return this.#boundary(year, month + steps, 1, 0);
    return this.#boundary(year + steps, 0, 1, 0);
  }

  /** The period that ends at a boundary. */
  period(boundary: number, end: 'exclusive' | 'inclusive' = 'exclusive'): AuditPeriod {
    const begin = new Date(this.shift(boundary, -1));
    const fields: AuditPeriodFields = {
      audit_period_beginning: utcText(begin),
      audit_period_ending: end === 'exclusive' ? utcText(new Date(boundary)) : lastMicrosecond(boundary),
    };
    return { spec: this.spec, begin, end: new Date(boundary), fields };
  }

  /** The boundary of the unit that holds this moment; it may be after the moment. */
  #boundary(year: number, month: number, day: number, hour: number): number {
    // Not Date.UTC, which takes the years 0 to 99 for those of the last century.
    const date = new Date(0);
    if (this.#unit === 'year') date.setUTCFullYear(year, this.#offset - 1, 1);
    else if (this.#unit === 'month') date.setUTCFullYear(year, month, this.#offset);
    else date.setUTCFullYear(year, month, day);
    if (this.#unit === 'day') date.setUTCHours(this.#offset);
    else if (this.#unit === 'hour') date.setUTCHours(hour, this.#offset);
    return date.getTime();
  }
}

/** `2024-03-14 23:59:59.999999` for midnight. */
function lastMicrosecond(boundary: number): string {
  return `${utcText(new Date(boundary - 1_000))}.999999`;
}
