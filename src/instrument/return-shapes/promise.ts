import { types } from 'node:util';
import type { RunningCall } from '../running-call.js';

/** What async functions return; the global `Promise` may have been replaced. */
const nativePrototype: object = Object.getPrototypeOf((async () => {})());
const { then } = Promise.prototype;

/** True for a promise as async functions return it; subclasses, and promises of other realms, are thenables. */
export function isNativePromise(value: object): value is Promise<unknown> {
  // In this order: to ask a proxy for its prototype runs code of the application.
  return types.isPromise(value) && Object.getPrototypeOf(value) === nativePrototype;
}

/**
 * Gives a promise that settles as this one does, one microtask later, when `call` was told: a derived one, so that a
 * rejection nobody handles stays visible. What the application put on the promise is on the derived one too.
 */
export function watchPromise(
  promise: Promise<unknown>,
  call: RunningCall,
  settled: (result: unknown, call: RunningCall) => void,
): Promise<unknown> {
  const derived = Reflect.apply(then, promise, [
    (result: unknown) => {
      settled(result, call);
      call.throwInvalid();
      return call.awaits ? call.told().then(() => result) : result;
    },
    (error: unknown) => {
      call.fail(error);
      if (!call.awaits) throw error;
      return call.told().then(() => {
        throw error;
      });
    },
  ]);
  keepExtras(promise, derived);
  return derived;
}

/**
 * What the application put on a promise (`promise.cancel = …`). Node puts symbols on promises too, which belong to each
 * one alone, so to look for symbols would cost every call; what shows that there is anything is a field with a name.
 */
function keepExtras(promise: object, derived: object): void {
  if (Object.keys(promise).length === 0) return;
  for (const key of Reflect.ownKeys(promise)) {
    if (Object.hasOwn(derived, key)) continue;
    Object.defineProperty(derived, key, Object.getOwnPropertyDescriptor(promise, key) as PropertyDescriptor);
  }
}
