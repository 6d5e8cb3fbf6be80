import type { AnyCall, MethodOf } from './call.js';
import type { Instrumentation } from './instrumentation.js';
import { type AnyFunction, wrapMethod } from './wrap-method.js';

/** A method decorator for both standards: TC39's, and TypeScript's `experimentalDecorators`. */
export interface InstrumentingDecorator<C extends AnyCall> {
  <F extends MethodOf<C>>(method: F, context: ClassMethodDecoratorContext): F;
  <F extends MethodOf<C>>(
    target: object,
    name: string | symbol,
    descriptor: TypedPropertyDescriptor<F>,
  ): TypedPropertyDescriptor<F>;
}

/** One decorator for both standards: the second argument tells which of them calls. */
export function instrumentingDecorator<C extends AnyCall>(
  decorator: string,
  instrumentation: Instrumentation,
): InstrumentingDecorator<C> {
  const decorate = (first: unknown, second: unknown, third: unknown): unknown => {
    if (isStandardContext(second)) {
      if (second.kind === 'method') return wrapMethod(first as AnyFunction, instrumentation);
      throw new TypeError(
        `${decorator} cannot decorate the ${second.kind} ${nameOf(second.name)}; it decorates methods`,
      );
    }
    if (second === undefined && third === undefined) {
      throw new TypeError(`${decorator} cannot decorate the class ${classNameOf(first)}; it decorates methods`);
    }
    const descriptor = third as PropertyDescriptor | undefined;
    if (typeof descriptor !== 'object' || typeof descriptor.value !== 'function') {
      const member = `${classNameOf(first)}.${nameOf(second)}`;
      throw new TypeError(`${decorator} cannot decorate the ${legacyKind(third)} ${member}; it decorates methods`);
    }
    descriptor.value = wrapMethod(descriptor.value as AnyFunction, instrumentation);
    return descriptor;
  };
  return decorate as InstrumentingDecorator<C>;
}

function isStandardContext(value: unknown): value is { kind: string; name: string | symbol | undefined } {
  return typeof value === 'object' && value !== null && 'kind' in value && 'addInitializer' in value;
}

function legacyKind(third: unknown): string {
  if (typeof third === 'number') return `parameter ${third} of`;
  const descriptor = third as PropertyDescriptor | undefined;
  if (descriptor?.get !== undefined || descriptor?.set !== undefined) return 'accessor';
  return 'property';
}

/** Static members are decorated on the class, others on its prototype. */
function classNameOf(target: unknown): string {
  if (typeof target === 'function') return target.name || '(anonymous)';
  return (target as { constructor?: { name?: string } }).constructor?.name || '(anonymous)';
}

function nameOf(name: unknown): string {
  return typeof name === 'symbol' ? name.toString() : String(name);
}
