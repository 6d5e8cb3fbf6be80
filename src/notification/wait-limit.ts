/** The longest wait that a timer knows, in milliseconds: one that is set for longer goes off at once. */
export const LONGEST_WAIT_MS = 2 ** 31 - 1;

/** How long to wait, in milliseconds, as a timer can: `Infinity` is the longest; what is no number is `otherwise`. */
export function waitLimit(timeoutMs: number, otherwise: number): number {
  const wanted = typeof timeoutMs === 'number' && !Number.isNaN(timeoutMs) ? timeoutMs : otherwise;
  return Math.min(Math.max(wanted, 0), LONGEST_WAIT_MS);
}
