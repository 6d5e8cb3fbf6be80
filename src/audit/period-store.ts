import type { AuditPeriod } from './audit-period.js';

/** A period that was told. */
export interface ToldPeriod {
  readonly begin: Date;
  readonly end: Date;
}

/**
 * What a schedule needs so that each period is told once, over restarts and over all hosts that run it: a lock, and a
 * record of the last period that was told. Names are any text, for instance `image.exists day@18`.
 */
export interface PeriodStore {
  /**
   * Takes the lock of `name`; resolves with undefined, at once, while somebody else has it. Rejects when the store
   * cannot be reached. The lock must come free when its holder dies.
   */
  acquire(name: string): Promise<PeriodLock | undefined>;
  /** Releases what the store holds open. Called once, after the last lock was released. */
  close?(): Promise<void>;
}

/** The lock of one name, held by this process alone. */
export interface PeriodLock {
  /** Aborted when the lock is lost before it was released: what is done under it must stop. */
  readonly lost: AbortSignal;
  /** The last period that was recorded; undefined where none was. */
  last(): Promise<ToldPeriod | undefined>;
  /** Records a period, durably. Rejects when that fails, or the lock is lost. */
  record(period: AuditPeriod): Promise<void>;
  /** Called once. Must not reject. */
  release(): Promise<void>;
}
