import { randomUUID } from 'node:crypto';
import { Injectable, NotFoundException, ServiceUnavailableException } from '@nestjs/common';
import { type CallOf, Notifies, notifyAbout, StartEnd } from 'tidings';
import { DataStore } from './data-store.js';
import type { CreateImage, Image } from './image.js';

@Injectable()
export class ImagesService {
  readonly #images = new Map<string, Image>();

  constructor(private readonly store: DataStore) {}

  @Notifies('image.create', { payload: 'result' })
  create({ name, disk_format = 'raw' }: CreateImage): Image {
    const image: Image = { id: randomUUID(), name, disk_format, status: 'queued', size: 0 };
    this.#images.set(image.id, image);
    return image;
  }

  /** One that is not there is the caller's mistake, so nothing is told of it. */
  get(id: string): Image {
    const image = this.#images.get(id);
    if (image === undefined) throw new NotFoundException(`no image ${id}`);
    return image;
  }

  @StartEnd(
    { start: 'image.prepare', end: 'image.upload' },
    {
      payload: {
        start: (call: CallOf<ImagesService['upload']>) => ({ id: call.args[0], size: call.args[1].length }),
        end: (call: CallOf<ImagesService['upload']>) => call.result,
      },
    },
  )
  async upload(id: string, data: Buffer): Promise<Image> {
    const image = this.get(id);
    try {
      await this.store.write(id, data);
    } catch (error) {
      // Told here, where it is known which image it is of, and not once more by the decorator.
      notifyAbout.error('image.upload', { id, error });
      throw new ServiceUnavailableException('the image could not be stored', { cause: error });
    }
    const active: Image = { ...image, status: 'active', size: data.length };
    this.#images.set(id, active);
    notifyAbout('image.activate', { id });
    return active;
  }

  data(id: string): Buffer {
    this.get(id);
    const data = this.store.read(id);
    if (data === undefined) throw new NotFoundException(`image ${id} has no data`);
    return data;
  }

  @Notifies('image.delete', { payload: (call: CallOf<ImagesService['remove']>) => ({ id: call.args[0] }) })
  remove(id: string): void {
    this.get(id);
    this.#images.delete(id);
    this.store.remove(id);
  }
}
