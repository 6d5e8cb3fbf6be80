/** What TC39 decorators are told of the thing that they decorate, as far as it is used here. */
export interface StandardContext {
  readonly kind: string;
  readonly name: string | symbol | undefined;
  readonly static?: boolean;
  readonly private?: boolean;
  /** Of the class and all of its members; only where the platform has `Symbol.metadata`. */
  readonly metadata?: unknown;
}

/** True for the second argument of a standard decorator; `experimentalDecorators` give a name or nothing there. */
export function isStandardContext(value: unknown): value is StandardContext {
  return typeof value === 'object' && value !== null && 'kind' in value && 'addInitializer' in value;
}

/** Says what a standard decorator was put on, for error messages: `getter size`. */
export function describeStandard({ kind, name }: StandardContext): string {
  return name === undefined ? kind : `${kind} ${nameOf(name)}`;
}

/** Says what a decorator was put on, by its three arguments under `experimentalDecorators`: `accessor Gallery.size`. */
export function describeLegacy(first: unknown, second: unknown, third: unknown): string {
  if (second === undefined && third === undefined) {
    return typeof first === 'function' ? `class ${classNameOf(first)}` : `value ${String(first)}`;
  }
  const name = second === undefined ? 'constructor' : nameOf(second);
  return `${legacyKind(third)} ${classNameOf(first)}.${name}`;
}

function legacyKind(third: unknown): string {
  if (typeof third === 'number') return `parameter ${third} of`;
  const descriptor = third as PropertyDescriptor | undefined;
  if (descriptor?.get !== undefined || descriptor?.set !== undefined) return 'accessor';
  return typeof descriptor?.value === 'function' ? 'method' : 'property';
}

/** Static members are decorated on the class, others on its prototype. */
export function classNameOf(target: unknown): string {
  const owner = typeof target === 'function' ? target : (target as { constructor?: unknown } | undefined)?.constructor;
  const name = (owner as { name?: unknown } | undefined)?.name;
  return typeof name === 'string' && name !== '' ? name : '(anonymous)';
}

function nameOf(name: unknown): string {
  return typeof name === 'symbol' ? name.toString() : String(name);
}
