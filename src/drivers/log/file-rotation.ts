import { open, readdir, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

export const PERIODS = { daily: 86_400_000, hourly: 3_600_000 } as const;

export interface RotationRules {
  /** A file is moved before a line would make it longer, in bytes; undefined: however long. */
  readonly maxBytes: number | undefined;
  /** A file is moved before the first line of another day or hour, in UTC. */
  readonly rotate: keyof typeof PERIODS | undefined;
  /** How many moved files are kept. */
  readonly maxFiles: number;
}

/** So many names are tried, each a millisecond later than the one before. */
const MAX_NAMES = 100;

/**
 * When a log file gives way to a new one, and where it goes: `<file>.<moment it was moved, as 20261120T071808.114>`. No file
 * is ever moved onto another, also where several processes rotate the same one at the same time: at worst one is moved
 * that has just been begun.
 */
export class FileRotation {
  readonly #path: string;
  readonly #rules: RotationRules;
  /** Names come in ascending order, so that the oldest are known by them. */
  #lastMoment = 0;

  constructor(path: string, rules: RotationRules) {
    this.#path = path;
    this.#rules = rules;
  }

  /** `size`: of the file, in bytes; `wroteAt`: when it was last written. `more`: bytes that are to be added now. */
  isDue(size: number, wroteAt: number, more: number, now: number): boolean {
    const { maxBytes, rotate } = this.#rules;
    if (size === 0) return false;
    if (maxBytes !== undefined && size + more > maxBytes) return true;
    return rotate !== undefined && Math.floor(wroteAt / PERIODS[rotate]) !== Math.floor(now / PERIODS[rotate]);
  }

  /** Moves the file. Rejects when that cannot be done; then it is where it was. */
  async move(now: number): Promise<void> {
    const target = await this.#claim(now);
    try {
      await rename(this.#path, target);
    } catch (error) {
      await unlink(target).catch(() => {});
      // Another process was quicker.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }

  /** Removes the oldest of the moved files. */
  async prune(): Promise<void> {
    const folder = dirname(this.#path);
    const prefix = `${basename(this.#path)}.`;
    const moved = (await readdir(folder))
      .filter((name) => name.startsWith(prefix) && /^\d{8}T\d{6}\.\d{3}$/.test(name.slice(prefix.length)))
      .sort();
    const old = moved.slice(0, Math.max(0, moved.length - this.#rules.maxFiles));
    // Another process may do the same.
    for (const name of old) await unlink(join(folder, name)).catch(ignoreMissing);
  }

  /** A name that is free, made ours by an empty file. */
  async #claim(now: number): Promise<string> {
    for (let attempt = 1; ; attempt += 1) {
      this.#lastMoment = Math.max(now, this.#lastMoment + 1);
      const moment = new Date(this.#lastMoment).toISOString().replaceAll(/[-:Z]/g, '');
      const target = `${this.#path}.${moment}`;
      try {
        await (await open(target, 'wx')).close();
        return target;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt === MAX_NAMES) throw error;
      }
    }
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
