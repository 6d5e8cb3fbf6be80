import { errorText } from '../../notification/errors.js';
import { NOTIFICATIONS, notificationKey, parseNotificationKey } from './keys.js';
import { decodeNotification, type StoredNotification } from './record-format.js';
import type { SetAside } from './set-aside.js';
import type { Store } from './store.js';

/** A notification in the database. */
export interface StoredRow {
  readonly sequence: number;
  readonly text: string;
  /** The drivers that it still waits for, where that is not all that it says itself. */
  readonly remaining: readonly string[] | undefined;
}

export interface Loaded {
  readonly found: ReadonlyMap<number, { readonly stored: StoredNotification; readonly bytes: number }>;
  readonly asked: ReadonlySet<number>;
  /** What comes later was not looked for: enough bytes were found. */
  readonly end: number;
}

/** The notifications of a database in chunks, each with the drivers that it still waits for. */
export async function* readRows(store: Store, from = 0, to?: number): AsyncGenerator<StoredRow[]> {
  let last: { sequence: number; text: string; remaining: readonly string[] | undefined } | undefined;
  const range = { gte: notificationKey(from), lt: to === undefined ? NOTIFICATIONS.lt : notificationKey(to + 1) };
  for await (const chunk of store.read(range)) {
    const rows: StoredRow[] = [];
    for (const [key, value] of chunk) {
      const parsed = parseNotificationKey(key);
      if (parsed === undefined) continue;
      if (parsed.isPartial) {
        if (last?.sequence === parsed.sequence) last.remaining = parseNames(value);
        continue;
      }
      if (last !== undefined) rows.push(last);
      last = { sequence: parsed.sequence, text: value, remaining: undefined };
    }
    yield rows;
  }
  if (last !== undefined) yield [last];
}

/** Throws an UnreadableRecord. */
export function decodeRow({ text, remaining }: StoredRow): StoredNotification {
  const stored = decodeNotification(text);
  return remaining === undefined ? stored : { ...stored, drivers: remaining };
}

/**
 * Reads these notifications, at least the first and no more than fit into `maxBytes`; what cannot be read is set aside.
 * Rejects when the database cannot be read.
 */
export async function loadStored(
  store: Store,
  sequences: readonly number[],
  maxBytes: number,
  setAside: SetAside,
): Promise<Loaded> {
  const asked = new Set(sequences);
  const found = new Map<number, { stored: StoredNotification; bytes: number }>();
  const unreadable: { text: string; why: string }[] = [];
  const [first, last] = [sequences[0], sequences.at(-1)];
  let end = Number.POSITIVE_INFINITY;
  let bytes = 0;
  if (first !== undefined && last !== undefined) {
    reading: for await (const rows of readRows(store, first, last)) {
      for (const row of rows) {
        if (!asked.has(row.sequence)) continue;
        try {
          found.set(row.sequence, { stored: decodeRow(row), bytes: Buffer.byteLength(row.text) });
        } catch (error) {
          unreadable.push({ text: row.text, why: errorText(error) });
        }
        bytes += row.text.length;
        if (bytes < maxBytes) continue;
        end = row.sequence;
        break reading;
      }
    }
  }
  await setAside.keepRecords(unreadable);
  return { found, asked, end };
}

function parseNames(text: string): readonly string[] | undefined {
  try {
    const names: unknown = JSON.parse(text);
    return Array.isArray(names) && names.every((name) => typeof name === 'string') ? names : undefined;
  } catch {
    return undefined;
  }
}
