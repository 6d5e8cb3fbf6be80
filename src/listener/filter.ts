import { knownKeys, list, shown } from '../notification/configuration.js';
import { ConfigurationError } from '../notification/errors.js';
import { matchesEventPattern } from '../notification/event-pattern.js';
import type { JsonValue } from '../notification/json.js';
import type { Notification } from '../notification/notification.js';
import { isPriority, PRIORITIES, type Priority } from '../notification/priority.js';

/**
 * What one value must be: equal, matched by a regular expression (a text, or a number or boolean as text), accepted by a
 * function, or any one of an array of these.
 */
export type Expected =
  | string
  | number
  | boolean
  | null
  | RegExp
  | ((value: JsonValue | undefined) => boolean)
  | readonly (string | number | boolean | null | RegExp)[];

/** All that is said must hold. */
export interface Where {
  /** A pattern as for event types (`image.*`), or a regular expression. */
  readonly publisherId?: string | RegExp;
  /** Context keys: `{ project_id: 'p1' }`. */
  readonly context?: Readonly<Record<string, Expected>>;
  /** Places in the payload, by dots: `{ status: 'active', 'properties.os_distro': /^debian/ }`; `tags.0` is in an array. */
  readonly payload?: Readonly<Record<string, Expected>>;
}

export interface Filters {
  /** Only these priorities. Default: all. */
  readonly priority?: Priority | readonly Priority[];
  /** Only notifications of which all of this is true; a function must not throw. */
  readonly where?: Where | ((notification: Notification) => boolean);
}

export type Predicate = (notification: Notification) => boolean;

/** The priorities that a filter lets through. Throws a ConfigurationError. */
export function prioritiesOf({ priority }: Filters, setting: string): ReadonlySet<Priority> {
  if (priority === undefined) return new Set(PRIORITIES);
  const names = list()(priority, setting).map((name) => name.toUpperCase());
  for (const name of names) {
    if (isPriority(name)) continue;
    throw new ConfigurationError(setting, `has ${shown(name)}; it takes ${PRIORITIES.join(', ')}`);
  }
  if (names.length === 0) throw new ConfigurationError(setting, `is empty; it takes ${PRIORITIES.join(', ')}`);
  return new Set(names as Priority[]);
}

/** Compiles `where`; undefined where nothing is asked for. Throws a ConfigurationError. */
export function compileWhere(where: Filters['where'], setting: string): Predicate | undefined {
  if (where === undefined) return undefined;
  if (typeof where === 'function') return where;
  if (typeof where !== 'object' || where === null || Array.isArray(where)) {
    throw new ConfigurationError(setting, `is ${shown(where)}; it takes a function or an object`);
  }
  knownKeys(where, ['publisherId', 'context', 'payload'], setting);
  const tests: Predicate[] = [];
  const { publisherId } = where;
  if (typeof publisherId === 'string') tests.push((told) => matchesEventPattern(publisherId, told.publisherId));
  else if (publisherId !== undefined) {
    const matches = tester(publisherId, `${setting}.publisherId`);
    tests.push((told) => matches(told.publisherId));
  }
  for (const [key, expected] of entriesOf(where.context, `${setting}.context`)) {
    const matches = tester(expected, `${setting}.context.${key}`);
    tests.push((told) => matches(told.context[key]));
  }
  for (const [path, expected] of entriesOf(where.payload, `${setting}.payload`)) {
    const matches = tester(expected, `${setting}.payload.${path}`);
    const steps = path.split('.');
    tests.push((told) => matches(valueAt(told.payload, steps)));
  }
  return (told) => tests.every((test) => test(told));
}

function entriesOf(value: unknown, setting: string): [string, unknown][] {
  if (value === undefined) return [];
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return Object.entries(value);
  throw new ConfigurationError(setting, `is ${shown(value)}; it takes an object`);
}

/** The value at a place; a key that has dots itself is found as a whole. */
function valueAt(payload: JsonValue, steps: readonly string[]): JsonValue | undefined {
  let value: unknown = payload;
  for (const [index, step] of steps.entries()) {
    if (typeof value !== 'object' || value === null) return undefined;
    const rest = steps.slice(index).join('.');
    if (index < steps.length - 1 && Object.hasOwn(value, rest)) return (value as Record<string, JsonValue>)[rest];
    if (!Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value as JsonValue;
}

function tester(expected: unknown, setting: string): (value: JsonValue | undefined) => boolean {
  if (typeof expected === 'function') return expected as (value: JsonValue | undefined) => boolean;
  if (expected instanceof RegExp) {
    // `search` starts at the beginning whatever the flags say.
    return (value) => value !== undefined && typeof value !== 'object' && String(value).search(expected) !== -1;
  }
  if (Array.isArray(expected)) {
    const tests = expected.map((entry, index) => tester(entry, `${setting}.${index}`));
    return (value) => tests.some((test) => test(value));
  }
  if (expected === null || ['string', 'number', 'boolean'].includes(typeof expected)) {
    return (value) => value === expected;
  }
  throw new ConfigurationError(
    setting,
    `is ${shown(expected)}; it takes a text, a number, a boolean, null, a regular expression, a function or an array`,
  );
}
