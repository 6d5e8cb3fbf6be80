import { Injectable } from '@nestjs/common';

/** Holds the images' data; it has room for a megabyte. */
@Injectable()
export class DataStore {
  readonly #data = new Map<string, Buffer>();

  async write(id: string, data: Buffer): Promise<void> {
    if (data.length > 1024 ** 2) throw new Error('no space left in the store');
    this.#data.set(id, data);
  }

  read(id: string): Buffer | undefined {
    return this.#data.get(id);
  }

  remove(id: string): void {
    this.#data.delete(id);
  }
}
