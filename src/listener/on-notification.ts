import { describeLegacy, describeStandard, isStandardContext } from '../notification/decorated-member.js';
import { EventPatterns } from '../notification/event-pattern.js';
import type { EventType } from '../notification/event-payloads.js';
import type {
  BatchHandler,
  BatchOptions,
  Delivery,
  Handler,
  HandlerOptions,
  Received,
  ReceivedPayload,
} from './handler.js';

export type OnNotificationOptions = HandlerOptions & { readonly batch?: BatchOptions };

type AnyMethod = (this: never, ...args: never[]) => unknown;

/** What a decorator wrote down. */
interface Entry {
  readonly method: string | symbol;
  readonly pattern: string | readonly string[];
  readonly options: OnNotificationOptions;
  /** The method of an instance; a `#private` one can be had in no other way. */
  readonly get: (instance: object) => AnyMethod;
}

/** A decorated method of one instance, ready to be called. */
export interface NotificationHandler {
  /** `Class.method`, which tells it apart over restarts. */
  readonly name: string;
  readonly pattern: string | readonly string[];
  readonly options: OnNotificationOptions;
  readonly call: Handler<never> | BatchHandler<never>;
}

/** Where it is written down: on the prototype (or the class), and on instances for standard decorators. */
const HANDLERS = Symbol.for('tidings.notification-handlers.1');

type Home = { [HANDLERS]?: Entry[] };

/**
 * A method decorator for both standards, of methods that take notifications of the event type `T`. One that the program
 * does not know the payload of may be anything.
 */
export interface HandlerDecorator<T> {
  <F extends (...args: never[]) => unknown>(method: F & Takes<F, T>, context: ClassMethodDecoratorContext): void;
  <F extends (...args: never[]) => unknown>(
    target: object,
    name: string | symbol,
    descriptor: TypedPropertyDescriptor<F & Takes<F, T>>,
  ): void;
}

/** A method decorator as {@link HandlerDecorator}, of methods that take batches. */
export interface BatchHandlerDecorator<T> {
  <F extends (...args: never[]) => unknown>(method: F & TakesBatch<F, T>, context: ClassMethodDecoratorContext): void;
  <F extends (...args: never[]) => unknown>(
    target: object,
    name: string | symbol,
    descriptor: TypedPropertyDescriptor<F & TakesBatch<F, T>>,
  ): void;
}

// biome-ignore lint/suspicious/noExplicitAny: what is not known may be what the method says it is.
type Taken<T> = Received<ReceivedPayload<T, any>>;

type Takes<F, T> = F extends (notification: Taken<T>, delivery: Delivery) => unknown
  ? unknown
  : { 'a handler takes': [notification: Taken<T>, delivery: Delivery] };

type TakesBatch<F, T> = F extends (notifications: readonly Taken<T>[], deliveries: readonly Delivery[]) => unknown
  ? unknown
  : { 'a batch handler takes': [notifications: readonly Taken<T>[], deliveries: readonly Delivery[]] };

/**
 * Marks a method as a handler of notifications: `listener.register(instance)` calls it for those that the pattern means
 * (`image.*`, `image.*,!image.send`, or an array) and the options let through. With `batch` it gets arrays. Throws a
 * ConfigurationError for a wrong pattern and a TypeError on anything but a method, where it is written.
 */
export function OnNotification<const T extends EventType>(
  pattern: T | readonly T[],
  options: HandlerOptions & { readonly batch: BatchOptions },
): BatchHandlerDecorator<T>;
export function OnNotification<const T extends EventType>(
  pattern: T | readonly T[],
  options?: HandlerOptions,
): HandlerDecorator<T>;
export function OnNotification(pattern: string | readonly string[], options: OnNotificationOptions = {}): unknown {
  EventPatterns.parse(pattern, '@OnNotification');
  const refuse = (what: string): never => {
    throw new TypeError(`@OnNotification cannot decorate the ${what}; it decorates methods`);
  };
  return (first: unknown, second: unknown, third: unknown): void => {
    if (isStandardContext(second)) {
      if (second.kind !== 'method') refuse(describeStandard(second));
      const context = second as ClassMethodDecoratorContext;
      const get = (instance: object) => context.access.get(instance) as AnyMethod;
      const entry = { method: context.name, pattern, options, get };
      context.addInitializer(function (this: unknown) {
        write(this as Home, entry);
      });
      return;
    }
    const method = second as string | symbol;
    if (second === undefined || typeof (third as PropertyDescriptor | undefined)?.value !== 'function') {
      refuse(describeLegacy(first, second, third));
    }
    const get = (instance: object) => (instance as Record<string | symbol, AnyMethod>)[method] as AnyMethod;
    write(first as Home, { method, pattern, options, get });
  };
}

function write(home: Home, entry: Entry): void {
  if (!Object.hasOwn(home, HANDLERS)) {
    Object.defineProperty(home, HANDLERS, { value: [], configurable: true });
  }
  home[HANDLERS]?.push(entry);
}

/**
 * The methods of an object, or the static ones of a class, that are decorated by `@OnNotification`, by any copy of the
 * package. Where a class overrides a decorated method and decorates it anew, only its own decoration counts under
 * `experimentalDecorators`.
 */
export function notificationHandlersOf(instance: object): NotificationHandler[] {
  const found: Entry[] = [];
  const overridden = new Set<string | symbol>();
  for (let home: object | null = instance; home !== null; home = Object.getPrototypeOf(home)) {
    const own = Object.hasOwn(home, HANDLERS) ? ((home as Home)[HANDLERS] ?? []) : [];
    found.push(...own.filter(({ method }) => !overridden.has(method)));
    for (const { method } of own) overridden.add(method);
  }
  const owner = typeof instance === 'function' ? instance : (instance.constructor as { name?: unknown } | undefined);
  const className = typeof owner?.name === 'string' && owner.name !== '' ? owner.name : '(anonymous)';
  return found.map(({ method, pattern, options, get }) => ({
    name: `${className}.${String(method)}`,
    pattern,
    options,
    call: (...args: unknown[]) => Reflect.apply(get(instance), instance, args),
  }));
}
