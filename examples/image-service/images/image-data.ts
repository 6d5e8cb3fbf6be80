import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type CallOf, notifyAbout, StartEnd } from 'tidings';
import type { Caller } from '../caller.js';
import { ConflictError, StoreError, TooLargeError } from '../errors.js';
import type { ByteRange, DataStore, StoredData } from '../store/data-store.js';
import type { RecordStore } from '../store/record-store.js';
import { owned } from './access.js';
import { imagePayload, sendPayload } from './image-payloads.js';
import { changed, type ImageRecord } from './image-record.js';

/** The way of image data into the store, and out of it. */
export class ImageData {
  readonly #records: RecordStore<ImageRecord>;
  readonly #data: DataStore;
  readonly #maxBytes: number;

  constructor(records: RecordStore<ImageRecord>, data: DataStore, maxBytes: number) {
    this.#records = records;
    this.#data = data;
    this.#maxBytes = maxBytes;
  }

  /** Takes the data of a queued image: queued → saving → active, or back to queued when that fails. */
  async upload(id: string, data: AsyncIterable<Uint8Array>, caller: Caller, announcedBytes = 0): Promise<ImageRecord> {
    owned(this.#records.get(id), id, caller);
    if (announcedBytes > this.#maxBytes) throw new TooLargeError(this.#maxBytes);
    const saving = await this.#records.change(id, (image) => {
      if (image.status !== 'queued') throw new ConflictError(`image ${id} is ${image.status}, not queued`);
      return changed(image, { status: 'saving' });
    });
    const active = await this.store(saving, data);
    notifyAbout.info('image.activate', imagePayload(active));
    return active;
  }

  /**
   * A pair of notifications: `image.prepare` before the first byte, so that a user interface can react at once, and
   * `image.upload` when the last one is stored. Wrong requests are refused before it, in `upload`.
   */
  @StartEnd(
    { start: 'image.prepare', end: 'image.upload' },
    {
      payload: {
        start: (call: CallOf<ImageData['store']>) => imagePayload(call.args[0]),
        end: (call: CallOf<ImageData['store']>) => imagePayload(call.result),
      },
    },
  )
  async store(saving: ImageRecord, data: AsyncIterable<Uint8Array>): Promise<ImageRecord> {
    try {
      return await this.#activate(saving.id, await this.#data.write(saving.id, data, this.#maxBytes));
    } catch (error) {
      if (error instanceof StoreError) notifyAbout.error('image.upload', error);
      await this.#requeue(saving.id);
      throw error;
    }
  }

  /**
   * Sends a part of an image. `begin` is called when the data can be read, and gives its destination. What is told of
   * it is told when the last byte has left, and with the bytes that really did.
   */
  async send(image: ImageRecord, range: ByteRange, receiver: Caller, begin: () => Writable): Promise<void> {
    let bytesSent = 0;
    async function* counted(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      for await (const chunk of chunks) {
        yield chunk;
        // The pipeline comes back for more only when the destination has passed this chunk on.
        bytesSent += chunk.length;
      }
    }

    try {
      const chunks = await this.#data.read(image.id, range);
      await pipeline(counted(chunks), begin());
      notifyAbout.info('image.send', sendPayload(image, receiver, bytesSent));
    } catch (error) {
      // Not every end that is too early is a fault: most often the receiver has gone away.
      const tell = error instanceof StoreError ? notifyAbout.error : notifyAbout.warn;
      tell('image.send', sendPayload(image, receiver, bytesSent));
      throw error;
    }
  }

  async #activate(id: string, { size, md5, sha256 }: StoredData): Promise<ImageRecord> {
    return this.#records.change(id, (image) => {
      if (image.status !== 'saving') throw new ConflictError(`image ${id} was deleted during its upload`);
      return changed(image, {
        status: 'active',
        size,
        virtual_size: image.disk_format === 'raw' ? size : null,
        checksum: md5,
        os_hash_algo: 'sha256',
        os_hash_value: sha256,
      });
    });
  }

  /** As far as a broken store lets us; what is left is put right at the next start. */
  async #requeue(id: string): Promise<void> {
    const requeued = (image: ImageRecord) => (image.status === 'saving' ? changed(image, { status: 'queued' }) : image);
    await Promise.allSettled([this.#data.remove(id), this.#records.change(id, requeued)]);
  }
}
