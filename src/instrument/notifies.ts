import type { EventPayloads, EventType, PayloadOf, StartPayloadOf } from '../notification/event-payloads.js';
import type { RuleBook } from '../notification/event-rules.js';
import type { AnyCall, CallOf, FromResult, Gives } from './call.js';
import { type InstrumentingDecorator, instrumentingDecorator } from './decorator.js';
import { Instrumentation, type NotifiesOptions, type WithPayload } from './instrumentation.js';
import { type AnyFunction, wrapMethod } from './wrap-method.js';

/** `@Notifies`, where the payloads of the event types `E` are known. */
export type NotifiesDecorator<E = EventPayloads> = <
  T extends EventType<E>,
  C extends AnyCall = AnyCall,
  const Given extends PayloadOf<T, E> = never,
>(
  eventType: T,
  options?: NotifiesOptions<C, PayloadOf<T, E>, StartPayloadOf<T, E>, Given>,
) => InstrumentingDecorator<C, FromResult<PayloadOf<T, E>, Given>>;

/** `withNotifies`, where the payloads of the event types `E` are known. */
export interface WithNotifies<E = EventPayloads> {
  <T extends EventType<E>, F extends AnyFunction>(
    eventType: T,
    fn: F,
    options: WithPayload<
      NotifiesOptions<CallOf<F, ThisParameterType<F>>>,
      CallOf<F, ThisParameterType<F>>,
      PayloadOf<T, E>,
      StartPayloadOf<T, E>
    >,
  ): F;
  <T extends EventType<E>, F extends AnyFunction>(
    // Beside the type and not beside the function, which would lose its type parameters.
    eventType: T & Gives<PayloadOf<T, E>, F>,
    fn: F,
    options?: NotifiesOptions<CallOf<F, ThisParameterType<F>>, PayloadOf<T, E>, StartPayloadOf<T, E>>,
  ): F;
}

/** `rules`: the catalog that speaks for what is told; undefined: those of the notifier. */
export function notifiesBy(rules: RuleBook | undefined) {
  return <C extends AnyCall, P>(eventType: string, options: object = {}): InstrumentingDecorator<C, P> => {
    const what = `@Notifies(${JSON.stringify(eventType)})`;
    return instrumentingDecorator(what, Instrumentation.single(what, eventType, options, rules));
  };
}

export function withNotifiesBy(rules: RuleBook | undefined) {
  return <F extends AnyFunction>(eventType: string, fn: F, options: object = {}): F => {
    const what = `withNotifies(${JSON.stringify(eventType)})`;
    if (typeof fn !== 'function') throw new TypeError(`${what} wraps functions, not ${typeof fn}`);
    return wrapMethod(fn, Instrumentation.single(what, eventType, options, rules));
  };
}

/**
 * Decorates a method: one notification when it has completed, an ERROR when it fails through a fault of the system.
 * Throws a ConfigurationError for a wrong event type or option, a TypeError on anything but a method.
 */
export const Notifies: NotifiesDecorator = notifiesBy(undefined);

/** The same for a plain function: returns the function that tells. */
export const withNotifies: WithNotifies = withNotifiesBy(undefined);
