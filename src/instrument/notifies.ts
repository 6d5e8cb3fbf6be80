import type { AnyCall, CallOf } from './call.js';
import { type InstrumentingDecorator, instrumentingDecorator } from './decorator.js';
import { Instrumentation, type NotifiesOptions } from './instrumentation.js';
import { type AnyFunction, wrapMethod } from './wrap-method.js';

/**
 * Decorates a method: one notification when it has completed, an ERROR when it fails through a fault of the system.
 * Throws a ConfigurationError for a wrong event type or option, a TypeError on anything but a method.
 */
export function Notifies<C extends AnyCall = AnyCall>(
  eventType: string,
  options: NotifiesOptions<C> = {},
): InstrumentingDecorator<C> {
  const what = `@Notifies(${JSON.stringify(eventType)})`;
  return instrumentingDecorator(what, Instrumentation.single(what, eventType, options as NotifiesOptions));
}

/** The same for a plain function: returns the function that tells. */
export function withNotifies<F extends AnyFunction>(
  eventType: string,
  fn: F,
  options: NotifiesOptions<CallOf<F, ThisParameterType<F>>> = {},
): F {
  const what = `withNotifies(${JSON.stringify(eventType)})`;
  if (typeof fn !== 'function') throw new TypeError(`${what} wraps functions, not ${typeof fn}`);
  return wrapMethod(fn, Instrumentation.single(what, eventType, options as NotifiesOptions));
}
