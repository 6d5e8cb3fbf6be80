import type { Consumption } from './consumption.js';

/** Counts chunks. A stream without a byte source gives bytes all the same when its chunks are. */
export class WebConsumption {
  readonly consumption: Consumption;
  #isOpen: boolean;

  constructor(consumption: Consumption, isBytes: boolean) {
    this.consumption = consumption;
    this.#isOpen = !isBytes;
  }

  count(chunk: unknown): void {
    const { consumption } = this;
    const isBytes = ArrayBuffer.isView(chunk);
    if (this.#isOpen) consumption.kind = isBytes ? 'bytes' : 'items';
    this.#isOpen = false;
    if (consumption.kind === 'items') consumption.items += 1;
    else if (isBytes) consumption.bytes += chunk.byteLength;
  }
}
