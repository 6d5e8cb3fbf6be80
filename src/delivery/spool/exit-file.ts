import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { errorText } from '../../notification/errors.js';
import { FILE_MODE } from './files.js';
import { newExitFile } from './layout.js';
import { decodeNotification, encodeNotification, type StoredNotification } from './record-format.js';
import { type SpoolRecord, storedNotification } from './spool-record.js';

/**
 * What a process that ends at once could not write to the database, which has no way to write without waiting: its last
 * notifications, and the numbers of those that are delivered and not crossed out yet. Throws what the file system says.
 */
export function writeExitFile(
  folder: string,
  records: Iterable<SpoolRecord>,
  delivered: Iterable<number>,
  namesOf: (drivers: number) => readonly string[],
): void {
  const gone = [...delivered];
  const lines: string[] = [];
  for (const { accepted, pending } of records) {
    try {
      lines.push(encodeNotification(storedNotification(accepted, namesOf(pending))));
    } catch {
      // It cannot be put together, so it can never be delivered.
    }
  }
  if (gone.length === 0 && lines.length === 0) return;
  const file = openSync(newExitFile(folder), 'wx', FILE_MODE);
  try {
    writeSync(file, [JSON.stringify({ gone }), ...lines, ''].join('\n'));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

export interface ExitFile {
  /** Numbers of records in the database that are delivered. */
  readonly gone: readonly number[];
  readonly notifications: readonly StoredNotification[];
  readonly unreadable: readonly { readonly text: string; readonly why: string }[];
}

/** Reads what is readable; rejects when the file is not. */
export async function readExitFile(path: string): Promise<ExitFile> {
  const [head = '', ...lines] = (await readFile(path, 'utf8')).split('\n');
  const notifications: StoredNotification[] = [];
  const unreadable: { text: string; why: string }[] = [];
  for (const text of lines) {
    if (text === '') continue;
    try {
      notifications.push(decodeNotification(text));
    } catch (error) {
      unreadable.push({ text, why: errorText(error) });
    }
  }
  return { gone: readGone(head), notifications, unreadable };
}

function readGone(text: string): number[] {
  try {
    const { gone } = JSON.parse(text) as { gone?: unknown };
    return Array.isArray(gone) ? gone.filter((each) => typeof each === 'number') : [];
  } catch {
    return [];
  }
}
