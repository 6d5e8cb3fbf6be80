import type { BatchOperation, KeyRange, Level, LevelDatabase } from './level.js';

/** Enough for a queue, whose records are mostly gone before they are sorted. */
const CACHE_BYTES = 1024 ** 2;
const READ_AT_ONCE = 256;
const READ_BYTES = 512 * 1024;

export type Row = readonly [key: string, value: string];

/** One open LevelDB directory. */
export class Store {
  readonly path: string;
  readonly #database: LevelDatabase;

  private constructor(path: string, database: LevelDatabase) {
    this.path = path;
    this.#database = database;
  }

  /**
   * Takes the directory's lock and opens it. Rejects with what {@link faultOf} knows.
   *
   * With `multithreading`, since LevelDB loses the lock of a directory that the same process opens a second time: closing
   * any file descriptor of a file releases all locks that the process has on it (POSIX). With it the second opener, a
   * worker thread for instance, gets the same database.
   */
  static async open(level: Level, path: string, { create }: { readonly create: boolean }): Promise<Store> {
    const database = new level.ClassicLevel(path, { keyEncoding: 'utf8', valueEncoding: 'utf8' });
    await database.open({ createIfMissing: create, multithreading: true, cacheSize: CACHE_BYTES, compression: false });
    return new Store(path, database);
  }

  get(key: string): Promise<string | undefined> {
    return this.#database.get(key);
  }

  /** All or nothing. `sync`: resolves when it is on disk, not only with the operating system. */
  write(operations: readonly BatchOperation[], sync: boolean): Promise<void> {
    return this.#database.batch(operations, { sync });
  }

  /** The rows of a range in order, in chunks. */
  async *read(range: KeyRange): AsyncGenerator<Row[]> {
    const iterator = this.#database.iterator({ ...range, highWaterMarkBytes: READ_BYTES });
    try {
      for (;;) {
        const rows = await iterator.nextv(READ_AT_ONCE);
        if (rows.length === 0) return;
        yield rows;
      }
    } finally {
      await iterator.close();
    }
  }

  /** The last key of a range. */
  async lastKey(range: KeyRange): Promise<string | undefined> {
    const iterator = this.#database.iterator({ ...range, reverse: true, limit: 1 });
    try {
      return (await iterator.nextv(1))[0]?.[0];
    } finally {
      await iterator.close();
    }
  }

  async close(): Promise<void> {
    await this.#database.close();
  }
}
