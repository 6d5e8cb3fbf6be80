import { isTidingsError } from '../../notification/errors.js';

/** The other end is obeyed for at most so long when it asks not to be tried again, in milliseconds. */
const MAX_ASKED_MS = 3_600_000;

/** True for an error of a driver that is final. */
export function isRefusal(error: unknown): boolean {
  return isTidingsError(error) && error.code === 'DELIVERY_REFUSED';
}

/** For how long an error of a driver asks not to try again, in milliseconds; 0 where it does not ask. */
export function askedDelay(error: unknown): number {
  const asked = (error as { retryAfterMs?: unknown } | null | undefined)?.retryAfterMs;
  return typeof asked === 'number' && asked > 0 ? Math.min(asked, MAX_ASKED_MS) : 0;
}
