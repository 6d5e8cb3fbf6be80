import { errorText } from '../../notification/errors.js';
import {
  decodeGroup,
  decodeRemaining,
  decodeStored,
  encodeGroup,
  encodeLine,
  type GroupLine,
  repeatLine,
  type UnreadableText,
} from './group-format.js';
import { NOTIFICATIONS, notificationKey, parseNotificationKey, partialKey } from './keys.js';
import type { BatchOperation } from './level.js';
import type { StoredNotification } from './record-format.js';
import type { SetAside } from './set-aside.js';
import type { Store } from './store.js';

/** A notification in the database that somebody waits for. */
export interface StoredRow extends GroupLine {
  /** The drivers that it still waits for, where that is not all that it says itself. */
  readonly remaining: readonly string[] | undefined;
}

/** Notifications that were written together. */
export interface StoredGroup {
  /** Its number, no larger than that of any of its rows. */
  readonly key: number;
  /** What it takes on disk, in bytes. */
  readonly bytes: number;
  readonly rows: readonly StoredRow[];
  readonly unreadable: readonly UnreadableText[];
}

export interface LoadedRow {
  readonly stored: StoredNotification;
  readonly bytes: number;
  readonly group: StoredGroup;
}

export interface Loaded {
  readonly found: ReadonlyMap<number, LoadedRow>;
  readonly asked: ReadonlySet<number>;
  /** What comes later was not looked for: enough bytes were found. */
  readonly end: number;
}

/** The groups of a database in chunks; with `from` those that may hold a number from there to `to`. */
export async function* readGroups(store: Store, from = 0, to?: number): AsyncGenerator<StoredGroup[]> {
  let last: { key: number; value: string; remaining?: string } | undefined;
  const start = from === 0 ? undefined : await store.lastKey({ gte: NOTIFICATIONS.gte, lt: notificationKey(from + 1) });
  const gte = notificationKey((start === undefined ? undefined : parseNotificationKey(start)?.sequence) ?? from);
  const lt = to === undefined ? NOTIFICATIONS.lt : notificationKey(to + 1);
  for await (const chunk of store.read({ gte, lt })) {
    const groups: StoredGroup[] = [];
    for (const [key, value] of chunk) {
      const parsed = parseNotificationKey(key);
      if (parsed === undefined) continue;
      if (parsed.isPartial) {
        if (last?.key === parsed.sequence) last.remaining = value;
        continue;
      }
      if (last !== undefined) groups.push(storedGroup(last));
      last = { key: parsed.sequence, value };
    }
    yield groups;
  }
  if (last !== undefined) yield [storedGroup(last)];
}

function storedGroup({ key, value, remaining }: { key: number; value: string; remaining?: string }): StoredGroup {
  const { lines, unreadable } = decodeGroup(key, value);
  const remainingOf = remaining === undefined ? undefined : decodeRemaining(remaining);
  const rows = lines.map((line) => ({ ...line, remaining: remainingOf?.(line.sequence) }));
  return {
    key,
    bytes: Buffer.byteLength(value),
    rows: rows.filter((row) => row.remaining === undefined || row.remaining.length > 0),
    unreadable,
  };
}

/** Throws an UnreadableRecord. */
export function decodeRow({ json, remaining }: StoredRow): StoredNotification {
  return decodeStored(json, remaining);
}

/** Leaves only these rows of the group `key`, and of what is unreadable in it only this. Nothing: the group goes. */
export function keepRows(
  key: number,
  rows: readonly StoredRow[],
  unreadable: readonly UnreadableText[] = [],
): BatchOperation[] {
  const partial: BatchOperation = { type: 'del', key: partialKey(key) };
  const lines = rows.map(lineOf);
  for (const { text } of unreadable) if (text !== '') lines.push(text);
  if (lines.length === 0) return [{ type: 'del', key: notificationKey(key) }, partial];
  return [{ type: 'put', key: notificationKey(key), value: encodeGroup(lines) }, partial];
}

/** The record for the drivers that still wait for it. */
function lineOf(row: StoredRow): string {
  if (row.remaining === undefined) return repeatLine(row);
  try {
    return encodeLine(row.sequence, decodeRow(row));
  } catch {
    // Who delivers it sets it aside.
    return repeatLine(row);
  }
}

/**
 * Reads these notifications, at least the first and no more than fit into `maxBytes`; what cannot be read is set aside,
 * once: `damaged` has the keys of the groups where that is done. Rejects when the database cannot be read.
 */
export async function loadStored(
  store: Store,
  sequences: readonly number[],
  maxBytes: number,
  setAside: SetAside,
  damaged: Set<number>,
): Promise<Loaded> {
  const asked = new Set(sequences);
  const found = new Map<number, LoadedRow>();
  const unreadable: UnreadableText[] = [];
  const [first, last] = [sequences[0], sequences.at(-1)];
  let end = Number.POSITIVE_INFINITY;
  let bytes = 0;
  if (first !== undefined && last !== undefined) {
    reading: for await (const groups of readGroups(store, first, last)) {
      for (const group of groups) {
        if (group.unreadable.length > 0 && !damaged.has(group.key)) {
          damaged.add(group.key);
          unreadable.push(...group.unreadable);
        }
        for (const row of group.rows) {
          if (!asked.has(row.sequence)) continue;
          try {
            found.set(row.sequence, { stored: decodeRow(row), bytes: Buffer.byteLength(row.json), group });
          } catch (error) {
            unreadable.push({ text: row.json, why: errorText(error) });
          }
          bytes += row.json.length;
          if (bytes < maxBytes) continue;
          end = row.sequence;
          break reading;
        }
      }
    }
  }
  await setAside.keepRecords(unreadable);
  return { found, asked, end };
}
