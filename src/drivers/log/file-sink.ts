import { constants, createWriteStream, open as openCallback, type Stats, type WriteStream } from 'node:fs';
import { mkdir, open, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import { promisify } from 'node:util';
import { DeliveryError, errorText } from '../../notification/errors.js';
import type { LineSink } from './line-sink.js';

// Not a FileHandle: one that is garbage before it was closed makes Node warn.
const openDescriptor = promisify(openCallback);

/** One file that lines are appended to. Several processes may share it: each write is an append of whole lines. */
export class FileSink implements LineSink {
  readonly #path: string;
  #stream: WriteStream | undefined;
  #file: Stats | undefined;
  #opening: Promise<void> | undefined;

  /** `path` is taken from the working directory of now, not of the moment the file is opened. */
  constructor(path: string) {
    this.#path = resolve(path);
  }

  open(): Promise<void> {
    this.#opening ??= this.#ready().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  write(line: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const stream = this.#stream;
      if (stream === undefined) reject(this.#unwritable(new Error('it is not open')));
      else stream.write(`${line}\n`, (error) => (error == null ? resolve() : reject(this.#unwritable(error))));
    });
  }

  async close(): Promise<void> {
    const stream = this.#stream;
    this.#stream = undefined;
    if (stream === undefined) return;
    stream.end();
    // What could not be written has been said to who wrote it.
    await finished(stream).catch(() => {});
  }

  async #ready(): Promise<void> {
    const old = this.#stream;
    if (old?.writable === true && !(await this.#moved())) return;
    try {
      await mkdir(dirname(this.#path), { recursive: true });
      await this.#append();
    } catch (error) {
      throw this.#unwritable(error);
    }
    // Only now: a batch that is being written goes on into one of the two.
    old?.end();
  }

  async #append(): Promise<void> {
    const before = await stat(this.#path).catch(() => undefined);
    // Opening a named pipe that nobody reads would block a thread, and with it the end of the process.
    const nonBlocking = before?.isFIFO() === true ? (constants.O_NONBLOCK ?? 0) : 0;
    const flags = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | nonBlocking;
    const fd = await openDescriptor(this.#path, flags, 0o666);
    const stream = createWriteStream(this.#path, { fd });
    // Whoever wrote is told; unheard, the error would end the process.
    stream.on('error', () => {});
    if (before?.isFile() === true && (await endsWithinLine(this.#path, before.size))) stream.write('\n');
    this.#stream = stream;
    this.#file = await stat(this.#path).catch(() => undefined);
  }

  /** True when the path leads elsewhere now: a log rotation has moved the file. */
  async #moved(): Promise<boolean> {
    try {
      const { dev, ino } = await stat(this.#path);
      return this.#file !== undefined && (dev !== this.#file.dev || ino !== this.#file.ino);
    } catch (error) {
      // Any other error does not say where the path leads, and what is open can still be written.
      return ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
    }
  }

  #unwritable(error: unknown): DeliveryError {
    return new DeliveryError(
      `cannot write to the log file ${this.#path}: ${errorText(error)}; ` +
        'give this process the right and the space to write there, or set another file (TIDINGS_LOG_FILE)',
      { cause: error },
    );
  }
}

/** True for what a crash or a full disk leaves behind: the next line must not be glued to half of another. */
async function endsWithinLine(path: string, size: number): Promise<boolean> {
  if (size === 0) return false;
  try {
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(1), position: size - 1 });
      return bytesRead === 1 && buffer[0] !== 0x0a;
    } finally {
      await file.close();
    }
  } catch {
    // It may be written but not read.
    return false;
  }
}
