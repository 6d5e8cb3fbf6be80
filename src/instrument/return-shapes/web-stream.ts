import type { ReadableStreamReadResult, ReadableWritablePair, StreamPipeOptions } from 'node:stream/web';
import type { RunningCall } from '../running-call.js';
import { watchConsumption } from './consumption.js';
import { override } from './override.js';
import { fork, WebConsumption, type WebTaken } from './web-consumption.js';
import { watchReader } from './web-reader.js';
import { WebRelay } from './web-relay.js';
import { standInFor } from './web-stand-in.js';

/** Who is to be told of a stream, as long as nobody has teed it. */
const watchers = new WeakMap<ReadableStream, WebTaken[]>();

/**
 * Watches a Web ReadableStream, which stays the same object: its readers and iterators are observed, and what pipes or
 * tees it gets a relay that asks it for no chunk before it is asked itself. `result`: what the method returned. False
 * when it is locked already: whoever holds it reads it unseen.
 */
export function watchWebStream(
  stream: ReadableStream,
  call: RunningCall,
  result: () => unknown = () => stream,
): boolean {
  if (stream.locked) return false;
  const isBytes = isByteStream(stream);
  return watchConsumption(stream, isBytes ? 'bytes' : 'items', call, result, (consumption) =>
    observe(stream, isBytes, new WebConsumption(consumption, isBytes)),
  );
}

/** Goes on with the branches of a stream that was teed without its `tee`; with that, nothing is left to do. */
export function followTee(stream: ReadableStream, branches: [ReadableStream, ReadableStream]): void {
  const left = watchers.get(stream) ?? [];
  watchers.delete(stream);
  for (const web of left) {
    const forks = fork(web);
    for (const n of [0, 1] as const) observe(branches[n], isByteStream(branches[n]), forks[n]);
  }
}

/** The only way to ask is to get a reader for it; the lock is given back at once. */
function isByteStream(stream: ReadableStream): boolean {
  try {
    stream.getReader({ mode: 'byob' }).releaseLock();
    return true;
  } catch {
    return false;
  }
}

function observe(stream: ReadableStream, isBytes: boolean, web: WebTaken): boolean {
  const { getReader } = stream;
  const relay = (forBytes: boolean) =>
    new WebRelay(Reflect.apply(getReader, stream, []) as ReadableStreamDefaultReader, web, forBytes);
  const isObserved = override(
    stream,
    'getReader',
    (original) =>
      function (this: ReadableStream, ...args: unknown[]) {
        const reader = watchReader(Reflect.apply(original, this, args), web);
        return reader instanceof ReadableStreamDefaultReader ? standInFor(reader) : reader;
      },
  );
  if (!isObserved) return false;
  watchers.set(stream, [...(watchers.get(stream) ?? []), web]);
  override(
    stream,
    'cancel',
    (original) =>
      function cancel(this: ReadableStream, ...args: unknown[]) {
        // A locked stream refuses.
        if (!stream.locked) web.cancel();
        return Reflect.apply(original, this, args);
      },
  );
  for (const iterate of ['values', Symbol.asyncIterator]) {
    override(
      stream,
      iterate,
      (original) =>
        function (this: ReadableStream, options?: { preventCancel?: boolean }, ...more: unknown[]) {
          const iterator: object = Reflect.apply(original, this, [options, ...more]);
          watchWebIterator(iterator, web, options?.preventCancel === true);
          return iterator;
        },
    );
  }
  override(
    stream,
    'tee',
    (original) =>
      function tee(this: ReadableStream) {
        if (stream.locked) return Reflect.apply(original, this, []);
        watchers.delete(stream);
        return relay(isBytes).stream.tee();
      },
  );
  override(
    stream,
    'pipeTo',
    (original) =>
      function pipeTo(this: ReadableStream, destination: WritableStream, ...options: [StreamPipeOptions?]) {
        if (stream.locked || !isFree(destination)) return Reflect.apply(original, this, [destination, ...options]);
        return relay(false).pipeTo(destination, ...options);
      },
  );
  override(
    stream,
    'pipeThrough',
    (original) =>
      function pipeThrough(this: ReadableStream, transform: ReadableWritablePair, ...options: [StreamPipeOptions?]) {
        const { readable, writable } = transform ?? {};
        const { signal } = options[0] ?? {};
        const isRefused = stream.locked || !(readable instanceof ReadableStream) || !isFree(writable);
        if (isRefused || (signal !== undefined && !(signal instanceof AbortSignal))) {
          return Reflect.apply(original, this, [transform, ...options]);
        }
        // Its failure is seen at the other end, so nobody has to handle it here.
        stream.pipeTo(writable, ...options).catch(() => {});
        return readable;
      },
  );
  return true;
}

function isFree(destination: unknown): destination is WritableStream {
  return destination instanceof WritableStream && !destination.locked;
}

function watchWebIterator(iterator: object, web: WebTaken, isKept: boolean): void {
  override(
    iterator,
    'next',
    (original) =>
      function next(this: unknown, ...args: unknown[]) {
        const read: Promise<ReadableStreamReadResult<unknown>> = Reflect.apply(original, this, args);
        return read.then(
          (result) => {
            if (result.done) web.complete();
            else web.count(result.value);
            return result;
          },
          (error) => {
            web.fail(error);
            throw error;
          },
        );
      },
  );
  override(
    iterator,
    'return',
    (original) =>
      function (this: unknown, ...args: unknown[]) {
        if (!isKept) web.cancel();
        return Reflect.apply(original, this, args);
      },
  );
}
