/** How long to wait between attempts, in milliseconds. */
export interface BackoffOptions {
  /** Before the second attempt; it doubles with every further one. */
  readonly minMs: number;
  /** Never longer than this. */
  readonly maxMs: number;
}

/**
 * The wait after `failures` failures in a row: exponential, and spread over its upper half, so that a thousand services
 * do not come back to a broker in the same instant.
 */
export function backoffDelay(failures: number, { minMs, maxMs }: BackoffOptions): number {
  const full = Math.min(maxMs, minMs * 2 ** Math.min(failures - 1, 30));
  return full * (0.5 + Math.random() / 2);
}
