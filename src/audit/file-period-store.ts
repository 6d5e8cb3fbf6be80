import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { duration, text } from '../notification/configuration.js';
import type { AuditPeriod } from './audit-period.js';
import { FileLock } from './file-lock.js';
import type { PeriodLock, PeriodStore, ToldPeriod } from './period-store.js';
import { readTime } from './utc-text.js';

export interface FilePeriodStoreOptions {
  /** Made when it is not there. On a file system that all hosts share where several run the schedule. */
  readonly directory: string;
  /**
   * After how long without a sign of life a holder is taken for dead: milliseconds, or `'60s'`; at least 15 s.
   * Default: 60 seconds.
   */
  readonly staleMs?: number | string;
}

/**
 * Keeps the record and the lock of each schedule in files. The lock of a process that was killed comes free after
 * `staleMs`. @throws ConfigurationError
 */
export function filePeriodStore(options: FilePeriodStoreOptions): PeriodStore {
  const directory = text()(options.directory, 'directory');
  const staleMs = duration(15_000, 86_400_000)(options.staleMs ?? 60_000, 'staleMs');
  return {
    async acquire(name) {
      const home = join(directory, folderName(name));
      await mkdir(home, { recursive: true, mode: 0o700 });
      const lock = await FileLock.acquire(join(home, 'lock'), staleMs);
      return lock && new FilePeriodLock(join(home, 'last.json'), lock);
    },
  };
}

class FilePeriodLock implements PeriodLock {
  readonly #path: string;
  readonly #lock: FileLock;

  constructor(path: string, lock: FileLock) {
    this.#path = path;
    this.#lock = lock;
  }

  get lost(): AbortSignal {
    return this.#lock.lost;
  }

  async last(): Promise<ToldPeriod | undefined> {
    let json: string;
    try {
      json = await readFile(this.#path, 'utf8');
    } catch (error) {
      if ((error as { code?: unknown }).code === 'ENOENT') return undefined;
      throw error;
    }
    const { begin, end } = parsed(json);
    const [beginning, ending] = [readTime(begin), readTime(end)];
    // Not taken for "never": a period would be told twice.
    if (beginning === undefined || ending === undefined) throw new Error(`${this.#path} is damaged; remove it`);
    return { begin: new Date(beginning), end: new Date(ending) };
  }

  /** Replaces the file by a rename, so that a crash leaves the old record or the new one. */
  async record({ begin, end, spec }: AuditPeriod): Promise<void> {
    await this.#lock.check();
    const temporary = `${this.#path}.tmp`;
    const file = await open(temporary, 'w', 0o600);
    try {
      await file.writeFile(`${JSON.stringify({ spec, begin, end, recordedAt: new Date() })}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, this.#path);
  }

  release(): Promise<void> {
    return this.#lock.release();
  }
}

function parsed(json: string): { begin?: unknown; end?: unknown } {
  try {
    return Object(JSON.parse(json));
  } catch {
    return {};
  }
}

/** Hexadecimal for what a file system may not hold in a name, and for upper case, which some ignore. */
function folderName(name: string): string {
  const hex = (letter: string) => `%${Buffer.from(letter).toString('hex')}`;
  const written = name.replace(/^\.|[^a-z0-9@._-]/g, hex);
  if (written.length <= 200) return written;
  return `${written.slice(0, 100)}%${createHash('sha256').update(name).digest('hex')}`;
}
