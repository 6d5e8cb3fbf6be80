import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { errorText } from '../../notification/errors.js';
import { type ExitFile, readExitFile } from './exit-file.js';
import { list, removeTree, tryRename } from './files.js';
import type { UnreadableText } from './group-format.js';
import { notificationKey, OPERATIONS, operationKey } from './keys.js';
import { EXIT_FILE, holdsRecords, TAKEN } from './layout.js';
import { type BatchOperation, faultOf, levelErrorText } from './level.js';
import {
  decodeOperation,
  encodeNotification,
  encodeOperation,
  type StoredNotification,
  type StoredOperation,
} from './record-format.js';
import { decodeRow, keepRows, readGroups, type StoredGroup, type StoredRow } from './record-loader.js';
import { openOrRepair, type SalvageTools } from './salvage.js';
import type { Store } from './store.js';

/** Something that was taken over: safe when it is on disk here, or done with. */
export interface Adopted {
  readonly isOnDisk: boolean;
  /** True when it is done with already. */
  readonly isDone: boolean;
}

/** Where the notifications of a directory go. */
export interface NewHome {
  /** The names of the drivers here. */
  names(): readonly string[];
  /** Takes a notification over, for the drivers that are here. */
  adopt(stored: StoredNotification): Adopted;
  /** Takes an operation over that a process left open; undefined where nobody wants to know. `id`: its key. */
  adoptOperation(id: string, operation: StoredOperation): Adopted | undefined;
  hasRoom(bytes: number): boolean;
  /** Resolves when what was taken over is on disk, or cannot be. */
  flush(): Promise<void>;
}

/**
 * - `empty`: everything is taken over.
 * - `gone`: it was beyond repair, and is set aside.
 * - `later`: there is no room, or the disk cannot now; nothing is lost, and nothing is taken over twice.
 * - `needs`: what is left waits for drivers that are not here.
 */
export type Adoption = 'empty' | 'gone' | 'later' | { readonly needs: readonly string[] };

/** Numbers behind all that a process gives. */
const LATE_SEQUENCES = 900_000_000_000_000;

/** The home cannot take more now. */
class NoRoom extends Error {}

/** Takes over everything in a directory that nobody else can reach; `taken`: where what is nested in it goes. */
export async function adoptDirectory(
  path: string,
  taken: string,
  home: NewHome,
  tools: SalvageTools,
  isStopped: () => boolean,
): Promise<Adoption> {
  for (const name of await list(join(path, TAKEN))) {
    await tryRename(join(path, TAKEN, name), join(taken, name));
  }
  await removeTree(join(path, TAKEN));
  const names = await list(path);
  if (!holdsRecords(names)) return 'empty';
  let isFaulty = false;
  for (;;) {
    const store = await openOrRepair(path, tools, isFaulty);
    if (typeof store === 'string') return store;
    try {
      const adopter = new Adopter(store, home, tools, isStopped);
      await adopter.readExitFiles(path, names);
      await adopter.notifications();
      await adopter.operations();
      return adopter.needs.size === 0 ? 'empty' : { needs: [...adopter.needs] };
    } catch (error) {
      if (error instanceof NoRoom) return 'later';
      if (faultOf(error) !== 'damaged') {
        tools.reporter.warn(
          `spool:adopt:${path}`,
          () => `spool: cannot take over ${path} now: ${levelErrorText(error)}`,
        );
        return 'later';
      }
      if (isFaulty) {
        await tools.setAside.keep(path, error);
        return 'gone';
      }
      // A part of it cannot be read; what could be is taken over, and crossed out there.
      isFaulty = true;
    } finally {
      await store.close();
    }
  }
}

interface MovedRow extends StoredRow {
  /** The drivers that it is for and that are not here. */
  readonly others: readonly string[];
  readonly isForOthers: boolean;
  /** What it is here; undefined when it was not taken over. */
  readonly record: Adopted | undefined;
}

interface MovedGroup {
  readonly key: number;
  readonly rows: readonly MovedRow[];
  readonly unreadable: readonly UnreadableText[];
  /** Something of it is set aside. */
  readonly isChanged: boolean;
}

/** Takes over one open database, chunk by chunk: written here first, crossed out there afterwards. */
class Adopter {
  readonly needs = new Set<string>();
  readonly #store: Store;
  readonly #home: NewHome;
  readonly #tools: SalvageTools;
  readonly #isStopped: () => boolean;
  readonly #here: ReadonlySet<string>;
  #isFull = false;

  constructor(store: Store, home: NewHome, tools: SalvageTools, isStopped: () => boolean) {
    this.#store = store;
    this.#home = home;
    this.#tools = tools;
    this.#isStopped = isStopped;
    this.#here = new Set(home.names());
  }

  /** What a process that ended at once wrote beside its database. */
  async readExitFiles(path: string, names: readonly string[]): Promise<void> {
    let late = 0;
    for (const name of names.filter((each) => EXIT_FILE.test(each))) {
      const file = join(path, name);
      let exit: ExitFile;
      try {
        exit = await readExitFile(file);
      } catch (error) {
        await this.#tools.setAside.keep(file, error);
        continue;
      }
      await this.#tools.setAside.keepRecords(exit.unreadable);
      if (exit.gone.length > 0) await this.#crossOutGone(new Set(exit.gone));
      // Into the database, where what is not taken over at once is safe.
      const operations: BatchOperation[] = exit.notifications.map((stored, index) => ({
        type: 'put',
        // Behind all that came before it.
        key: notificationKey(LATE_SEQUENCES + late + index),
        value: encodeNotification(stored),
      }));
      for (const key of exit.ended) operations.push({ type: 'del', key });
      for (const operation of exit.operations) {
        operations.push({ type: 'put', key: operationKey(randomUUID()), value: encodeOperation(operation) });
      }
      await this.#store.write(operations, true);
      late += exit.notifications.length;
      await removeTree(file);
    }
  }

  async #crossOutGone(gone: ReadonlySet<number>): Promise<void> {
    for await (const groups of readGroups(this.#store)) {
      const operations: BatchOperation[] = [];
      for (const { key, rows, unreadable } of groups) {
        const kept = rows.filter(({ sequence }) => !gone.has(sequence));
        if (kept.length === rows.length) continue;
        await this.#tools.setAside.keepRecords(unreadable);
        operations.push(...keepRows(key, kept));
      }
      if (operations.length > 0) await this.#store.write(operations, true);
    }
  }

  async notifications(): Promise<void> {
    for await (const groups of readGroups(this.#store)) {
      const moving = groups.map((group) => this.#move(group));
      await this.#tools.setAside.keepRecords(moving.flatMap(({ unreadable }) => unreadable));
      await this.#home.flush();
      const isSafe = ({ record }: MovedRow) => record !== undefined && (record.isOnDisk || record.isDone);
      const operations = moving.flatMap(({ key, rows, isChanged }) => {
        const kept = rows.filter((row) => !isSafe(row) || row.others.length > 0);
        if (!isChanged && kept.length === rows.length && !rows.some(isSafe)) return [];
        return keepRows(
          key,
          kept.map((row) => (isSafe(row) ? { ...row, remaining: row.others } : row)),
        );
      });
      if (operations.length > 0) await this.#store.write(operations, true);
      const isComplete = moving.every(({ rows }) => rows.every((row) => isSafe(row) || row.isForOthers));
      if (!isComplete || this.#isStopped()) throw new NoRoom();
    }
  }

  /** Takes over what is for drivers that are here, as far as there is room. */
  #move({ key, rows, unreadable }: StoredGroup): MovedGroup {
    const moved: MovedRow[] = [];
    const broken = [...unreadable];
    for (const row of rows) {
      let stored: StoredNotification;
      try {
        stored = decodeRow(row);
      } catch (error) {
        broken.push({ text: row.json, why: errorText(error) });
        continue;
      }
      const drivers = stored.drivers.filter((name) => this.#here.has(name));
      const others = stored.drivers.filter((name) => !this.#here.has(name));
      for (const name of others) this.needs.add(name);
      const isForOthers = drivers.length === 0;
      this.#isFull ||= !isForOthers && !this.#home.hasRoom(row.json.length);
      const record = isForOthers || this.#isFull ? undefined : this.#home.adopt({ ...stored, drivers });
      moved.push({ ...row, others, isForOthers, record });
    }
    return { key, rows: moved, unreadable: broken, isChanged: broken.length > 0 };
  }

  async operations(): Promise<void> {
    for await (const rows of this.#store.read(OPERATIONS)) {
      const operations: BatchOperation[] = [];
      const unreadable: UnreadableText[] = [];
      const adopted: { readonly key: string; readonly record: Adopted }[] = [];
      for (const [key, text] of rows) {
        let stored: StoredOperation;
        try {
          stored = decodeOperation(text);
        } catch (error) {
          unreadable.push({ text, why: errorText(error) });
          operations.push({ type: 'del', key });
          continue;
        }
        const drivers = stored.drivers.filter((name) => this.#here.has(name));
        const record = drivers.length === 0 ? undefined : this.#home.adoptOperation(key, { ...stored, drivers });
        if (record === undefined) operations.push({ type: 'del', key });
        else adopted.push({ key, record });
      }
      await this.#tools.setAside.keepRecords(unreadable);
      await this.#home.flush();
      const safe = adopted.filter(({ record }) => record.isOnDisk || record.isDone);
      operations.push(...safe.map(({ key }) => ({ type: 'del' as const, key })));
      if (operations.length > 0) await this.#store.write(operations, true);
      if (safe.length < adopted.length || this.#isStopped()) throw new NoRoom();
    }
  }
}
