/**
 * The keys of the database. LevelDB sorts by bytes, so numbers have leading zeros.
 * - `n<number>`: a group of notifications, in the order of acceptance. Its number is that of its first one when it was
 *   written; no other group has one between that and the number of its last.
 * - `n<number>p`: what the group before it still waits for, where some drivers have some of it.
 * - `o<uuid>`: an open operation.
 */
const DIGITS = 15;

export const NOTIFICATIONS = { gte: 'n', lt: 'o' } as const;
export const OPERATIONS = { gte: 'o', lt: 'p' } as const;

export function notificationKey(sequence: number): string {
  return `n${String(sequence).padStart(DIGITS, '0')}`;
}

export function partialKey(sequence: number): string {
  return `${notificationKey(sequence)}p`;
}

export function operationKey(id: string): string {
  return `o${id}`;
}

export function isOperationKey(key: unknown): key is string {
  return typeof key === 'string' && key >= OPERATIONS.gte && key < OPERATIONS.lt;
}

/** Undefined for a key that is none of ours. */
export function parseNotificationKey(
  key: string,
): { readonly sequence: number; readonly isPartial: boolean } | undefined {
  const match = /^n(\d{15})(p?)$/.exec(key);
  return match === null ? undefined : { sequence: Number(match[1]), isPartial: match[2] === 'p' };
}
