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
  #current: DriverHealth = { status: 'degraded', reason: 'not connected yet', since: now() };
  #impediment: DriverHealth | undefined = undefined;

  get current(): DriverHealth {
    return (this.#current.status === 'up' ? this.#impediment : undefined) ?? this.#current;
  }

  set(status: DriverHealth['status'], reason?: string): void {
    const since = status === this.#current.status ? this.#current.since : now();
    this.#current = { status, ...(reason === undefined ? {} : { reason }), since };
  }

  /** What the driver says is in its way though it is up; undefined when that is over. */
  impede(reason: string | undefined): void {
    const since = this.#impediment?.since ?? now();
    this.#impediment = reason === undefined ? undefined : { status: 'degraded', reason, since };
  }
}

function now(): string {
  return new Date().toISOString();
}
