/**
 * State that belongs to the process, not to one copy of the package: an application may load tidings as an ES module
 * and as CommonJS, or in two versions, and must still have one current notifier and one context.
 */
export function processSlot<T extends object>(name: string, create: () => T): T {
  // The number is the shape's version: it changes when a slot's contents change incompatibly.
  const key = Symbol.for(`tidings.${name}.1`);
  const home = globalThis as Record<symbol, unknown>;
  home[key] ??= create();
  return home[key] as T;
}
