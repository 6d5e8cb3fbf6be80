import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { errorText } from '../../notification/errors.js';
import { FILE_MODE } from './files.js';
import { isOperationKey } from './keys.js';
import { newExitFile } from './layout.js';
import type { SpooledOperation } from './open-operation.js';
import {
  decodeIfOperation,
  decodeNotification,
  encodeNotification,
  type StoredNotification,
  type StoredOperation,
} from './record-format.js';
import { type SpoolRecord, storedNotification } from './spool-record.js';

/** What a process that ends at once could not write to the database, which has no way to write without waiting. */
export interface ExitRecords {
  /** Not on disk. */
  readonly records: Iterable<SpoolRecord>;
  /** The numbers of records that are delivered and not crossed out yet. */
  readonly gone: Iterable<number>;
  /** Operations that are not on disk as they are. */
  readonly operations: Iterable<SpooledOperation>;
}

/** Throws what the file system says. */
export function writeExitFile(
  folder: string,
  { records, operations, ...rest }: ExitRecords,
  namesOf: (drivers: number) => readonly string[],
): void {
  const gone = [...rest.gone];
  const ended: string[] = [];
  const lines: string[] = [];
  const add = (encode: () => string) => {
    try {
      lines.push(encode());
    } catch {
      // It cannot be put together, so it can never be delivered.
    }
  };
  for (const { accepted, pending } of records) {
    add(() => encodeNotification(storedNotification(accepted, namesOf(pending))));
  }
  for (const operation of operations) {
    if (operation.isOpen) add(() => operation.encode());
    else ended.push(operation.key);
  }
  if (gone.length === 0 && ended.length === 0 && lines.length === 0) return;
  const file = openSync(newExitFile(folder), 'wx', FILE_MODE);
  try {
    writeSync(file, [JSON.stringify({ gone, ended }), ...lines, ''].join('\n'));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

export interface ExitFile {
  /** Numbers of records in the database that are delivered. */
  readonly gone: readonly number[];
  /** Keys of operations in the database that have ended. */
  readonly ended: readonly string[];
  readonly notifications: readonly StoredNotification[];
  readonly operations: readonly StoredOperation[];
  readonly unreadable: readonly { readonly text: string; readonly why: string }[];
}

/** Reads what is readable; rejects when the file is not. */
export async function readExitFile(path: string): Promise<ExitFile> {
  const [head = '', ...lines] = (await readFile(path, 'utf8')).split('\n');
  const notifications: StoredNotification[] = [];
  const operations: StoredOperation[] = [];
  const unreadable: { text: string; why: string }[] = [];
  for (const text of lines) {
    if (text === '') continue;
    try {
      const operation = decodeIfOperation(text);
      if (operation === undefined) notifications.push(decodeNotification(text));
      else operations.push(operation);
    } catch (error) {
      unreadable.push({ text, why: errorText(error) });
    }
  }
  return { ...readHead(head), notifications, operations, unreadable };
}

/** Nothing where it is damaged: then some are delivered once more. */
function readHead(text: string): { readonly gone: readonly number[]; readonly ended: readonly string[] } {
  try {
    const { gone, ended } = JSON.parse(text) as { gone?: unknown; ended?: unknown };
    return {
      gone: Array.isArray(gone) ? gone.filter((each) => typeof each === 'number') : [],
      ended: Array.isArray(ended) ? ended.filter(isOperationKey) : [],
    };
  } catch {
    return { gone: [], ended: [] };
  }
}
