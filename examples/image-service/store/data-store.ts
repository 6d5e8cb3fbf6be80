import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { StoreError, TooLargeError } from '../errors.js';
import { storing } from './storing.js';

/** The bytes from `start` to `end`, both of them included, as in a Content-Range header. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface StoredData {
  readonly size: number;
  readonly md5: string;
  readonly sha256: string;
}

const THE_STORE = 'the image store';

/** The data of images, one file each. A file with its final name is complete. */
export class DataStore {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async open(directory: string): Promise<DataStore> {
    await mkdir(directory, { recursive: true });
    // What a killed process has left half written.
    for (const name of await readdir(directory)) {
      if (name.endsWith('.part')) await rm(join(directory, name));
    }
    return new DataStore(directory);
  }

  /**
   * Stores all of `data`. An error of `data` itself is passed on as it is; a fault of the disk becomes a StoreError;
   * more than `maxBytes` is a TooLargeError. After any of them nothing is left behind.
   */
  async write(id: string, data: AsyncIterable<Uint8Array>, maxBytes: number): Promise<StoredData> {
    const path = this.#path(id);
    const part = `${path}.part`;
    const file = await storing(THE_STORE, open(part, 'wx'));
    try {
      const stored = await copy(data, file, maxBytes);
      await storing(THE_STORE, file.sync());
      await storing(THE_STORE, rename(part, path));
      return stored;
    } catch (error) {
      await rm(part, { force: true }).catch(() => undefined);
      throw error;
    } finally {
      await file.close().catch(() => undefined);
    }
  }

  /** Opens the data of an image, so that what cannot be read is known before the answer begins. */
  async read(id: string, range: ByteRange): Promise<AsyncIterable<Uint8Array>> {
    const file = await storing(THE_STORE, open(this.#path(id), 'r'));
    return chunks(file, range);
  }

  /** Without effect when there is no data. */
  async remove(id: string): Promise<void> {
    await storing(THE_STORE, rm(this.#path(id), { force: true }));
  }

  #path(id: string): string {
    return join(this.#directory, id);
  }
}

async function copy(data: AsyncIterable<Uint8Array>, file: FileHandle, maxBytes: number): Promise<StoredData> {
  const md5 = createHash('md5');
  const sha256 = createHash('sha256');
  let size = 0;
  for await (const chunk of data) {
    size += chunk.length;
    if (size > maxBytes) throw new TooLargeError(maxBytes);
    md5.update(chunk);
    sha256.update(chunk);
    await storing(THE_STORE, file.appendFile(chunk));
  }
  return { size, md5: md5.digest('hex'), sha256: sha256.digest('hex') };
}

const CHUNK_BYTES = 64 * 1024;

async function* chunks(file: FileHandle, { start, end }: ByteRange): AsyncGenerator<Uint8Array> {
  try {
    for (let position = start; position <= end; ) {
      const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, end - position + 1));
      const { bytesRead } = await storing(THE_STORE, file.read(chunk, 0, chunk.length, position));
      if (bytesRead === 0) throw new StoreError(THE_STORE, { code: 'DATA_TRUNCATED' });
      position += bytesRead;
      yield chunk.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
