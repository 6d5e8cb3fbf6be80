import type { Priority } from '../../notification/priority.js';

/** The driver's own levels, as winston numbers them: the loudest is 0. */
export const LEVELS = { error: 0, warn: 1, info: 2, debug: 3 } as const;

export type Level = keyof typeof LEVELS;

/** The level that lets everything through: what is told was not filtered by priority before, and is not here. */
export const LOWEST_LEVEL: Level = 'debug';

/** AUDIT and SAMPLE are no failures and no debugging aids, so they are `info`. */
export const LEVEL_OF_PRIORITY: Readonly<Record<Priority, Level>> = {
  CRITICAL: 'error',
  ERROR: 'error',
  WARN: 'warn',
  INFO: 'info',
  AUDIT: 'info',
  SAMPLE: 'info',
  DEBUG: 'debug',
};

/** The same level in an injected logger's words: syslog's levels say `warning`. */
export function levelIn(levels: object | undefined, level: Level): string {
  if (levels === undefined || level in levels) return level;
  return level === 'warn' && 'warning' in levels ? 'warning' : level;
}
