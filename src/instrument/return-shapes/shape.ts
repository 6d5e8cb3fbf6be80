/** What a method can return that is not complete when it is returned. */
export type Shape = 'thenable' | 'node-stream' | 'observable' | 'web-stream' | 'response' | 'file' | 'iterator';

/** Shapes that run only when somebody consumes them: before that, nothing of them is told. */
export function isLazy(shape: Shape): boolean {
  return shape === 'thenable' || shape === 'iterator' || shape === 'observable';
}

/** By prototype, so that a class is looked at once: the shape of its instances, if any. */
const known = new WeakMap<object, Shape | 'none'>();

/**
 * The shape of an object, by the methods that it has; undefined for a plain value. Runs no getter of it, since reading
 * one can have effects. It is on the path of every call that returns an object, so plain ones are told quickly.
 */
export function shapeOf(value: object): Shape | undefined {
  const prototype: object | null = Object.getPrototypeOf(value);
  if (prototype === Array.prototype) return undefined;
  if (prototype !== Object.prototype && prototype !== null) {
    const shape = known.get(prototype) ?? shapeOfClass(prototype);
    if (shape !== 'none') return Object.hasOwn(value, 'then') ? byMethods(value) : shape;
  }
  // What has no class has its methods itself.
  const isOdd = Object.hasOwn(value, 'then') || Object.hasOwn(value, 'next') || Object.hasOwn(value, 'subscribe');
  return isOdd ? byMethods(value) : undefined;
}

function shapeOfClass(prototype: object): Shape | 'none' {
  const shape = byMethods(prototype) ?? 'none';
  known.set(prototype, shape);
  return shape;
}

/** A thenable first: some are streams or iterables beside, and are awaited. */
function byMethods(value: object): Shape | undefined {
  const has = (...names: PropertyKey[]) => names.every((name) => hasMethod(value, name));
  if (has('then')) return 'thenable';
  if (has('subscribe', 'pipe') || isOtherObservable(value)) return 'observable';
  if (has('pipe', 'on', 'emit')) return 'node-stream';
  if (has('getReader', 'tee', 'pipeTo', 'cancel')) return 'web-stream';
  if (has('arrayBuffer', 'json', 'clone')) return 'response';
  if (has('getStream', 'getHeaders')) return 'file';
  if (has('next') && (has(Symbol.iterator) || has(Symbol.asyncIterator))) return 'iterator';
  return undefined;
}

/** Observables of other makers than rxjs. A Redux store calls itself one too, but it is not a result that completes. */
function isOtherObservable(value: object): boolean {
  const mark = (Symbol as { observable?: symbol }).observable ?? '@@observable';
  return hasMethod(value, 'subscribe') && hasMethod(value, mark) && !hasMethod(value, 'getState');
}

/** True when it has a method of this name, its own or inherited; a getter does not count. */
function hasMethod(value: object, name: PropertyKey): boolean {
  for (let each: object | null = value; each !== null; each = Object.getPrototypeOf(each)) {
    const descriptor = Reflect.getOwnPropertyDescriptor(each, name);
    if (descriptor !== undefined) return typeof descriptor.value === 'function';
  }
  return false;
}
