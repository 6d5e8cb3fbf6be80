import type { Surroundings } from '../../notification/context-store.js';
import type { Taken } from '../moment.js';
import type { RunningCall } from '../running-call.js';

/** More calls than this do not wait for one object that a method keeps and returns again: it may never end. */
export const MAX_WAITING = 1_000;

interface Waiting {
  readonly call: RunningCall;
  /** A function, since some objects must not keep what was returned alive. */
  readonly result: () => unknown;
}

/**
 * What was taken from one returned object, and the calls that end with it: more than one where a method keeps the object
 * and returns it again, or where a decorated method passes on what another one gave it.
 */
export class Consumption implements Taken {
  kind: Taken['kind'];
  bytes = 0;
  items = 0;
  #waiting: Waiting[] = [];
  /** The call whose body made the object. */
  #innermost: RunningCall | undefined = undefined;
  #hasBegun = false;
  #end: ((waiting: Waiting) => void) | undefined = undefined;

  constructor(kind: Taken['kind']) {
    this.kind = kind;
  }

  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  /** One more call ends with this object: at once, if it has ended. */
  join(call: RunningCall, result: () => unknown): void {
    this.#innermost ??= call;
    const waiting = { call, result };
    if (this.#end === undefined && this.#waiting.length < MAX_WAITING) {
      this.#waiting.push(waiting);
      if (this.#hasBegun) call.begin();
      return;
    }
    call.begin();
    if (this.#end === undefined) call.complete(result());
    else this.#end(waiting);
  }

  /** Somebody consumes it. The call that passed it on last is the outermost: it begins first. */
  begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    for (const { call } of this.#waiting.toReversed()) call.begin();
  }

  /** Runs the producer's code as the operation of the call that made the object. */
  run<R>(body: () => R): R {
    return this.#innermost === undefined ? body() : this.#innermost.run(body);
  }

  /** Runs the consumer's code where the consumer stood. */
  runOutside<R>(consumer: Surroundings | undefined, body: () => R): R {
    return this.#innermost === undefined ? body() : this.#innermost.runOutside(consumer, body);
  }

  complete(): void {
    this.#endWith(({ call, result }) => call.complete(result(), this));
  }

  fail(error: unknown): void {
    this.#endWith(({ call, result }) => call.fail(error, this, result));
  }

  cancel(): void {
    this.#endWith(({ call, result }) => call.cancel(result(), this));
  }

  /** It was given back without being consumed: there is nothing to tell. */
  forget(): void {
    this.#endWith(() => {});
  }

  #endWith(end: (waiting: Waiting) => void): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const each of waiting) end(each);
  }
}

/** The objects that are watched already. */
const watched = new WeakMap<object, Consumption>();

/**
 * Lets a call end with an object that is consumed later, and instruments the object the first time that it is seen.
 * `instrument` returns false when the object does not allow it; then this does too.
 */
export function watchConsumption(
  object: object,
  kind: Taken['kind'],
  call: RunningCall,
  result: () => unknown,
  instrument: (consumption: Consumption) => boolean,
): boolean {
  let consumption = watched.get(object);
  if (consumption === undefined) {
    consumption = new Consumption(kind);
    if (!instrument(consumption)) return false;
    watched.set(object, consumption);
  }
  consumption.join(call, result);
  return true;
}
