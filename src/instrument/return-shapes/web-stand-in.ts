import { Readable } from 'node:stream';
import { override } from './override.js';
import { WebRelay } from './web-relay.js';

let isNeeded: boolean | undefined;

/**
 * Newer versions of Node read through a reader without calling its methods (Node 26: `Readable.fromWeb` and
 * `Duplex.fromWeb`), which would not be seen. There, whoever asks for a reader gets that of a relay, whose methods are
 * those of the observed `reader`: what calls them is served as without, and what does not is served by the relay, which
 * reads when it is read.
 */
export function standInFor(reader: ReadableStreamDefaultReader): ReadableStreamDefaultReader {
  isNeeded ??= readsUnseen();
  if (!isNeeded) return reader;
  const standIn = new WebRelay(reader, undefined, false).stream.getReader();
  for (const name of ['read', 'cancel', 'releaseLock'] as const) {
    override(
      standIn,
      name,
      () =>
        (...args: unknown[]) =>
          Reflect.apply(reader[name], reader, args),
    );
  }
  Reflect.defineProperty(standIn, 'closed', { get: () => reader.closed, configurable: true });
  return standIn;
}

/** Tried on a stream that never gives anything, so that it does not depend on a version. */
function readsUnseen(): boolean {
  try {
    let isSeen = false;
    const stream = new ReadableStream();
    const reader = stream.getReader();
    override(reader, 'read', () => () => {
      isSeen = true;
      return new Promise(() => {});
    });
    override(stream, 'getReader', () => () => reader);
    Readable.fromWeb(stream as Parameters<typeof Readable.fromWeb>[0]).read(0);
    return !isSeen;
  } catch {
    return false;
  }
}
