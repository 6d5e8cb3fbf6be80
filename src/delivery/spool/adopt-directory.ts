import { join } from 'node:path';
import { errorText } from '../../notification/errors.js';
import { type ExitFile, readExitFile } from './exit-file.js';
import { list, removeTree, tryRename } from './files.js';
import { notificationKey, OPERATIONS, partialKey } from './keys.js';
import { EXIT_FILE, holdsRecords, TAKEN } from './layout.js';
import { type BatchOperation, faultOf, levelErrorText } from './level.js';
import { decodeOperation, encodeNotification, type StoredNotification, type StoredOperation } from './record-format.js';
import { decodeRow, readRows } from './record-loader.js';
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

interface Moved {
  readonly record: Adopted;
  /** What crosses it out where it was. */
  readonly done: readonly BatchOperation[];
}

/** Takes over one open database, chunk by chunk: written here first, crossed out there afterwards. */
class Adopter {
  readonly needs = new Set<string>();
  readonly #store: Store;
  readonly #home: NewHome;
  readonly #tools: SalvageTools;
  readonly #isStopped: () => boolean;
  readonly #here: ReadonlySet<string>;

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
      await this.#store.write(
        exit.gone.flatMap((sequence) => crossedOut(sequence)),
        true,
      );
      // Into the database, where what is not taken over at once is safe.
      await this.#store.write(
        exit.notifications.map((stored, index) => ({
          type: 'put',
          // Behind all that came before it.
          key: notificationKey(LATE_SEQUENCES + late + index),
          value: encodeNotification(stored),
        })),
        true,
      );
      late += exit.notifications.length;
      await removeTree(file);
    }
  }

  async notifications(): Promise<void> {
    let isFull = false;
    for await (const rows of readRows(this.#store)) {
      const operations: BatchOperation[] = [];
      const unreadable: { text: string; why: string }[] = [];
      const adopted: Moved[] = [];
      for (const row of rows) {
        let stored: StoredNotification;
        try {
          stored = decodeRow(row);
        } catch (error) {
          unreadable.push({ text: row.text, why: errorText(error) });
          operations.push(...crossedOut(row.sequence));
          continue;
        }
        const drivers = stored.drivers.filter((name) => this.#here.has(name));
        const others = stored.drivers.filter((name) => !this.#here.has(name));
        for (const name of others) this.needs.add(name);
        if (drivers.length === 0) continue;
        if (!this.#home.hasRoom(row.text.length)) {
          isFull = true;
          break;
        }
        adopted.push({ record: this.#home.adopt({ ...stored, drivers }), done: crossedOut(row.sequence, others) });
      }
      await this.#tools.setAside.keepRecords(unreadable);
      await this.#crossOut(adopted, operations);
      if (isFull) throw new NoRoom();
    }
  }

  async operations(): Promise<void> {
    for await (const rows of this.#store.read(OPERATIONS)) {
      const operations: BatchOperation[] = [];
      const unreadable: { text: string; why: string }[] = [];
      const adopted: Moved[] = [];
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
        else adopted.push({ record, done: [{ type: 'del', key }] });
      }
      await this.#tools.setAside.keepRecords(unreadable);
      await this.#crossOut(adopted, operations);
    }
  }

  /** Crosses out what is safe here; throws when not all is. */
  async #crossOut(adopted: readonly Moved[], more: readonly BatchOperation[]): Promise<void> {
    await this.#home.flush();
    const safe = adopted.filter(({ record }) => record.isOnDisk || record.isDone);
    const operations = [...more, ...safe.flatMap(({ done }) => done)];
    if (operations.length > 0) await this.#store.write(operations, true);
    if (safe.length < adopted.length || this.#isStopped()) throw new NoRoom();
  }
}

/** `others`: the drivers that it still waits for. */
function crossedOut(sequence: number, others: readonly string[] = []): BatchOperation[] {
  if (others.length > 0) return [{ type: 'put', key: partialKey(sequence), value: JSON.stringify(others) }];
  return [
    { type: 'del', key: notificationKey(sequence) },
    { type: 'del', key: partialKey(sequence) },
  ];
}
