import { methodDecorator } from './decorator.js';
import { markSkipped } from './wrapped-methods.js';

/** A method decorator for both standards that leaves the method as it is. */
export interface SkippingDecorator {
  // biome-ignore lint/suspicious/noExplicitAny: any method.
  (method: (...args: any[]) => unknown, context: ClassMethodDecoratorContext): void;
  // biome-ignore lint/suspicious/noExplicitAny: any method.
  (target: object, name: string | symbol, descriptor: TypedPropertyDescriptor<(...args: any[]) => any>): void;
}

/**
 * Decorates a method of a class that has `@NotifiesAll` or `@StartEndAll`: it is not told of. A decorator of its own,
 * `@Notifies` or `@StartEnd`, still tells. Throws a TypeError on anything but a method.
 *
 * It may stand above or below other decorators of the method. One exception: under standard decorators on a platform
 * without `Symbol.metadata` it must stand above a decorator that puts another function in the method's place.
 */
export function SkipNotifications(): SkippingDecorator {
  return methodDecorator('@SkipNotifications()', (method) => {
    markSkipped(method);
    return method;
  }) as SkippingDecorator;
}
