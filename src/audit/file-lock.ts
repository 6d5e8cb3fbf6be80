import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { errorText } from '../notification/errors.js';

/** How often the holder says that it lives. */
const BEAT_MS = 5_000;
const RELEASED = 'released\n';

/**
 * A lock that is a file in a directory of its own, which several hosts may share. Each holder makes the file with the
 * next number, which only one can make; the highest number has the lock, until the file says that it was released or
 * has not been touched for `staleMs`. So two that find a dead holder at once cannot both follow it, and one that was
 * only asleep finds a higher number than its own.
 */
export class FileLock {
  readonly #directory: string;
  readonly #number: number;
  readonly #lost = new AbortController();
  readonly #timer: NodeJS.Timeout;

  private constructor(directory: string, number: number) {
    this.#directory = directory;
    this.#number = number;
    this.#timer = setInterval(() => void this.#beat(), BEAT_MS);
    this.#timer.unref();
  }

  /** Undefined while somebody else has it. */
  static async acquire(directory: string, staleMs: number): Promise<FileLock | undefined> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const numbers = await numbersIn(directory);
    const highest = Math.max(0, ...numbers);
    if (highest > 0 && (await isHeld(directory, highest, staleMs))) return undefined;
    const path = join(directory, String(highest + 1));
    try {
      await writeFile(path, `${hostname()} ${process.pid}\n`, { flag: 'wx', mode: 0o600 });
    } catch (error) {
      if ((error as { code?: unknown }).code === 'EEXIST') return undefined;
      throw error;
    }
    // One that looked long ago makes a number again that others have had and removed.
    if (Math.max(...(await numbersIn(directory))) !== highest + 1) {
      await rm(path, { force: true });
      return undefined;
    }
    for (const number of numbers) await rm(join(directory, String(number)), { force: true });
    return new FileLock(directory, highest + 1);
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Rejects when somebody else has taken the lock in the meantime. */
  async check(): Promise<void> {
    this.#lost.signal.throwIfAborted();
    const highest = Math.max(0, ...(await numbersIn(this.#directory)));
    if (highest !== this.#number) this.#lost.abort(new Error('the lock was taken over by another process'));
    this.#lost.signal.throwIfAborted();
  }

  async release(): Promise<void> {
    clearInterval(this.#timer);
    // The file stays: the next holder's number must be higher, or one that was asleep would take it for its own.
    await writeFile(this.#path, RELEASED, { flag: 'r+' }).catch(() => undefined);
  }

  get #path(): string {
    return join(this.#directory, String(this.#number));
  }

  async #beat(): Promise<void> {
    try {
      await this.check();
      const now = new Date();
      await utimes(this.#path, now, now);
    } catch (error) {
      this.#lost.abort(new Error(`the lock is lost: ${errorText(error)}`));
    }
  }
}

async function numbersIn(directory: string): Promise<number[]> {
  return (await readdir(directory)).filter((name) => /^\d{1,15}$/.test(name)).map(Number);
}

async function isHeld(directory: string, number: number, staleMs: number): Promise<boolean> {
  const path = join(directory, String(number));
  const file = await open(path, 'r').catch(() => undefined);
  // Its follower has removed it, so there is a follower.
  if (file === undefined) return true;
  try {
    if ((await file.readFile('utf8')).startsWith(RELEASED)) return false;
    return (await clockOf(directory)) - (await file.stat()).mtimeMs < staleMs;
  } finally {
    await file.close();
  }
}

/** The time of the file system, which may be that of another host. */
async function clockOf(directory: string): Promise<number> {
  const probe = join(directory, `probe-${randomUUID()}`);
  await writeFile(probe, '');
  try {
    return (await stat(probe)).mtimeMs;
  } finally {
    await rm(probe, { force: true });
  }
}
