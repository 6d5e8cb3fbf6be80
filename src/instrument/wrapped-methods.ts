import { processSlot } from '../notification/process-slot.js';

/**
 * What method decorators leave for the class decorators that run after them. Of the process: a class may be decorated
 * by two copies of the package.
 */
interface Marks {
  /** Functions that already tell of their calls. */
  readonly wrapped: WeakSet<object>;
  /** Functions that `@SkipNotifications()` was put on. */
  readonly skipped: WeakSet<object>;
  /** Members by the home they were decorated in, for methods that another decorator has replaced since. */
  readonly members: WeakMap<object, Set<PropertyKey>>;
}

const marks = processSlot<Marks>('marked-methods', () => ({
  wrapped: new WeakSet(),
  skipped: new WeakSet(),
  members: new WeakMap(),
}));

/** Remembers that a function tells of its calls; returns it. */
export function markWrapped<F extends object>(wrapper: F): F {
  marks.wrapped.add(wrapper);
  return wrapper;
}

/** True for a function that already tells of its calls: a class decorator must not make it tell twice. */
export function isWrapped(fn: object): boolean {
  return marks.wrapped.has(fn);
}

/** Remembers that a function was opted out of its class's decorator. */
export function markSkipped(fn: object): void {
  marks.skipped.add(fn);
}

export function isSkipped(fn: object): boolean {
  return marks.skipped.has(fn);
}

/**
 * Remembers a decorated member by what its decorator and its class's decorator both see: the prototype under
 * `experimentalDecorators`, the metadata of the class under the standard (where the platform has `Symbol.metadata`).
 */
export function markMember(home: unknown, name: PropertyKey): void {
  if (!isObject(home)) return;
  const names = marks.members.get(home) ?? new Set();
  marks.members.set(home, names.add(name));
}

export function isMarkedMember(home: unknown, name: PropertyKey): boolean {
  return isObject(home) && marks.members.get(home)?.has(name) === true;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
