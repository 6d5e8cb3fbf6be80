import type { DriverHealth } from '../delivery/health.js';
import { errorText } from '../notification/errors.js';
import type { NotifierMode } from './counters.js';

/** How a notifier is: the worst of its drivers. */
export interface NotifierHealth {
  readonly status: DriverHealth['status'];
  readonly reason?: string;
  readonly drivers: Readonly<Record<string, DriverHealth>>;
  /** `down`: the disk fails, and everything is in memory only; deliveries go on. Absent without a spool. */
  readonly spool?: DriverHealth;
}

export function healthOf(
  mode: NotifierMode,
  drivers: Readonly<Record<string, DriverHealth>>,
  spool: DriverHealth | undefined,
): NotifierHealth {
  const parts = { drivers, ...(spool && { spool }) };
  if (mode instanceof Error) return { status: 'down', reason: errorText(mode), ...parts };
  for (const status of ['down', 'degraded'] as const) {
    const ill = Object.entries(drivers).find(([, driver]) => driver.status === status);
    if (ill !== undefined) return { status, reason: `${ill[0]}: ${ill[1].reason ?? status}`, ...parts };
  }
  // Nothing is late without it, but less is safe.
  if (spool?.status === 'down') return { status: 'degraded', reason: `spool: ${spool.reason}`, ...parts };
  return { status: 'up', ...parts };
}
