import { types } from 'node:util';
import { shown } from '../notification/configuration.js';
import {
  classNameOf,
  describeLegacy,
  describeStandard,
  isStandardContext,
  type StandardContext,
} from '../notification/decorated-member.js';
import { ConfigurationError } from '../notification/errors.js';
import type { AnyCall } from './call.js';
import type { Instrumentation } from './instrumentation.js';
import { snakeCase } from './snake-case.js';
import { type AnyFunction, wrapMethod } from './wrap-method.js';
import { isMarkedMember, isSkipped, isWrapped, markWrapped } from './wrapped-methods.js';

/** A class decorator for both standards: TC39's, and TypeScript's `experimentalDecorators`. The class stays itself. */
export type InstrumentingClassDecorator<C extends AnyCall> = (
  target: { readonly prototype: C['self'] },
  context?: { readonly kind: 'class' },
) => void;

/** Which methods a class decorator takes. */
export interface MatchOption {
  /** Only methods whose name it matches or returns true for. Default: all that a class decorator may take. */
  readonly match?: RegExp | ((method: string) => boolean);
}

/** Makes the instrumentation of one method; `what` is how error messages name it. */
export type InstrumentationOf<O> = (what: string, eventType: string, options: O) => Instrumentation;

/**
 * Called by the runtime, by a framework at the beginning and end of the process, or by whoever prints, compares or
 * awaits the object: no work of the service.
 */
const NEVER: ReadonlySet<string> = new Set([
  'constructor',
  'toJSON',
  'toString',
  'toLocaleString',
  'valueOf',
  'then',
  'inspect',
  'onModuleInit',
  'onModuleDestroy',
  'onApplicationBootstrap',
  'beforeApplicationShutdown',
  'onApplicationShutdown',
]);

/** The decorator that makes the methods of a class tell of their calls, each as `<resource>.<method in snake case>`. */
export function instrumentingClassDecorator<C extends AnyCall, O extends object>(
  decorator: string,
  resource: string,
  options: O & MatchOption,
  instrumentationOf: InstrumentationOf<O>,
): InstrumentingClassDecorator<C> {
  const { match, ...ofMethods } = (options ?? {}) as MatchOption;
  // Whatever methods a class has, wrong options and a wrong resource are told where the decorator is written.
  instrumentationOf(decorator, resource, ofMethods as O);
  const matches = matcher(match, `${decorator}: match`);

  const instrument = (target: unknown, context: StandardContext | undefined) => {
    const { prototype } = target as { prototype: object };
    const className = typeof context?.name === 'string' ? context.name : classNameOf(target);
    for (const name of Object.getOwnPropertyNames(prototype)) {
      const descriptor = Object.getOwnPropertyDescriptor(prototype, name) as PropertyDescriptor;
      if (NEVER.has(name) || name.startsWith('_') || typeof descriptor.value !== 'function') continue;
      const method = descriptor.value as AnyFunction;
      const isLeftAlone =
        isWrapped(method) ||
        isSkipped(method) ||
        isMarkedMember(prototype, name) ||
        isMarkedMember(context?.metadata, name);
      if (isLeftAlone || !matches(name)) continue;
      const what = `${decorator} on ${className}.${name}`;
      const instrumentation = instrumentationOf(what, `${resource}.${snakeCase(name)}`, ofMethods as O);
      if (!descriptor.configurable && !descriptor.writable) {
        throw new TypeError(`${what}: the method is read-only; decorate it on its own, below what makes it so`);
      }
      const value = markWrapped(wrapMethod(method, instrumentation));
      Object.defineProperty(prototype, name, { ...descriptor, value });
    }
  };

  return (first: unknown, second?: unknown, third?: unknown): void => {
    const refuse = (what: string): never => {
      throw new TypeError(`${decorator} cannot decorate the ${what}; it decorates classes`);
    };
    if (isStandardContext(second)) {
      if (second.kind !== 'class') refuse(describeStandard(second));
      instrument(first, second);
    } else {
      if (second !== undefined || third !== undefined || !isClass(first)) refuse(describeLegacy(first, second, third));
      instrument(first, undefined);
    }
  };
}

function isClass(value: unknown): boolean {
  return typeof value === 'function' && typeof value.prototype === 'object' && value.prototype !== null;
}

function matcher(match: MatchOption['match'], setting: string): (name: string) => boolean {
  if (match === undefined) return () => true;
  // `search` starts at the beginning whatever the flags say; `test` would remember where the last match ended.
  if (types.isRegExp(match)) return (name) => name.search(match) !== -1;
  if (typeof match === 'function') return match;
  throw new ConfigurationError(setting, `is ${shown(match)}; it takes a regular expression or a function of the name`);
}
