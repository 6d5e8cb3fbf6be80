import type { AnyCall } from './call.js';
import { type InstrumentingClassDecorator, instrumentingClassDecorator, type MatchOption } from './class-decorator.js';
import { Instrumentation, type StartEndOptions } from './instrumentation.js';

export interface StartEndAllOptions<C extends AnyCall = AnyCall> extends StartEndOptions<C>, MatchOption {}

/**
 * Decorates a class: each of its methods tells when it begins and when it has completed or failed, as `@StartEnd` would,
 * of the event types `<resource>.<method in snake case>.start`, `.end` and `.error`. It takes the methods that
 * `@NotifiesAll` takes.
 *
 * Throws a ConfigurationError for a wrong resource, option, or name of a method, a TypeError on anything but a class.
 */
export function StartEndAll<C extends AnyCall = AnyCall>(
  resource: string,
  options: StartEndAllOptions<C> = {},
): InstrumentingClassDecorator<C> {
  return instrumentingClassDecorator(
    `@StartEndAll(${JSON.stringify(resource)})`,
    resource,
    options as StartEndAllOptions,
    pairOf,
  );
}

/** An object would be a pair of types of its own; a class decorator takes a resource only. */
function pairOf(what: string, eventType: string, options: StartEndOptions): Instrumentation {
  return Instrumentation.pair(what, String(eventType), options);
}
