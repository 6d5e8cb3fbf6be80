import { StoreError } from '../errors.js';

/** Marks a failure of `work` as a fault of the disk, to tell it from a fault of the caller. */
export async function storing<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new StoreError(what, error);
  }
}
