import { join } from 'node:path';
import { errorText } from '../../notification/errors.js';
import type { ThrottledReporter } from '../../notification/reporter.js';
import { makeFolder, sizeOf, writeWhole } from './files.js';
import { DEAD, newLinesFile } from './layout.js';

const RETRY_MS = 5_000;
const GROUP = 1_000;

interface Waiting {
  readonly line: string;
  readonly written: () => void;
}

/**
 * Writes dead letters, as files of lines beside the databases: so an operator can look at them and throw them away
 * while the service runs. Many at once share a file.
 */
export class DeadLetters {
  readonly #folder: string;
  readonly #maxBytes: number;
  readonly #reporter: ThrottledReporter;
  #waiting: Waiting[] = [];
  #bytes = 0;
  #running: Promise<void> | undefined;
  #isFailing = false;
  #timer: NodeJS.Timeout | undefined;

  /** `maxBytes`: of all dead letters of the spool directory. */
  constructor(directory: string, maxBytes: number, reporter: ThrottledReporter) {
    this.#folder = join(directory, DEAD);
    this.#maxBytes = maxBytes;
    this.#reporter = reporter;
  }

  get isDirty(): boolean {
    return this.#waiting.length > 0 || this.#running !== undefined;
  }

  /** Looks how much there is, since other processes and operators add and remove. Rejects when the disk fails. */
  async measure(): Promise<void> {
    this.#bytes = await sizeOf(this.#folder);
  }

  /** Calls `written` when the letter is on disk. False when there is no room, or the disk fails. */
  add(line: string, written: () => void): boolean {
    const bytes = Buffer.byteLength(line) + 1;
    if (this.#isFailing) return false;
    if (this.#bytes + bytes > this.#maxBytes) {
      this.#reporter.warn('spool:dead', () => `spool: there is no room for more dead letters in ${this.#folder}`);
      return false;
    }
    this.#bytes += bytes;
    this.#waiting.push({ line, written });
    this.#running ??= this.#write();
    return true;
  }

  /** Resolves when all are written, or the disk fails. */
  async flush(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  async #write(): Promise<void> {
    // What is refused in the same turn goes to the same file.
    await new Promise(setImmediate);
    try {
      while (this.#waiting.length > 0) {
        const group = this.#waiting.slice(0, GROUP);
        await makeFolder(this.#folder);
        await writeWhole(newLinesFile(this.#folder), group.map(({ line }) => `${line}\n`).join(''));
        this.#waiting = this.#waiting.slice(group.length);
        this.#isFailing = false;
        for (const { written } of group) written();
      }
    } catch (error) {
      this.#isFailing = true;
      this.#reporter.warn('spool:dead', () => `spool: cannot write dead letters: ${errorText(error)}`);
      this.#timer = setTimeout(() => {
        this.#running ??= this.#write();
      }, RETRY_MS);
      this.#timer.unref();
    } finally {
      this.#running = undefined;
    }
  }
}
