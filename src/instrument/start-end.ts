import type { AnyCall, CallOf } from './call.js';
import { type InstrumentingDecorator, instrumentingDecorator } from './decorator.js';
import { Instrumentation, type PairOfTypes, type StartEndOptions } from './instrumentation.js';
import { type AnyFunction, wrapMethod } from './wrap-method.js';

/**
 * Decorates a method: a notification when it begins and one when it has completed or failed, both with the same
 * `operation_id`. `'task.run'` tells `task.run.start`, then `task.run.end` or `task.run.error`.
 * Throws a ConfigurationError for a wrong event type or option, a TypeError on anything but a method.
 */
export function StartEnd<C extends AnyCall = AnyCall>(
  eventTypes: string | PairOfTypes,
  options: StartEndOptions<C> = {},
): InstrumentingDecorator<C> {
  const what = `@StartEnd(${JSON.stringify(eventTypes)})`;
  return instrumentingDecorator(what, Instrumentation.pair(what, eventTypes, options as StartEndOptions));
}

/** The same for a plain function: returns the function that tells. */
export function withStartEnd<F extends AnyFunction>(
  eventTypes: string | PairOfTypes,
  fn: F,
  options: StartEndOptions<CallOf<F, ThisParameterType<F>>> = {},
): F {
  const what = `withStartEnd(${JSON.stringify(eventTypes)})`;
  if (typeof fn !== 'function') throw new TypeError(`${what} wraps functions, not ${typeof fn}`);
  return wrapMethod(fn, Instrumentation.pair(what, eventTypes, options as StartEndOptions));
}
