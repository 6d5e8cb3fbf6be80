import type { ReadableStreamReadResult } from 'node:stream/web';
import { override } from './override.js';
import type { WebTaken } from './web-consumption.js';

/**
 * Observes a reader of a Web stream: what its reads bring is counted, and the end is known when the stream closes, also
 * to who never reads as far as `done`. Its reads settle one microtask later.
 */
export function watchReader<R extends ReadableStreamDefaultReader | ReadableStreamBYOBReader>(
  reader: R,
  web: WebTaken,
): R {
  let reading = 0;
  let isReleased = false;
  let end: (() => void) | undefined;

  /** The last chunk leaves after its stream has closed. */
  const endWhenRead = (how: () => void) => {
    if (isReleased) return;
    end = how;
    if (reading === 0) end();
  };
  const hasRead = () => {
    reading -= 1;
    if (reading === 0) end?.();
  };
  // Nobody has to handle the rejection of `closed`, so nothing is hidden by handling it.
  reader.closed.then(
    () => endWhenRead(() => web.complete()),
    (error) => endWhenRead(() => web.fail(error)),
  );

  override(
    reader,
    'read',
    (original) =>
      function read(this: unknown, ...args: unknown[]) {
        reading += 1;
        const promise: Promise<ReadableStreamReadResult<unknown>> = Reflect.apply(original, this, args);
        return promise.then(
          (result) => {
            if (result.done) web.complete();
            else web.count(result.value);
            hasRead();
            return result;
          },
          (error) => {
            hasRead();
            throw error;
          },
        );
      },
  );
  override(
    reader,
    'cancel',
    (original) =>
      function cancel(this: unknown, ...args: unknown[]) {
        // What has ended is not cancelled any more: who reads it may hear of an error before that is told here.
        if (!isReleased && end === undefined) web.cancel();
        return Reflect.apply(original, this, args);
      },
  );
  override(
    reader,
    'releaseLock',
    (original) =>
      function releaseLock(this: unknown, ...args: unknown[]) {
        const released: unknown = Reflect.apply(original, this, args);
        isReleased = true;
        return released;
      },
  );
  return reader;
}
