import type { Readable, Writable } from 'node:stream';
import type { RunningCall } from '../running-call.js';
import { type Consumption, watchConsumption } from './consumption.js';
import { override } from './override.js';

/**
 * Watches a Node stream that can be read, to its end, error or early destruction. What leaves it is counted where it is
 * emitted, which adds no listener and reads nothing. `result`: what the method returned. False for what cannot be read,
 * and when the object takes no method of its own.
 */
export function watchNodeStream(stream: object, call: RunningCall, result: () => unknown = () => stream): boolean {
  const readable = stream as Readable;
  if (!isReadable(readable)) return false;
  return watchConsumption(stream, readable.readableObjectMode ? 'items' : 'bytes', call, result, (consumption) =>
    observe(readable, consumption),
  );
}

/** Old streams have only the flag; `pipe` and `read` are there on every writable stream too. */
function isReadable(stream: Partial<Readable> & { _readableState?: unknown }): boolean {
  return typeof stream._readableState === 'object' || stream.readable === true;
}

function observe(stream: Readable, consumption: Consumption): boolean {
  if (stream.readableEnded) consumption.complete();
  else if (stream.errored) consumption.fail(stream.errored);
  else if (stream.destroyed) consumption.cancel();
  const isObserved = override(
    stream,
    'emit',
    (original) =>
      function emit(this: unknown, event: unknown, value: unknown) {
        if (event === 'data') count(stream, value, consumption);
        else if (event === 'end') consumption.complete();
        else if (event === 'error') consumption.fail(value);
        else if (event === 'close') consumption.cancel();
        // biome-ignore lint/complexity/noArguments: an event may have more values, or none.
        return Reflect.apply(original, this, arguments);
      },
  );
  if (!isObserved) return false;
  // A pipe whose destination is gone calls this and leaves the stream paused: it emits nothing then.
  override(
    stream,
    'unpipe',
    (original) =>
      function unpipe(this: unknown, destination?: Writable, ...more: unknown[]) {
        const unpiped: unknown = Reflect.apply(original, this, [destination, ...more]);
        if (destination !== undefined && isGone(destination) && !hasReaders(stream)) consumption.cancel();
        return unpiped;
      },
  );
  return true;
}

function count(stream: Readable, chunk: unknown, consumption: Consumption): void {
  if (consumption.kind === 'items') consumption.items += 1;
  else if (typeof chunk === 'string') consumption.bytes += Buffer.byteLength(chunk, stream.readableEncoding ?? 'utf8');
  else consumption.bytes += (chunk as Uint8Array | undefined)?.byteLength ?? 0;
}

/** True when it was ended or destroyed; what is piped to it goes nowhere. */
function isGone(destination: Writable): boolean {
  return destination.destroyed === true || destination.writable === false || destination.writableEnded === true;
}

/** True when somebody else still reads it. */
function hasReaders(stream: Readable & { _readableState?: { pipes?: unknown } }): boolean {
  const pipes = stream._readableState?.pipes;
  const isPiped = Array.isArray(pipes) && pipes.length > 0;
  return isPiped || stream.listenerCount('data') > 0 || stream.listenerCount('readable') > 0;
}
