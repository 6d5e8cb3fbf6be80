import type { Consumption } from './consumption.js';

/** What is told of a Web stream by those who see it read. */
export interface WebTaken {
  /** `size`: its bytes, unless some of them were counted already. */
  count(chunk: unknown, size?: number): void;
  complete(): void;
  fail(error: unknown): void;
  cancel(): void;
}

/** Counts chunks. A stream without a byte source gives bytes all the same when its chunks are. */
export class WebConsumption implements WebTaken {
  readonly #consumption: Consumption;
  #isOpen: boolean;

  constructor(consumption: Consumption, isBytes: boolean) {
    this.#consumption = consumption;
    this.#isOpen = !isBytes;
  }

  count(chunk: unknown, size = sizeOf(chunk)): void {
    const consumption = this.#consumption;
    const isBytes = ArrayBuffer.isView(chunk);
    if (this.#isOpen) consumption.kind = isBytes ? 'bytes' : 'items';
    this.#isOpen = false;
    if (consumption.kind === 'items') consumption.items += 1;
    else if (isBytes) consumption.bytes += size;
  }

  complete(): void {
    this.#consumption.complete();
  }

  fail(error: unknown): void {
    this.#consumption.fail(error);
  }

  cancel(): void {
    this.#consumption.cancel();
  }
}

/** What two branches took from a stream that was teed unseen: both get the same, so it counts for who takes it first. */
export function fork(web: WebTaken): [WebTaken, WebTaken] {
  let furthest = 0;
  let left = 0;
  const branch = (): WebTaken => {
    let taken = 0;
    let hasLeft = false;
    return {
      count: (chunk, size = sizeOf(chunk)) => {
        taken += size;
        const ahead = taken - furthest;
        if (ahead <= 0) return;
        furthest = taken;
        web.count(chunk, ahead);
      },
      complete: () => web.complete(),
      fail: (error) => web.fail(error),
      // The stream is cancelled when both of them are.
      cancel: () => {
        if (hasLeft) return;
        hasLeft = true;
        left += 1;
        if (left === 2) web.cancel();
      },
    };
  };
  return [branch(), branch()];
}

function sizeOf(chunk: unknown): number {
  return ArrayBuffer.isView(chunk) ? chunk.byteLength : 1;
}
