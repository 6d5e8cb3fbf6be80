import { type Surroundings, surroundings } from '../../notification/context-store.js';
import type { Consumption } from './consumption.js';
import { override } from './override.js';

interface Observer {
  next?(value: unknown): void;
  error?(error: unknown): void;
  complete?(): void;
  /** Of Observables of other makers than rxjs. */
  start?(subscription: unknown): void;
}

/** What takes part in a subscription to an Observable in the consumer's place. */
export interface ObservedArguments {
  readonly args: readonly unknown[];
  /** What `subscribe` has to return instead of the first argument; undefined where it returns one of its own. */
  readonly subscriber: object | undefined;
}

/** The arguments for `subscribe` that tell what the consumer is told, and then do what it asked for. */
export function observeArguments(args: readonly unknown[], consumption: Consumption): ObservedArguments {
  const consumer = surroundings();
  const [first, ...more] = args;
  const Subscriber = subscriberClassOf(first);
  if (Subscriber !== undefined) {
    const between = new Subscriber(first);
    observeSubscriber(between, consumption, consumer);
    return { args: [between, ...more], subscriber: first as object };
  }
  const isObserver = typeof first === 'object' && first !== null;
  const observer = observed(isObserver ? (first as Observer) : fromFunctions(args), consumption, consumer);
  return { args: [observer, ...(isObserver ? more : more.slice(2))], subscriber: undefined };
}

interface Subscriber {
  add(teardown: () => void): void;
}

/**
 * The class that rxjs's operators are subscribed with, where the argument is an instance. The consumer may end a
 * subscriber itself (`takeUntil` does), so the source gets one of its own, linked as those of operators are: it is
 * unsubscribed with the consumer's, and passes on what comes. By its methods, since rxjs is not imported.
 */
function subscriberClassOf(value: unknown): (new (destination: unknown) => Subscriber) | undefined {
  const isSubscription = typeof (value as Partial<Subscriber> | undefined)?.add === 'function';
  for (let each: unknown = value; isSubscription && typeof each === 'object' && each !== null; ) {
    const prototype = each;
    if (['constructor', 'next', '_next', '_error', '_complete'].every((name) => Object.hasOwn(prototype, name))) {
      return prototype.constructor as new (
        destination: unknown,
      ) => Subscriber;
    }
    each = Object.getPrototypeOf(prototype);
  }
  return undefined;
}

function fromFunctions([next, error, complete]: readonly unknown[]): Observer {
  const observer: Record<string, unknown> = {};
  for (const [name, fn] of Object.entries({ next, error, complete })) {
    if (typeof fn === 'function') observer[name] = fn;
  }
  return observer;
}

/** Asks for the consumer's handlers when they are needed, as rxjs does. */
function observed(observer: Observer, consumption: Consumption, consumer: Surroundings | undefined): Observer {
  const { start } = observer;
  return {
    ...(typeof start === 'function' && { start: (subscription: unknown) => observer.start?.(subscription) }),
    next(value) {
      consumption.items += 1;
      consumption.runOutside(consumer, () => observer.next?.(value));
    },
    error(error) {
      consumption.fail(error);
      // Nobody handles it: rxjs reports what an observer throws as it reports what has no observer.
      if (typeof observer.error !== 'function') throw error;
      consumption.runOutside(consumer, () => observer.error?.(error));
    },
    complete() {
      consumption.complete();
      consumption.runOutside(consumer, () => observer.complete?.());
    },
  };
}

function observeSubscriber(subscriber: Subscriber, consumption: Consumption, consumer: Surroundings | undefined): void {
  const tell = (name: string, observe: (value: unknown) => void) =>
    override(
      subscriber,
      name,
      (original) =>
        function (this: unknown, ...args: unknown[]) {
          observe(args[0]);
          return consumption.runOutside(consumer, () => Reflect.apply(original, this, args));
        },
    );
  tell('next', () => {
    consumption.items += 1;
  });
  tell('error', (error) => consumption.fail(error));
  tell('complete', () => consumption.complete());
  // Called after the end too, when it changes nothing any more.
  subscriber.add(() => consumption.cancel());
}
