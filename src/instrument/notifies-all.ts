import type { AnyCall } from './call.js';
import { type InstrumentingClassDecorator, instrumentingClassDecorator, type MatchOption } from './class-decorator.js';
import { Instrumentation, type NotifiesOptions } from './instrumentation.js';

export interface NotifiesAllOptions<C extends AnyCall = AnyCall> extends NotifiesOptions<C>, MatchOption {}

/**
 * Decorates a class: each of its methods tells one notification when it has completed, as `@Notifies` would, of the
 * event type `<resource>.<method in snake case>` (`handleCreateImage` → `image.handle_create_image`).
 *
 * It takes the methods that the class itself defines (not those it inherits), or of these the ones that `match` takes;
 * never static or `#private` methods, accessors, the constructor, names that are symbols or begin with `_`, Nest's
 * lifecycle hooks (`onModuleInit` …), `toJSON`, `toString`, `toLocaleString`, `valueOf`, `then` and `inspect`; nor
 * methods with `@Notifies`, `@StartEnd` or `@SkipNotifications()` of their own.
 *
 * Throws a ConfigurationError for a wrong resource, option, or name of a method, a TypeError on anything but a class.
 */
export function NotifiesAll<C extends AnyCall = AnyCall>(
  resource: string,
  options: NotifiesAllOptions<C> = {},
): InstrumentingClassDecorator<C> {
  return instrumentingClassDecorator(
    `@NotifiesAll(${JSON.stringify(resource)})`,
    resource,
    options as NotifiesAllOptions,
    Instrumentation.single,
  );
}
