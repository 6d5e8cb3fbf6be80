import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

/**
 * Names this process, the same in all its worker threads. A process id alone would not: in containers all are 1. The
 * moment of its start is of microseconds.
 */
export const PROCESS_ID = createHash('sha256')
  .update(`${hostname()} ${process.pid} ${performance.timeOrigin}`)
  .digest('hex')
  .slice(0, 12);

/**
 * The files that this process has open, in whatever thread; undefined where the system does not tell (it does on
 * Linux). A LevelDB directory that this process holds must not be opened to see whether it is free: by that the process
 * would lose the lock.
 */
export async function openFiles(): Promise<ReadonlySet<string> | undefined> {
  const descriptors = await readdir('/proc/self/fd').catch(() => undefined);
  if (descriptors === undefined) return undefined;
  const files = new Set<string>();
  for (const descriptor of descriptors) {
    // Gone in the meantime, for instance that of the listing itself.
    const file = await stat(join('/proc/self/fd', descriptor)).catch(() => undefined);
    if (file?.isFile()) files.add(identityOf(file));
  }
  return files;
}

/** True when one of `files` is the lock file of this directory. */
export async function isLockOpen(files: ReadonlySet<string>, directory: string): Promise<boolean> {
  const lock = await stat(join(directory, 'LOCK')).catch(() => undefined);
  return lock !== undefined && files.has(identityOf(lock));
}

function identityOf({ dev, ino }: { readonly dev: number; readonly ino: number }): string {
  return `${dev}:${ino}`;
}
