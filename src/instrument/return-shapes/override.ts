// biome-ignore lint/suspicious/noExplicitAny: any method can be overridden.
type Method = (this: any, ...args: any[]) => any;

/**
 * Puts a method of its own on one object, over the one that it has: its class, its prototype and everybody else's
 * instances stay as they are, and nobody who lists, prints or serializes the object sees it. `make` gets the method to
 * call on. False when the object has no such method, or takes none: it is frozen, or a proxy that refuses.
 */
export function override(object: object, name: PropertyKey, make: (original: Method) => Method): boolean {
  const original = (object as Record<PropertyKey, unknown>)[name];
  if (typeof original !== 'function') return false;
  const own = Reflect.getOwnPropertyDescriptor(object, name);
  return Reflect.defineProperty(object, name, {
    value: make(original as Method),
    writable: true,
    configurable: true,
    enumerable: own?.enumerable ?? false,
  });
}
