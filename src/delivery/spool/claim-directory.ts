import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { hasCode, list, makeFolder, tryRename } from './files.js';
import { holdsRecords, isOfThisProcess } from './layout.js';
import { faultOf, levelErrorText } from './level.js';
import { isHeld } from './lock-probe.js';
import { isLockOpen, openFiles } from './process-identity.js';
import type { SalvageTools } from './salvage.js';
import { Store } from './store.js';

/** A directory without a lock may be one that is being made; after so long it is not, in milliseconds. */
const ABANDONED_MS = 10 * 60_000;

/**
 * Moves a directory into the folder `taken` if nobody alive holds it; resolves with true then. Only one of several can:
 * of several processes the one that gets the lock, of several threads the one that renames it.
 */
export async function claimDirectory(path: string, taken: string, { level, reporter }: SalvageTools): Promise<boolean> {
  const target = join(taken, basename(path));
  let names: string[];
  try {
    names = await list(path);
  } catch (error) {
    // Not a folder: nothing of ours.
    if (hasCode(error, 'ENOTDIR')) return false;
    throw error;
  }
  if (!holdsRecords(names) && !names.includes('LOCK')) {
    const found = await stat(path).catch(() => undefined);
    if (found === undefined || Date.now() - found.mtimeMs < ABANDONED_MS) return false;
    await makeFolder(taken);
    return await tryRename(path, target);
  }
  // After the listing, not before: who has made the lock file in this process has it open, and keeps it open.
  const files = await openFiles();
  if (files === undefined ? isOfThisProcess(basename(path)) : await isLockOpen(files, path)) return false;
  await makeFolder(taken);
  const held = await isHeld(level, path, taken);
  if (held !== undefined) return !held && (await tryRename(path, target));
  let store: Store | undefined;
  try {
    store = await Store.open(level, path, { create: false });
  } catch (error) {
    const fault = faultOf(error);
    if (fault === 'failing') {
      reporter.warn(`spool:open:${path}`, () => `spool: cannot open ${path} now: ${levelErrorText(error)}`);
    }
    // Damaged, or its process died while it made it. LevelDB looks at the lock first: so nobody has it.
    if (fault !== 'damaged') return false;
  }
  try {
    return await tryRename(path, target);
  } finally {
    await store?.close();
  }
}
