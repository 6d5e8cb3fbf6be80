/**
 * The priorities of a notification, as oslo.messaging names them, from the quietest to the loudest; `AUDIT` and
 * `SAMPLE` stand beside that scale.
 */
export const PRIORITIES = ['AUDIT', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'CRITICAL', 'SAMPLE'] as const;

export type Priority = (typeof PRIORITIES)[number];

/** True for exactly the seven upper-case names. */
export function isPriority(value: unknown): value is Priority {
  return (PRIORITIES as readonly unknown[]).includes(value);
}
