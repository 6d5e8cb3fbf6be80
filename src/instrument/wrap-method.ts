import { types } from 'node:util';
import { surroundings } from '../notification/context-store.js';
import type { Notifier } from '../notifier/notifier.js';
import { currentNotifier } from '../setup/current-notifier.js';
import type { Instrumentation } from './instrumentation.js';
import { watchReturn } from './return-shapes/watch-return.js';
import { RunningCall } from './running-call.js';

// biome-ignore lint/suspicious/noExplicitAny: any function can be wrapped.
export type AnyFunction = (this: any, ...args: any[]) => any;

/**
 * The function that stands for `fn` and tells of its calls. It is `fn` to everybody else: the same `this`, arguments,
 * result, thrown error, name, length and metadata. The notifier is looked up at each call.
 */
export function wrapMethod<F extends AnyFunction>(fn: F, instrumentation: Instrumentation): F {
  // A generator function runs nothing before the first `next` of what it returns.
  const isGenerator = types.isGeneratorFunction(fn) || generatorFunctions.has(fn);
  const beginsLater = isGenerator && instrumentation.completesConsumed;

  // What a notifier has turned off never changes, so it is asked once.
  let asked: Notifier | undefined;
  let isEnabled = false;
  let skips = { skipped: 0 };

  function instrumented(this: unknown): unknown {
    const notifier = currentNotifier();
    if (asked !== notifier) {
      asked = notifier;
      isEnabled = instrumentation.isEnabled(notifier);
      skips = instrumentation.skips(notifier);
    }
    if (!isEnabled) {
      skips.skipped += 1;
      // biome-ignore lint/complexity/noArguments: rest parameters would allocate on the path of a disabled event.
      return Reflect.apply(fn, this, arguments);
    }
    const outer = surroundings();
    // biome-ignore lint/complexity/noArguments: as above.
    if (outer?.suppressed === true) return Reflect.apply(fn, this, arguments);
    // biome-ignore lint/complexity/noArguments: as above; of the very size, since an array that grows is given more.
    const args: unknown[] = new Array(arguments.length);
    // biome-ignore lint/complexity/noArguments: as above; one by one, since Array.from costs more than all the rest.
    for (let index = 0; index < args.length; index += 1) args[index] = arguments[index];
    return callAndTell(fn, this, args, new RunningCall(instrumentation, notifier, outer, this, args), beginsLater);
  }
  takeIdentity(instrumented, fn);
  if (isGenerator) generatorFunctions.add(instrumented);
  return instrumented as F;
}

/** Beside the wrapper, which allocates nothing for an event that is disabled: a closure in there would. */
function callAndTell(
  fn: AnyFunction,
  self: unknown,
  args: readonly unknown[],
  call: RunningCall,
  beginsLater: boolean,
): unknown {
  if (!beginsLater) call.begin();
  call.throwInvalid();
  let returned: unknown;
  try {
    returned = call.run(() => Reflect.apply(fn, self, args));
  } catch (error) {
    call.begin();
    call.fail(error);
    throw error;
  }
  const watched = watchReturn(returned, call);
  call.throwInvalid();
  return watched;
}

/** Instrumented ones, for the instrumentation around them. */
const generatorFunctions = new WeakSet<object>();

/** What a function shares with no other, and what needs care. */
const OWN = new Set<PropertyKey>(['prototype', 'arguments', 'caller']);

function takeIdentity(wrapper: AnyFunction, fn: AnyFunction): void {
  // So that async and generator functions are known as such, and what they make as theirs.
  const kind: object = Object.getPrototypeOf(fn);
  if (kind !== Function.prototype) Object.setPrototypeOf(wrapper, kind);
  if (Object.hasOwn(fn, 'prototype')) wrapper.prototype = fn.prototype;
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
