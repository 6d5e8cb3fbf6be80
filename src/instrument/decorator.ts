import { describeLegacy, describeStandard, isStandardContext } from '../notification/decorated-member.js';
import type { AnyCall, Fits, Gives, Member } from './call.js';
import type { Instrumentation } from './instrumentation.js';
import { type AnyFunction, wrapMethod } from './wrap-method.js';
import { markMember, markWrapped } from './wrapped-methods.js';

/**
 * A method decorator for both standards: TC39's, and TypeScript's `experimentalDecorators`. It takes only methods that
 * the call which its options are written for describes, and whose result is the payload `P` where that is made from it.
 */
export interface InstrumentingDecorator<C extends AnyCall, P = unknown> {
  <This, Name, F extends AnyFunction>(
    method: F & Fits<C, This, Member<This, Name, F>> & Gives<P, Member<This, Name, F>>,
    // A standard decorator sees an overloaded method by its implementation only, but it is told the name.
    context: ClassMethodDecoratorContext<This, F> & { readonly name: Name },
  ): F;
  <This extends object, Name extends string | symbol, F extends AnyFunction>(
    target: This & Fits<C, This, Member<This, Name, F>> & Gives<P, Member<This, Name, F>>,
    name: Name,
    descriptor: TypedPropertyDescriptor<F>,
  ): TypedPropertyDescriptor<F>;
}

/** The decorator that makes methods tell of their calls. */
export function instrumentingDecorator<C extends AnyCall, P>(
  decorator: string,
  instrumentation: Instrumentation,
): InstrumentingDecorator<C, P> {
  const replace = (method: AnyFunction) => markWrapped(wrapMethod(method, instrumentation));
  return methodDecorator(decorator, replace) as InstrumentingDecorator<C, P>;
}

/**
 * One decorator for both standards: the second argument tells which of them calls. `replace` gives the function that
 * stands for the method. Class decorators leave alone what was decorated by this.
 */
export function methodDecorator(decorator: string, replace: (method: AnyFunction) => AnyFunction) {
  const refuse = (what: string): never => {
    throw new TypeError(`${decorator} cannot decorate the ${what}; it decorates methods`);
  };
  return (first: unknown, second: unknown, third: unknown): unknown => {
    if (isStandardContext(second)) {
      if (second.kind !== 'method') refuse(describeStandard(second));
      if (!second.static && !second.private) markMember(second.metadata, second.name as string | symbol);
      return replace(first as AnyFunction);
    }
    const descriptor = third as PropertyDescriptor | undefined;
    if (second === undefined || typeof descriptor !== 'object' || typeof descriptor?.value !== 'function') {
      return refuse(describeLegacy(first, second, third));
    }
    markMember(first, second as string | symbol);
    descriptor.value = replace(descriptor.value as AnyFunction);
    return descriptor;
  };
}
