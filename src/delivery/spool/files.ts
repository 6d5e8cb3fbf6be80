import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Only the service's own user may look: payloads are in there. */
export const FOLDER_MODE = 0o700;
export const FILE_MODE = 0o600;

/** True when `error` is that of a system call, with one of these codes. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && codes.includes((error as NodeJS.ErrnoException).code ?? '');
}

export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: FOLDER_MODE });
  } catch (error) {
    if (hasCode(error, 'EEXIST') && (await stat(path)).isDirectory()) return;
    // Not recursive at first: for a read-only disk Node would say that there is no such folder.
    if (!hasCode(error, 'ENOENT')) throw error;
    await mkdir(path, { recursive: true, mode: FOLDER_MODE });
  }
}

/** Nothing when there is no such folder. */
export async function list(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}

/** Appears whole or not at all, and is on disk when this resolves. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const unfinished = join(dirname(path), `.${randomUUID()}.tmp`);
  try {
    const file = await open(unfinished, 'wx', FILE_MODE);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** False when it is no longer there: somebody else was faster. */
export async function tryRename(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

/** Moves a file or folder into a folder, where it gets a new name if its own is taken. */
export async function moveInto(folder: string, path: string): Promise<string> {
  await makeFolder(folder);
  const taken = await list(folder);
  const name = basename(path);
  const target = join(folder, taken.includes(name) ? `${name}-${randomUUID()}` : name);
  await rename(path, target);
  return target;
}

export async function removeTree(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}

/** The bytes of all files directly in a folder. */
export async function sizeOf(folder: string): Promise<number> {
  let bytes = 0;
  for (const name of await list(folder)) {
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (found?.isFile()) bytes += found.size;
  }
  return bytes;
}

/** What an ordinary user may still write there. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** A new name in a folder survives a power cut only when the folder is synced; some systems cannot. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  if (handle === undefined) return;
  try {
    await handle.sync();
  } catch {
    // Not here.
  } finally {
    await handle.close();
  }
}
