import { surroundings } from '../../notification/context-store.js';
import type { RunningCall } from '../running-call.js';
import { MAX_WAITING } from './consumption.js';
import { override } from './override.js';
import { isNativePromise } from './promise.js';

type Handler = (value: unknown) => unknown;
type Settled = (result: unknown, call: RunningCall) => void;

/** The calls that returned a thenable and wait for it to settle. */
const waiting = new WeakMap<object, Set<RunningCall>>();

/**
 * Watches a promise of another class, or a thenable: the object stays the same, and `then` is never called by tidings,
 * since a lazy query would run once more. What its consumers' calls of `then` bring is observed; the first settlement is
 * the call's. Never awaited, it tells nothing. False when the object takes no method of its own.
 */
export function watchThenable(thenable: object, call: RunningCall, settled: Settled): boolean {
  let calls = waiting.get(thenable);
  if (calls === undefined) {
    calls = new Set();
    if (!observe(thenable, new Observation(calls, settled))) return false;
    waiting.set(thenable, calls);
  }
  if (calls.size >= MAX_WAITING) return false;
  calls.add(call);
  return true;
}

/** Sees to it that the calls are told of the first settlement. */
class Observation {
  readonly #calls: Set<RunningCall>;
  readonly #settled: Settled;
  /** How often the thenable's own `then` was called; tells whether `catch` and `finally` go through it. */
  thens = 0;

  constructor(calls: Set<RunningCall>, settled: Settled) {
    this.#calls = calls;
    this.#settled = settled;
  }

  /** Somebody awaits it: what is lazy runs now, as the operation of the call that made it. */
  run<R>(body: () => R): R {
    for (const call of [...this.#calls].reverse()) call.begin();
    const [innermost] = this.#calls;
    if (innermost === undefined) return body();
    try {
      return innermost.run(body);
    } catch (error) {
      // To whoever awaits it, a `then` that throws has rejected.
      this.#end((call) => call.fail(error));
      throw error;
    }
  }

  /** The handlers to pass on: they tell, and do what the consumer's do, in the consumer's context. */
  fulfilled(handler: unknown): Handler {
    const outside = this.#outside();
    return (value) => {
      this.#end((call) => this.#settled(value, call));
      return typeof handler === 'function' ? outside(() => handler(value)) : value;
    };
  }

  rejected(handler: unknown): Handler {
    const outside = this.#outside();
    return (error) => {
      this.#end((call) => call.fail(error));
      if (typeof handler === 'function') return outside(() => handler(error));
      throw error;
    };
  }

  /** Later calls of the method wait for the next settlement: a lazy query runs again each time. */
  #end(tell: (call: RunningCall) => void): void {
    const calls = [...this.#calls];
    this.#calls.clear();
    for (const call of calls) tell(call);
  }

  #outside(): <R>(body: () => R) => R {
    const consumer = surroundings();
    const [innermost] = this.#calls;
    return innermost === undefined ? (body) => body() : (body) => innermost.runOutside(consumer, body);
  }
}

function observe(thenable: object, observation: Observation): boolean {
  const isObserved = override(
    thenable,
    'then',
    (original) =>
      function then(this: unknown, onFulfilled?: unknown, onRejected?: unknown, ...more: unknown[]) {
        observation.thens += 1;
        const [fulfilled, rejected] = [observation.fulfilled(onFulfilled), observation.rejected(onRejected)];
        return observation.run(() => Reflect.apply(original, this, [fulfilled, rejected, ...more]));
      },
  );
  if (!isObserved) return false;
  const { catch: inheritedCatch, finally: inheritedFinally } = thenable as Partial<Promise<unknown>>;
  // A promise's own go through `then`; those of some thenables do not.
  if (inheritedCatch !== Promise.prototype.catch) overrideCatch(thenable, observation);
  if (inheritedFinally !== Promise.prototype.finally) overrideFinally(thenable, observation);
  return true;
}

function overrideCatch(thenable: object, observation: Observation): void {
  override(
    thenable,
    'catch',
    (original) =>
      function (this: unknown, ...args: unknown[]) {
        // Bluebird takes classes of errors before the handler.
        const passed = args.length === 1 ? [observation.rejected(args[0])] : args;
        return observeOutcome(observation, () => Reflect.apply(original, this, passed));
      },
  );
}

function overrideFinally(thenable: object, observation: Observation): void {
  override(
    thenable,
    'finally',
    (original) =>
      function (this: unknown, ...args: unknown[]) {
        return observeOutcome(observation, () => Reflect.apply(original, this, args));
      },
  );
}

/** What a `catch` or `finally` gives that did not go through `then`: it settles as the thenable does. */
function observeOutcome(observation: Observation, body: () => unknown): unknown {
  const before = observation.thens;
  const derived = observation.run(body);
  if (observation.thens !== before || typeof derived !== 'object' || derived === null) return derived;
  if (isNativePromise(derived)) return derived.then(observation.fulfilled(undefined), observation.rejected(undefined));
  observe(derived, observation);
  return derived;
}
