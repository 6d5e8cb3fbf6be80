import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode, list } from './files.js';
import { NOTIFICATIONS } from './keys.js';
import type { SetAside } from './set-aside.js';
import { checkTable, type TableRow } from './sorted-table.js';
import type { Store } from './store.js';

const TABLE = /^\d+\.(?:ldb|sst)$/;
const PUT_AT_ONCE = 100;

/** The tables of a directory that are not as they were written. Only for one that nobody holds: tables grow. */
export async function damagedTables(path: string): Promise<string[]> {
  const damaged: string[] = [];
  for (const name of (await list(path)).filter((each) => TABLE.test(each))) {
    const table = join(path, name);
    try {
      if (!(await checkTable(await readFile(table))).isWhole) damaged.push(table);
    } catch (error) {
      if (hasCode(error, 'EISDIR')) damaged.push(table);
      else if (!hasCode(error, 'ENOENT')) throw error;
    }
  }
  return damaged;
}

/**
 * Sets damaged tables aside, before LevelDB sees them: it trusts what it merges, and can end the process. Resolves with
 * where they are now; the database needs a repair then.
 */
export async function takeOutDamagedTables(path: string, setAside: SetAside): Promise<string[]> {
  const kept: string[] = [];
  for (const table of await damagedTables(path)) {
    kept.push(await setAside.keep(table, new Error('it is not as it was written')));
  }
  return kept;
}

/**
 * Puts the notifications back that can still be read in damaged tables. One that was delivered in the meantime may come
 * again, as it may after any crash; open operations are left, since closing one that had ended would be a lie.
 */
export async function putBack(store: Store, tables: readonly string[]): Promise<void> {
  for (const table of tables) {
    const latest = new Map<string, TableRow>();
    for (const row of await rowsOf(table)) {
      const known = latest.get(row.key);
      if (known === undefined || known.sequence < row.sequence) latest.set(row.key, row);
    }
    const rows = [...latest.values()].filter(({ key }) => key >= NOTIFICATIONS.gte && key < NOTIFICATIONS.lt);
    for (let at = 0; at < rows.length; at += PUT_AT_ONCE) {
      const operations = [];
      for (const { key, value } of rows.slice(at, at + PUT_AT_ONCE)) {
        if (value === undefined || (await store.get(key)) !== undefined) continue;
        operations.push({ type: 'put' as const, key, value });
      }
      if (operations.length > 0) await store.write(operations, true);
    }
  }
}

async function rowsOf(table: string): Promise<readonly TableRow[]> {
  try {
    return (await checkTable(await readFile(table))).rows;
  } catch (error) {
    if (hasCode(error, 'EISDIR')) return [];
    throw error;
  }
}
