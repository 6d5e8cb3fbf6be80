import { surroundings } from '../notification/context-store.js';
import { currentNotifier } from '../setup/current-notifier.js';
import type { Instrumentation } from './instrumentation.js';
import { watchReturn } from './return-shapes.js';
import { RunningCall } from './running-call.js';

// biome-ignore lint/suspicious/noExplicitAny: any function can be wrapped.
export type AnyFunction = (this: any, ...args: any[]) => any;

/**
 * The function that stands for `fn` and tells of its calls. It is `fn` to everybody else: the same `this`, arguments,
 * result, thrown error, name, length and metadata. The notifier is looked up at each call.
 */
export function wrapMethod<F extends AnyFunction>(fn: F, instrumentation: Instrumentation): F {
  function instrumented(this: unknown): unknown {
    const notifier = currentNotifier();
    if (!instrumentation.isEnabled(notifier)) {
      notifier.skip();
      // biome-ignore lint/complexity/noArguments: rest parameters would allocate on the path of a disabled event.
      return Reflect.apply(fn, this, arguments);
    }
    const outer = surroundings();
    // biome-ignore lint/complexity/noArguments: as above.
    if (outer?.suppressed === true) return Reflect.apply(fn, this, arguments);
    // biome-ignore lint/complexity/noArguments: as above.
    const args = Array.from(arguments);
    const call = new RunningCall(instrumentation, notifier, outer, this, args);
    call.start();
    let returned: unknown;
    try {
      returned = call.run(() => Reflect.apply(fn, this, args));
    } catch (error) {
      call.fail(error);
      throw error;
    }
    return watchReturn(returned, call);
  }
  takeIdentity(instrumented, fn);
  return instrumented as F;
}

/** What a function shares with no other: its own metadata is added, these are not copied as they are. */
const OWN = new Set<PropertyKey>(['prototype', 'arguments', 'caller']);

function takeIdentity(wrapper: AnyFunction, fn: AnyFunction): void {
  for (const key of Reflect.ownKeys(fn)) {
    if (OWN.has(key)) continue;
    Object.defineProperty(wrapper, key, Object.getOwnPropertyDescriptor(fn, key) as PropertyDescriptor);
  }
  copyMetadata(wrapper, fn);
}

/** The functions that reflect-metadata adds to `Reflect`, where the application has loaded it. */
interface MetadataReflect {
  getOwnMetadataKeys?(target: object): unknown[];
  getOwnMetadata?(key: unknown, target: object): unknown;
  defineMetadata?(key: unknown, value: unknown, target: object): void;
}

function copyMetadata(wrapper: AnyFunction, fn: AnyFunction): void {
  const reflect = Reflect as MetadataReflect;
  for (const key of reflect.getOwnMetadataKeys?.(fn) ?? []) {
    reflect.defineMetadata?.(key, reflect.getOwnMetadata?.(key, fn), wrapper);
  }
}
