import type { RunningCall } from '../running-call.js';
import { watchResponse, watchStreamableFile } from './body.js';
import { watchIterator } from './iterator.js';
import { watchNodeStream } from './node-stream.js';
import { watchObservable } from './observable.js';
import { isNativePromise, watchPromise } from './promise.js';
import { isLazy, type Shape, shapeOf } from './shape.js';
import { watchThenable } from './thenable.js';
import { watchWebStream } from './web-stream.js';

/**
 * Watches what a method returned until it is really complete, and gives back what the caller gets: the same value, or
 * for a promise a derived one.
 */
export function watchReturn(returned: unknown, call: RunningCall): unknown {
  if (isObject(returned)) {
    if (isNativePromise(returned)) return watchPromise(returned, call, completeWith);
    watchObject(returned, call, true);
  } else call.complete(returned);
  if (call.awaits) call.ignoreAwait();
  return returned;
}

/** What a promise resolved with may be a stream, which is complete later. */
function completeWith(result: unknown, call: RunningCall): void {
  if (isObject(result)) watchObject(result, call, false);
  else call.complete(result);
}

/** `isReturned`: the method has returned it just now, on this very stack. */
function watchObject(object: object, call: RunningCall, isReturned: boolean): void {
  try {
    const shape = shapeOf(object);
    if (shape !== undefined && (call.instrumentation.completesConsumed || shape === 'thenable')) {
      if (isReturned && isLazy(shape)) call.postpone();
      if (watchShape(shape, object, call)) return;
    }
  } catch {
    // An object that cannot even be looked at is a value like any other.
  }
  call.begin();
  call.complete(object);
}

/** False when there is nothing to wait for, or no way to. */
function watchShape(shape: Shape, object: object, call: RunningCall): boolean {
  switch (shape) {
    case 'thenable':
      return watchThenable(object, call, completeWith);
    case 'iterator':
      return watchIterator(object, call);
    case 'observable':
      return watchObservable(object, call);
    case 'node-stream':
      return watchNodeStream(object, call);
    case 'web-stream':
      return object instanceof ReadableStream && watchWebStream(object, call);
    case 'response':
      return watchResponse(object, call);
    case 'file':
      return watchStreamableFile(object, call);
  }
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
