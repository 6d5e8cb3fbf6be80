import { type Surroundings, surroundings } from '../../notification/context-store.js';
import type { Consumption } from './consumption.js';
import { override, restore } from './override.js';

interface Observer {
  next?(value: unknown): void;
  error?(error: unknown): void;
  complete?(): void;
  /** Of Observables of other makers than rxjs. */
  start?(subscription: unknown): void;
}

/** The arguments for `subscribe` that tell what the consumer is told, and then do what it asked for. */
export function observeArguments(args: readonly unknown[], consumption: Consumption): readonly unknown[] {
  const consumer = surroundings();
  const [first, ...more] = args;
  if (isSubscriber(first)) {
    observeSubscriber(first, consumption, consumer);
    return args;
  }
  const observer = typeof first === 'object' && first !== null ? (first as Observer) : fromFunctions(args);
  const rest = typeof first === 'object' && first !== null ? more : more.slice(2);
  return [observed(observer, consumption, consumer), ...rest];
}

/** What rxjs passes on from one operator to the next: it must stay itself, it carries the unsubscribing upwards. */
function isSubscriber(value: unknown): value is object {
  const { next, error, complete, add, unsubscribe } = (value ?? {}) as Record<string, unknown>;
  return [next, error, complete, add, unsubscribe].every((method) => typeof method === 'function');
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

/** Until its end only: the same subscriber may be passed to other Observables after this one. */
function observeSubscriber(subscriber: object, consumption: Consumption, consumer: Surroundings | undefined): void {
  const undo: (() => void)[] = [];
  const tell = (name: string, observe: (value: unknown) => void) => {
    const before = Reflect.getOwnPropertyDescriptor(subscriber, name);
    override(
      subscriber,
      name,
      (original) =>
        function (this: unknown, ...args: unknown[]) {
          observe(args[0]);
          return consumption.runOutside(consumer, () => Reflect.apply(original, this, args));
        },
    );
    const own = Reflect.getOwnPropertyDescriptor(subscriber, name)?.value;
    undo.push(() => restore(subscriber, name, own, before));
  };
  const end = (how: () => void) => {
    for (const each of undo) each();
    how();
  };
  tell('next', () => {
    consumption.items += 1;
  });
  tell('error', (error) => end(() => consumption.fail(error)));
  tell('complete', () => end(() => consumption.complete()));
}
