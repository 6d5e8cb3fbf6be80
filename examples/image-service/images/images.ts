import { type CallOf, Notifies } from 'tidings';
import type { Caller } from '../caller.js';
import { timestamp } from '../clock.js';
import { ForbiddenError } from '../errors.js';
import type { DataStore } from '../store/data-store.js';
import type { RecordStore } from '../store/record-store.js';
import { canSee, owned, visible } from './access.js';
import { newFields, patchFields } from './image-fields.js';
import { imagePayload } from './image-payloads.js';
import { changed, type ImageRecord, newImage } from './image-record.js';

/** Image records. The methods that change something tell of it when they have succeeded. */
export class Images {
  readonly #records: RecordStore<ImageRecord>;
  readonly #data: DataStore;

  constructor(records: RecordStore<ImageRecord>, data: DataStore) {
    this.#records = records;
    this.#data = data;
  }

  list(caller: Caller): readonly ImageRecord[] {
    return this.#records.all().filter((image) => canSee(image, caller));
  }

  show(id: string, caller: Caller): ImageRecord {
    return visible(this.#records.get(id), id, caller);
  }

  @Notifies('image.create', { payload: (call: CallOf<Images['create']>) => imagePayload(call.result) })
  async create(input: Readonly<Record<string, unknown>>, caller: Caller): Promise<ImageRecord> {
    return this.#records.insert(newImage(newFields(input), caller));
  }

  @Notifies('image.update', { payload: (call: CallOf<Images['update']>) => imagePayload(call.result) })
  async update(id: string, patch: Readonly<Record<string, unknown>>, caller: Caller): Promise<ImageRecord> {
    return this.#records.change(id, (image) => changed(image, patchFields(owned(image, id, caller), patch)));
  }

  @Notifies('image.delete', { payload: (call: CallOf<Images['delete']>) => imagePayload(call.result) })
  async delete(id: string, caller: Caller): Promise<ImageRecord> {
    const deleted = await this.#records.change(id, (image) => {
      if (owned(image, id, caller).protected) throw new ForbiddenError(`image ${id} is protected`);
      return changed(image, { status: 'deleted', deleted: true, deleted_at: timestamp() });
    });
    await this.#data.remove(id);
    return deleted;
  }
}
