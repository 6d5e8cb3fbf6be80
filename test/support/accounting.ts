import { expect } from 'vitest';
import type { DriverStats, Notifier } from '../../src/index.js';

/** Holds the account of every driver to its invariant: each notification is in exactly one state. */
export function expectBalanced(notifier: Notifier): void {
  for (const [name, stats] of Object.entries(notifier.stats().drivers)) {
    const dropped = Object.values(stats.dropped).reduce((sum, count) => sum + count, 0);
    const states = stats.delivered + stats.waiting + stats.inFlight + stats.dead + dropped;
    expect({ name, total: states }).toEqual({ name, total: stats.accepted + stats.recovered });
    expect(Math.min(stats.waiting, stats.inFlight)).toBeGreaterThanOrEqual(0);
  }
}

/** The account of one driver, checked. */
export function accountOf(notifier: Notifier, driver = 'scripted'): DriverStats {
  expectBalanced(notifier);
  return notifier.stats().drivers[driver] as DriverStats;
}
