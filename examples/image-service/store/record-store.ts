import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NotFoundError } from '../errors.js';
import { storing } from './storing.js';

/**
 * Records as JSON files, one each, and all of them in memory. A record is replaced, never edited, and its file is
 * replaced by a rename, so that a crash leaves the old one or the new one.
 */
export class RecordStore<T extends { readonly id: string }> {
  readonly #directory: string;
  readonly #records: Map<string, T>;
  #lastChange: Promise<unknown> = Promise.resolve();

  private constructor(directory: string, records: Map<string, T>) {
    this.#directory = directory;
    this.#records = records;
  }

  static async open<T extends { readonly id: string }>(directory: string): Promise<RecordStore<T>> {
    await mkdir(directory, { recursive: true });
    const records = new Map<string, T>();
    for (const name of await readdir(directory)) {
      const path = join(directory, name);
      if (name.endsWith('.json')) {
        const record = JSON.parse(await readFile(path, 'utf8')) as T;
        records.set(record.id, record);
      } else if (name.endsWith('.tmp')) {
        await rm(path);
      }
    }
    return new RecordStore(directory, records);
  }

  get(id: string): T | undefined {
    return this.#records.get(id);
  }

  /** In the order of their creation, as far as this process has seen it. */
  all(): readonly T[] {
    return [...this.#records.values()];
  }

  async insert(record: T): Promise<T> {
    return this.#exclusively(() => this.#write(record));
  }

  /**
   * Replaces a record by what `change` makes of it. Changes run one after the other, so `change` sees the record that
   * its answer will replace; it throws to refuse.
   */
  async change(id: string, change: (current: T) => T): Promise<T> {
    return this.#exclusively(async () => {
      const current = this.#records.get(id);
      if (current === undefined) throw new NotFoundError(`there is no record ${id}`);
      return this.#write(change(current));
    });
  }

  async #write(record: T): Promise<T> {
    const path = join(this.#directory, `${record.id}.json`);
    await storing('the record store', replaceFile(path, JSON.stringify(record)));
    this.#records.set(record.id, record);
    return record;
  }

  #exclusively<R>(work: () => Promise<R>): Promise<R> {
    const done = this.#lastChange.then(work);
    this.#lastChange = done.catch(() => undefined);
    return done;
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.tmp`;
  await writeFile(temporary, text, { flush: true });
  await rename(temporary, path);
}
