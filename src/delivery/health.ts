/** How one driver is, and since when. */
export interface DriverHealth {
  /**
   * `up`: delivers. `degraded`: not connected yet, or some notifications have to be tried again.
   * `down`: cannot deliver now; notifications wait.
   */
  readonly status: 'up' | 'degraded' | 'down';
  /** Why it is not `up`: one line without secrets. */
  readonly reason?: string;
  /** Since when it has been so: UTC, ISO 8601. */
  readonly since: string;
}

/** Remembers the last change, so that `since` is the start of a trouble and not its last sign. */
export class HealthRecord {
  #current: DriverHealth = { status: 'degraded', reason: 'not connected yet', since: new Date().toISOString() };

  get current(): DriverHealth {
    return this.#current;
  }

  set(status: DriverHealth['status'], reason?: string): void {
    const since = status === this.#current.status ? this.#current.since : new Date().toISOString();
    this.#current = { status, ...(reason === undefined ? {} : { reason }), since };
  }
}
