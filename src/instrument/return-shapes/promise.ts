import { types } from 'node:util';
import type { RunningCall } from '../running-call.js';

/** What async functions return; the global `Promise` may have been replaced. */
const nativePrototype: object = Object.getPrototypeOf((async () => {})());
const { then } = Promise.prototype;

/** True for a promise as async functions return it; subclasses, and promises of other realms, are thenables. */
export function isNativePromise(value: object): value is Promise<unknown> {
  return Object.getPrototypeOf(value) === nativePrototype && types.isPromise(value);
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

/** Node puts symbols of its own on promises, which belong to each one alone. */
function keepExtras(promise: object, derived: object): void {
  for (const key of Object.getOwnPropertyNames(promise)) {
    Object.defineProperty(derived, key, Object.getOwnPropertyDescriptor(promise, key) as PropertyDescriptor);
  }
  for (const key of Object.getOwnPropertySymbols(promise)) {
    if (Object.hasOwn(derived, key)) continue;
    Object.defineProperty(derived, key, Object.getOwnPropertyDescriptor(promise, key) as PropertyDescriptor);
  }
}
