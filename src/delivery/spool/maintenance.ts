import { basename, join } from 'node:path';
import type { Notification } from '../../notification/notification.js';
import { damagedTables } from './damaged-tables.js';
import { deadLetterFiles, keepDeadLetters, readDeadLetters } from './dead-letter-files.js';
import { list, removeTree } from './files.js';
import { Instance } from './instance.js';
import { notificationKey } from './keys.js';
import { DAMAGED, holdsRecords, isInstanceName, isOfThisProcess, TAKEN } from './layout.js';
import { faultOf, type Level } from './level.js';
import { isHeld } from './lock-probe.js';
import { isLockOpen, openFiles } from './process-identity.js';
import { encodeNotification, type StoredDeadLetter, type StoredNotification } from './record-format.js';
import { decodeRow, keepRows, readGroups, type StoredRow } from './record-loader.js';
import { Store } from './store.js';

/** One notification in a spool. */
export interface SpooledEntry {
  /** `waiting`: in a directory that no live process holds. `dead`: a dead letter. */
  readonly state: 'waiting' | 'dead';
  readonly notification: Notification;
  readonly topics: readonly string[];
  /** The drivers that have not delivered it, or the one that was refused. */
  readonly drivers: readonly string[];
  /** UTC, ISO 8601. */
  readonly acceptedAt: string;
  /** Why it was refused; only of dead letters. */
  readonly reason?: string;
  /** When it was refused; only of dead letters. UTC, ISO 8601. */
  readonly refusedAt?: string;
}

/** One LevelDB directory of a spool. `live`: a process holds it, so it cannot be looked into. */
export interface SpoolDirectory {
  readonly path: string;
  readonly state: 'live' | 'left' | 'damaged';
}

export interface SpoolListing {
  readonly directories: readonly SpoolDirectory[];
  readonly entries: readonly SpooledEntry[];
  /** What was set aside since it could not be read: files and folders. */
  readonly damaged: readonly string[];
}

export interface SpoolSelection {
  /** Message ids; without it everything of the state. */
  readonly ids?: readonly string[];
  /** Default for `purge`: both. */
  readonly state?: 'waiting' | 'dead';
  /** Called from time to time: how many of how many directories and files are done. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Looks at a spool and changes it beside live processes: it touches the dead letters, and directories that nobody alive
 * holds, which stay locked while they are looked at. One at a time: two of these at once may replay the same letter
 * twice, which consumers see by its message id.
 */
export class SpoolMaintenance {
  readonly #level: Level;
  readonly #directory: string;

  /** `level`: classic-level, as `loadLevel` gives it. */
  constructor(level: Level, directory: string) {
    this.#level = level;
    this.#directory = directory;
  }

  async list({ ids, state, onProgress }: SpoolSelection = {}): Promise<SpoolListing> {
    const directories: SpoolDirectory[] = [];
    const entries: SpooledEntry[] = [];
    const isWanted = selecting(ids);
    await this.#eachDirectory(onProgress, async (directory, store) => {
      directories.push(directory);
      if (store === undefined || state === 'dead') return;
      for await (const stored of readable(store)) {
        if (isWanted(stored)) entries.push(entryOf('waiting', stored));
      }
    });
    for (const file of state === 'waiting' ? [] : await deadLetterFiles(this.#directory)) {
      for (const { letter } of await readDeadLetters(file)) {
        if (letter !== undefined && isWanted(letter)) entries.push(deadEntryOf(letter));
      }
    }
    const damaged = (await list(join(this.#directory, DAMAGED))).map((name) => join(this.#directory, DAMAGED, name));
    return { directories, entries, damaged };
  }

  /** Everything that is known of one notification: several entries where several drivers were refused. */
  async show(id: string): Promise<readonly SpooledEntry[]> {
    return (await this.list({ ids: [id] })).entries;
  }

  /**
   * Dead letters go back to where a live process takes them over from, and are delivered by the driver that was refused.
   * Resolves with how many.
   */
  async replay({ ids, onProgress }: SpoolSelection = {}): Promise<number> {
    const files = await deadLetterFiles(this.#directory);
    const isWanted = selecting(ids);
    let count = 0;
    for (const [index, file] of files.entries()) {
      onProgress?.(index, files.length);
      const lines = await readDeadLetters(file);
      const chosen = lines.filter(({ letter }) => letter !== undefined && isWanted(letter));
      if (chosen.length === 0) continue;
      await this.#leave(chosen.map(({ letter }) => letter as StoredDeadLetter));
      await keepDeadLetters(
        file,
        lines.filter((line) => !chosen.includes(line)),
      );
      count += chosen.length;
    }
    onProgress?.(files.length, files.length);
    return count;
  }

  /** Throws away for good. Resolves with how many. */
  async purge({ ids, state, onProgress }: SpoolSelection = {}): Promise<number> {
    const isWanted = selecting(ids);
    let count = 0;
    if (state !== 'waiting') {
      for (const file of await deadLetterFiles(this.#directory)) {
        const lines = await readDeadLetters(file);
        // What cannot be read has no id, and goes when everything does.
        const kept = lines.filter(({ letter }) => (letter === undefined ? ids !== undefined : !isWanted(letter)));
        if (kept.length === lines.length) continue;
        await keepDeadLetters(file, kept);
        count += lines.length - kept.length;
      }
    }
    if (state === 'dead') return count;
    await this.#eachDirectory(onProgress, async (_, store) => {
      if (store === undefined) return;
      for await (const groups of readGroups(store)) {
        for (const { key, rows, unreadable } of groups) {
          const kept = rows.filter((row) => {
            const stored = tryDecode(row);
            return stored === undefined || !isWanted(stored);
          });
          if (kept.length === rows.length) continue;
          // What cannot be read is left to the next process that takes it over, which sets it aside.
          await store.write(keepRows(key, kept, unreadable), false);
          count += rows.length - kept.length;
        }
      }
    });
    return count;
  }

  /** Makes a directory that looks like one that a process left. */
  async #leave(letters: readonly StoredDeadLetter[]): Promise<void> {
    const instance = await Instance.create(this.#level, this.#directory);
    try {
      const operations = letters.map((letter, index) => ({
        type: 'put' as const,
        key: notificationKey(index + 1),
        // Accepted anew: it must not be too old at once.
        value: encodeNotification({ ...letter, acceptedAt: Date.now() }),
      }));
      await instance.store.write(operations, true);
    } catch (error) {
      await instance.close(false);
      await removeTree(instance.path);
      throw error;
    }
    await instance.close(false);
  }

  /** `visit` gets an open database, or none where it cannot be opened; what was taken over and not emptied comes too. */
  async #eachDirectory(
    onProgress: SpoolSelection['onProgress'],
    visit: (directory: SpoolDirectory, store: Store | undefined) => Promise<void>,
  ): Promise<void> {
    const names = (await list(this.#directory)).filter(isInstanceName);
    for (const [index, name] of names.entries()) {
      onProgress?.(index, names.length);
      await this.#visit(join(this.#directory, name), visit);
    }
    onProgress?.(names.length, names.length);
  }

  async #visit(
    path: string,
    visit: (directory: SpoolDirectory, store: Store | undefined) => Promise<void>,
  ): Promise<void> {
    if (!holdsRecords(await list(path))) return;
    const opened = await this.#open(path);
    if (!(opened instanceof Store)) return await visit({ path, state: opened }, undefined);
    try {
      await visit({ path, state: 'left' }, opened);
      // Held by the lock of the one that it is in.
      for (const name of await list(join(path, TAKEN))) await this.#visit(join(path, TAKEN, name), visit);
    } finally {
      await opened.close();
    }
  }

  async #open(path: string): Promise<Store | 'live' | 'damaged'> {
    const files = await openFiles();
    const isHeldHere = files === undefined ? isOfThisProcess(basename(path)) : await isLockOpen(files, path);
    if (isHeldHere || (await isHeld(this.#level, path, this.#directory))) return 'live';
    if ((await damagedTables(path)).length > 0) return 'damaged';
    try {
      return await Store.open(this.#level, path, { create: false });
    } catch (error) {
      const fault = faultOf(error);
      if (fault === 'failing') throw error;
      return fault === 'locked' ? 'live' : 'damaged';
    }
  }
}

/** Every notification of a database that can be read. */
async function* readable(store: Store): AsyncGenerator<StoredNotification> {
  for await (const groups of readGroups(store)) {
    for (const { rows } of groups) {
      for (const row of rows) {
        const stored = tryDecode(row);
        if (stored !== undefined) yield stored;
      }
    }
  }
}

/** Undefined for what cannot be read: the next process that takes it over sets it aside. */
function tryDecode(row: StoredRow): StoredNotification | undefined {
  try {
    return decodeRow(row);
  } catch {
    return undefined;
  }
}

function selecting(ids: readonly string[] | undefined): (stored: StoredNotification) => boolean {
  const wanted = ids && new Set(ids);
  return ({ notification }) => wanted === undefined || wanted.has(notification.messageId);
}

function entryOf(state: SpooledEntry['state'], stored: StoredNotification): SpooledEntry {
  const { notification, topics, drivers, acceptedAt } = stored;
  return { state, notification, topics, drivers, acceptedAt: new Date(acceptedAt).toISOString() };
}

function deadEntryOf(letter: StoredDeadLetter): SpooledEntry {
  return { ...entryOf('dead', letter), reason: letter.reason, refusedAt: new Date(letter.refusedAt).toISOString() };
}
