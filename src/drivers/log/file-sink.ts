import { constants, createWriteStream, fstat, open as openCallback, type Stats, type WriteStream } from 'node:fs';
import { mkdir, open, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import { promisify } from 'node:util';
import { DeliveryError, errorText } from '../../notification/errors.js';
import { FileRotation, type RotationRules } from './file-rotation.js';
import type { LineSink } from './line-sink.js';

// Not a FileHandle: one that is garbage before it was closed makes Node warn.
const openDescriptor = promisify(openCallback);
const statDescriptor = promisify(fstat);

/** After a rotation that failed the next one is tried after this long, in milliseconds. */
const ROTATION_RETRY_MS = 60_000;

type Warn = (message: string) => void;

/**
 * One file that lines are appended to. Several processes may share it: each write is an append of whole lines. A file
 * that was moved or removed (`logrotate`) is begun anew; with `rotation` the sink moves it itself.
 */
export class FileSink implements LineSink {
  readonly #path: string;
  readonly #rotation: FileRotation | undefined;
  #warn: Warn = () => {};
  #stream: WriteStream | undefined;
  #file: Stats | undefined;
  #opening: Promise<void> | undefined;
  /** Of the file, as far as this process knows: what others append is seen when the next batch comes. */
  #size = 0;
  #wroteAt = 0;
  #unsettled = 0;
  #rotateNotBefore = 0;
  /** Opening and rotating, one after the other; with a rotation each line waits here for its turn, too. */
  #turn: Promise<void> = Promise.resolve();

  /** `path` is taken from the working directory of now, not of the moment the file is opened. */
  constructor(path: string, rules?: RotationRules) {
    this.#path = resolve(path);
    this.#rotation = rules && new FileRotation(this.#path, rules);
  }

  open(warn?: Warn): Promise<void> {
    this.#warn = warn ?? this.#warn;
    this.#opening ??= this.#inTurn(() => this.#ready()).finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  write(line: string): Promise<void> {
    const text = `${line}\n`;
    if (this.#rotation === undefined) return this.#give(text);
    return new Promise((resolve, reject) => {
      void this.#inTurn(async () => {
        const bytes = Buffer.byteLength(text);
        await this.#rotateIfDue(bytes);
        this.#size += bytes;
        this.#wroteAt = Date.now();
        // Only handed over: several lines are written together.
        this.#give(text).then(resolve, reject);
      });
    });
  }

  async close(): Promise<void> {
    await this.#turn;
    const stream = this.#stream;
    this.#stream = undefined;
    if (stream === undefined) return;
    stream.end();
    // What could not be written has been said to who wrote it.
    await finished(stream).catch(() => {});
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }

  #give(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const stream = this.#stream;
      if (stream === undefined) {
        reject(this.#unwritable(new Error('it is not open')));
        return;
      }
      this.#unsettled += 1;
      stream.write(text, (error) => {
        this.#unsettled -= 1;
        if (error == null) resolve();
        else reject(this.#unwritable(error));
      });
    });
  }

  /** Never rejects: where the file cannot be moved, lines go on into it. */
  async #rotateIfDue(bytes: number): Promise<void> {
    const now = Date.now();
    const rotation = this.#rotation;
    if (rotation === undefined || this.#file?.isFile() !== true || now < this.#rotateNotBefore) return;
    if (!rotation.isDue(this.#size, this.#wroteAt, bytes, now)) return;
    try {
      const old = this.#stream;
      if (!(await this.#moved())) await rotation.move(now);
      await this.#append('moved');
      // What was handed over is written into the file that was moved.
      old?.end();
    } catch (error) {
      this.#rotateNotBefore = now + ROTATION_RETRY_MS;
      this.#warn(`cannot rotate the log file ${this.#path}: ${errorText(error)}; it grows until that is mended`);
      return;
    }
    await rotation.prune().catch((error) => {
      this.#warn(`cannot remove old files of the log ${this.#path}: ${errorText(error)}`);
    });
  }

  async #ready(): Promise<void> {
    const old = this.#stream;
    const isWritable = old?.writable === true;
    if (isWritable && !(await this.#moved())) return;
    try {
      await mkdir(dirname(this.#path), { recursive: true });
      await this.#append(isWritable ? 'moved' : 'new');
    } catch (error) {
      throw this.#unwritable(error);
    }
    // Only now: a batch that is being written goes on into one of the two.
    old?.end();
  }

  /** `why`: `moved`, the file is new, or others write to it; `new`: a crash or a failed write may have left half a line. */
  async #append(why: 'moved' | 'new'): Promise<void> {
    const before = await stat(this.#path).catch(() => undefined);
    // Opening a named pipe that nobody reads would block a thread, and with it the end of the process.
    const nonBlocking = before?.isFIFO() === true ? (constants.O_NONBLOCK ?? 0) : 0;
    const flags = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | nonBlocking;
    const fd = await openDescriptor(this.#path, flags, 0o666);
    const stream = createWriteStream(this.#path, { fd });
    // Whoever wrote is told; unheard, the error would end the process.
    stream.on('error', () => {});
    if (why === 'new' && before?.isFile() === true && (await endsWithinLine(this.#path))) stream.write('\n');
    this.#stream = stream;
    // Of what was opened: the path may lead elsewhere already.
    this.#file = await statDescriptor(fd).catch(() => undefined);
    this.#size = this.#file?.size ?? 0;
    this.#wroteAt = this.#file?.mtimeMs ?? 0;
  }

  /** True when the path leads elsewhere now: a log rotation has moved the file. */
  async #moved(): Promise<boolean> {
    try {
      const { dev, ino, size } = await stat(this.#path);
      if (this.#unsettled === 0) this.#size = size;
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

/** What another process is writing has an end after this long, in milliseconds. */
const WRITING_MS = 20;

/** True for what a crash or a full disk leaves behind: the next line must not be glued to half of another. */
async function endsWithinLine(path: string): Promise<boolean> {
  if (!(await lacksLineEnd(path))) return false;
  // A file that others append to may be seen in the middle of a write.
  await new Promise((resolve) => setTimeout(resolve, WRITING_MS));
  return lacksLineEnd(path);
}

async function lacksLineEnd(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      if (size === 0) return false;
      const { bytesRead, buffer } = await file.read({ buffer: Buffer.alloc(1), position: size - 1 });
      return bytesRead === 1 && buffer[0] !== 0x0a;
    } finally {
      await file.close();
    }
  } catch {
    // It may be written but not read.
    return false;
  }
}
