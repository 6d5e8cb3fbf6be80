/** How long nearly everybody waits, in milliseconds. */
export const DEFAULT_TIMEOUT_MS = 30_000;
/** Who begins to wait within so many milliseconds shares a timer, and so may wait longer by as much. */
const SHARED_MS = 100;

interface SharedTimer {
  readonly begun: number;
  readonly waiting: Set<() => void>;
}

let last: SharedTimer | undefined;

/**
 * Calls `onTimeout` after {@link DEFAULT_TIMEOUT_MS} or a little later, unless what it returns is called before. For
 * many waits that nearly all end at once: a timer for each would cost more than the rest of the wait. Never keeps the
 * process alive.
 */
export function afterDefaultTimeout(onTimeout: () => void): () => void {
  const now = performance.now();
  if (last === undefined || now - last.begun > SHARED_MS) last = begin(now);
  const { waiting } = last;
  waiting.add(onTimeout);
  return () => waiting.delete(onTimeout);
}

function begin(begun: number): SharedTimer {
  const waiting = new Set<() => void>();
  setTimeout(() => {
    for (const onTimeout of waiting) onTimeout();
  }, DEFAULT_TIMEOUT_MS + SHARED_MS).unref();
  return { begun, waiting };
}
