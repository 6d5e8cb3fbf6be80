import { existsSync, readdirSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { FOLDER_MODE, list, makeFolder, removeTree } from './files.js';
import { newInstanceName, TAKEN } from './layout.js';
import { faultOf, type Level } from './level.js';
import { Store } from './store.js';

/** The directory of one notifier, held by its lock. */
export class Instance {
  readonly store: Store;

  private constructor(store: Store) {
    this.store = store;
  }

  /** Makes a new one; rejects when the disk cannot, and leaves nothing behind then. */
  static async create(level: Level, directory: string): Promise<Instance> {
    await makeFolder(directory);
    for (let attempt = 1; ; attempt += 1) {
      const path = join(directory, newInstanceName());
      await mkdir(path, { mode: FOLDER_MODE });
      try {
        return new Instance(await Store.open(level, path, { create: true }));
      } catch (error) {
        await removeTree(path).catch(() => undefined);
        // Another process looked in the very moment whether somebody lives there.
        if (faultOf(error) !== 'locked' || attempt === 3) throw error;
      }
    }
  }

  get path(): string {
    return this.store.path;
  }

  /** The folder for directories that are taken over. */
  get taken(): string {
    return join(this.path, TAKEN);
  }

  /** Releases the lock. `isEmpty`: nothing of its own is in there, so it goes, unless it has taken others over. */
  async close(isEmpty: boolean): Promise<void> {
    const isRemoved = isEmpty && (await list(this.taken)).length === 0;
    await this.store.close();
    if (isRemoved) await removeTree(this.path);
  }

  /** At the very end of the process; false when something was taken over, which stays. Throws what the system says. */
  removeNow(): boolean {
    if (existsSync(this.taken) && readdirSync(this.taken).length > 0) return false;
    rmSync(this.path, { recursive: true });
    return true;
  }
}
