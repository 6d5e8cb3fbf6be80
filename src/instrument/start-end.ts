import type { EventPayloads, EventType, PayloadOf, StartPayloadOf } from '../notification/event-payloads.js';
import type { RuleBook } from '../notification/event-rules.js';
import type { AnyCall, CallOf, FromResult, Gives } from './call.js';
import { type InstrumentingDecorator, instrumentingDecorator } from './decorator.js';
import { Instrumentation, type PairOfTypes, type StartEndOptions, type WithPayload } from './instrumentation.js';
import { type AnyFunction, wrapMethod } from './wrap-method.js';

/** The base of a pair, or the types of its halves. */
type PairOf<E> = EventType<E> | PairOfTypes<EventType<E>>;

/** The payload of the end of a pair: that of the base, unless the end has one of its own. */
type EndPayload<T, E> = T extends string
  ? `${T}.end` extends keyof E
    ? E[`${T}.end`]
    : PayloadOf<T, E>
  : T extends { readonly end: infer End }
    ? PayloadOf<End, E>
    : unknown;

type StartPayload<T, E> = T extends string
  ? `${T}.start` extends keyof E
    ? E[`${T}.start`]
    : StartPayloadOf<T, E>
  : T extends { readonly start: infer Start }
    ? PayloadOf<Start, E>
    : unknown;

/** `@StartEnd`, where the payloads of the event types `E` are known. */
export type StartEndDecorator<E = EventPayloads> = <
  const T extends PairOf<E>,
  C extends AnyCall = AnyCall,
  const Given extends EndPayload<T, E> = never,
>(
  eventTypes: T,
  options?: StartEndOptions<C, EndPayload<T, E>, StartPayload<T, E>, Given>,
) => InstrumentingDecorator<C, FromResult<EndPayload<T, E>, Given>>;

/** `withStartEnd`, where the payloads of the event types `E` are known. */
export interface WithStartEnd<E = EventPayloads> {
  <const T extends PairOf<E>, F extends AnyFunction>(
    eventTypes: T,
    fn: F,
    options: WithPayload<
      StartEndOptions<CallOf<F, ThisParameterType<F>>>,
      CallOf<F, ThisParameterType<F>>,
      EndPayload<T, E>,
      StartPayload<T, E>
    >,
  ): F;
  <const T extends PairOf<E>, F extends AnyFunction>(
    // Beside the types and not beside the function, which would lose its type parameters.
    eventTypes: T & Gives<EndPayload<T, E>, F>,
    fn: F,
    options?: StartEndOptions<CallOf<F, ThisParameterType<F>>, EndPayload<T, E>, StartPayload<T, E>>,
  ): F;
}

/** `rules`: the catalog that speaks for what is told; undefined: those of the notifier. */
export function startEndBy(rules: RuleBook | undefined) {
  return <C extends AnyCall, P>(eventTypes: string | PairOfTypes, options = {}): InstrumentingDecorator<C, P> => {
    const what = `@StartEnd(${JSON.stringify(eventTypes)})`;
    return instrumentingDecorator(what, Instrumentation.pair(what, eventTypes, options, rules));
  };
}

export function withStartEndBy(rules: RuleBook | undefined) {
  return <F extends AnyFunction>(eventTypes: string | PairOfTypes, fn: F, options = {}): F => {
    const what = `withStartEnd(${JSON.stringify(eventTypes)})`;
    if (typeof fn !== 'function') throw new TypeError(`${what} wraps functions, not ${typeof fn}`);
    return wrapMethod(fn, Instrumentation.pair(what, eventTypes, options, rules));
  };
}

/**
 * Decorates a method: a notification when it begins and one when it has completed or failed, both with the same
 * `operation_id`. `'task.run'` tells `task.run.start`, then `task.run.end` or `task.run.error`.
 * Throws a ConfigurationError for a wrong event type or option, a TypeError on anything but a method.
 */
export const StartEnd: StartEndDecorator = startEndBy(undefined);

/** The same for a plain function: returns the function that tells. */
export const withStartEnd: WithStartEnd = withStartEndBy(undefined);
