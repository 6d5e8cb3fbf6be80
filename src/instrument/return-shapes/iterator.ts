import type { RunningCall } from '../running-call.js';
import { type Consumption, watchConsumption } from './consumption.js';
import { override } from './override.js';
import { isNativePromise } from './promise.js';

const { then } = Promise.prototype;

/**
 * Watches an iterator or generator, sync or async: it begins at the first `next`, and what it runs for `next`, `return`
 * and `throw` runs as the call's operation. Never consumed, it tells nothing. False when the object takes no methods.
 */
export function watchIterator(iterator: object, call: RunningCall): boolean {
  return watchConsumption(
    iterator,
    'items',
    call,
    () => iterator,
    (consumption) => observeIterator(iterator, new Observation(consumption, iterator)),
  );
}

function observeIterator(iterator: object, observation: Observation): boolean {
  const isObserved = override(
    iterator,
    'next',
    (original) =>
      function next(this: unknown, ...args: unknown[]) {
        const pull = () => Reflect.apply(original, this, args);
        return observation.source === iterator ? observation.pull(pull) : pull();
      },
  );
  if (!isObserved) return false;
  override(
    iterator,
    'return',
    (original) =>
      function (this: unknown, ...args: unknown[]) {
        const stop = () => Reflect.apply(original, this, args);
        return observation.source === iterator ? observation.stop(stop) : stop();
      },
  );
  override(
    iterator,
    'throw',
    (original) =>
      function (this: unknown, ...args: unknown[]) {
        const interrupt = () => Reflect.apply(original, this, args);
        return observation.source === iterator ? observation.interrupt(interrupt) : interrupt();
      },
  );
  for (const iterate of [Symbol.iterator, Symbol.asyncIterator]) observeOthers(iterator, iterate, observation);
  return true;
}

/**
 * An object with a `next` of its own may give another iterator to whoever loops over it: then that one counts, and may
 * use the first one's `next` itself.
 */
function observeOthers(iterator: object, iterate: symbol, observation: Observation): void {
  const inherited = (iterator as Record<symbol, unknown>)[iterate];
  if (inherited === undefined || nativeIterates.has(inherited)) return;
  override(
    iterator,
    iterate,
    (original) =>
      function (this: unknown, ...args: unknown[]) {
        const other: unknown = Reflect.apply(original, this, args);
        if (other !== iterator && isObject(other)) {
          observation.source = other;
          observeIterator(other, observation);
        }
        return other;
      },
  );
}

/** The `[Symbol.iterator]` and `[Symbol.asyncIterator]` of all generators, which return `this`. */
const nativeIterates = new Set<unknown>([
  [][Symbol.iterator]()[Symbol.iterator],
  (async function* () {})()[Symbol.asyncIterator],
]);

class Observation {
  readonly consumption: Consumption;
  /** What the consumer pulls from. */
  source: object;
  #isRunning = false;
  #isStopping = false;
  #hasStarted = false;

  constructor(consumption: Consumption, source: object) {
    this.consumption = consumption;
    this.source = source;
  }

  pull(body: () => unknown): unknown {
    this.#hasStarted = true;
    this.consumption.begin();
    return this.#run(body);
  }

  /** `return`: the consumer has had enough. Of what has never run there is nothing to tell. */
  stop(body: () => unknown): unknown {
    if (!this.#hasStarted) this.consumption.forget();
    this.#isStopping = true;
    return this.#run(body);
  }

  /** `throw`: the generator may go on. */
  interrupt(body: () => unknown): unknown {
    if (!this.#hasStarted) this.consumption.forget();
    return this.#run(body);
  }

  /** A generator that calls its own `next` gets an error for that, and goes on. */
  #run(body: () => unknown): unknown {
    const { consumption } = this;
    if (consumption.hasEnded) return body();
    const isWithin = this.#isRunning;
    this.#isRunning = true;
    let given: unknown;
    try {
      given = consumption.run(body);
    } catch (error) {
      if (!isWithin) consumption.fail(error);
      throw error;
    } finally {
      this.#isRunning = isWithin;
    }
    if (!isObject(given) || !isNativePromise(given)) {
      this.#given(given);
      return given;
    }
    return Reflect.apply(then, given, [
      (result: unknown) => {
        this.#given(result);
        return result;
      },
      (error: unknown) => {
        consumption.fail(error);
        throw error;
      },
    ]);
  }

  /** A cursor that gives what it finds as it is says with null that there is nothing more. */
  #given(result: unknown): void {
    const isDone = isObject(result) ? readDone(result) : (result ?? null) === null;
    if (!isDone) this.consumption.items += 1;
    else if (this.#isStopping) this.consumption.cancel();
    else this.consumption.complete();
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function readDone(result: object): boolean {
  try {
    return Boolean((result as { done?: unknown }).done);
  } catch {
    // Whoever reads it next gets the error.
    return true;
  }
}
