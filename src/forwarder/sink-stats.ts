import type { Relay } from '../setup/relay/relay.js';

type Account = ReturnType<Relay['stats']>[string];
type Health = ReturnType<Relay['health']>[string];

/** What became of the notifications for one sink, or for one driver behind routes. */
export interface SinkStats {
  readonly delivered: number;
  /** Waiting for it, in memory or in the spool. */
  readonly waiting: number;
  /** Given up, by reason; `down`: not persistent, and thrown away since it was down. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Refused for good, or too long for it, and kept in the spool's dead letters. */
  readonly dead: number;
  /** Not for it: left out by the sink's filter or transform, or by routes that chose others. */
  readonly leftOut: number;
  readonly status: 'up' | 'degraded' | 'down';
  readonly reason?: string;
}

interface Count {
  /** For how many notifications it was chosen. */
  chosen: number;
  readonly thrownAway: Record<string, number>;
}

/** Counts what does not reach the drivers of a sink, beside their own accounts. */
export class SinkTally {
  readonly #counts: ReadonlyMap<string, Count>;
  #decided = 0;

  constructor(drivers: readonly string[]) {
    this.#counts = new Map(drivers.map((driver) => [driver, { chosen: 0, thrownAway: {} }]));
  }

  /** It is known which drivers a notification is for. */
  decided(drivers: readonly string[]): void {
    this.#decided += 1;
    for (const driver of drivers) this.#of(driver).chosen += 1;
  }

  thrownAway(drivers: readonly string[], reason: string): void {
    for (const driver of drivers) {
      const { thrownAway } = this.#of(driver);
      thrownAway[reason] = (thrownAway[reason] ?? 0) + 1;
    }
  }

  stats(
    driver: string,
    { delivered, waiting, inFlight, dead, dropped }: Account,
    { status, reason }: Health,
  ): SinkStats {
    const { chosen, thrownAway } = this.#of(driver);
    const all: Record<string, number> = { ...dropped };
    for (const [why, count] of Object.entries(thrownAway)) all[why] = (all[why] ?? 0) + count;
    return {
      delivered,
      waiting: waiting + inFlight,
      dropped: all,
      dead,
      leftOut: this.#decided - chosen,
      status,
      ...(reason !== undefined && { reason }),
    };
  }

  #of(driver: string): Count {
    return this.#counts.get(driver) as Count;
  }
}
