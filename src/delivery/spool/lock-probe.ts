import { randomUUID } from 'node:crypto';
import { link, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { FOLDER_MODE, hasCode, removeTree } from './files.js';
import { faultOf, type Level } from './level.js';
import { Store } from './store.js';

/**
 * Whether somebody alive holds the lock of a LevelDB directory, without opening what is in there: LevelDB would begin to
 * merge tables at once, and a damaged one can end the process. A folder that has nothing but a second name of the lock
 * file is opened instead; LevelDB looks at the lock first, and then finds no database. `scratch`: a folder on the same
 * file system. Undefined where that cannot be had: no second names on this file system, the disk is full, no lock file.
 *
 * Not for a directory that this process holds: closing any descriptor of its lock file would lose the lock.
 */
export async function isHeld(level: Level, path: string, scratch: string): Promise<boolean | undefined> {
  const probe = join(scratch, `.probe-${randomUUID()}`);
  try {
    await mkdir(probe, { mode: FOLDER_MODE });
    await link(join(path, 'LOCK'), join(probe, 'LOCK'));
    await (await Store.open(level, probe, { create: false })).close();
    return undefined;
  } catch (error) {
    if (error instanceof Error && hasCode(error, 'LEVEL_DATABASE_NOT_OPEN')) {
      const fault = faultOf(error);
      if (fault !== 'failing') return fault === 'locked';
    }
    return undefined;
  } finally {
    await removeTree(probe).catch(() => undefined);
  }
}
