import { integer, shown } from '../notification/configuration.js';
import type { JsonObject, JsonValue } from '../notification/json.js';
import type { Notification } from '../notification/notification.js';
import { type Reporter, ThrottledReporter } from '../notification/reporter.js';
import type { ConfigurationDocument, DocumentPath } from '../setup/document/configuration-document.js';
import { loadModule, TransformModule, type TransformStats } from './transform-module.js';

/** What becomes of notifications on their way. */
export interface Transform {
  /** Undefined: it is left out. Throws or rejects with what the module threw, and where it took too long. */
  apply(notification: Notification): Notification | undefined | Promise<Notification | undefined>;
  stats(): TransformStats;
}

export interface TransformSetting {
  readonly reporter: Reporter;
  /** True where others are given the same notification: a module that changes it must not change theirs. */
  readonly isShared: boolean;
}

type Fields = Record<string, JsonValue>;

const DEFAULT_TIMEOUT_MS = 10_000;
const NO_FAILURES: TransformStats = Object.freeze({ failed: 0, timedOut: 0 });

/**
 * Reads `{ pick, omit, rename, module, timeoutMs }`; the first four are done in this order. `pick`, `omit`: places in
 * the payload, by dots, an array or comma-separated; `rename`: new places by old ones. Rejects with a ConfigurationError.
 */
export async function readTransform(
  document: ConfigurationDocument,
  path: DocumentPath,
  written: unknown,
  { reporter, isShared }: TransformSetting,
): Promise<Transform> {
  if (written === undefined) return { apply: (notification) => notification, stats: () => NO_FAILURES };
  if (typeof written !== 'object' || written === null || Array.isArray(written)) {
    throw document.error(path, `is ${shown(written)}; it takes pick, omit, rename and module`);
  }
  document.knownKeys(path, written, ['pick', 'omit', 'rename', 'module', 'timeoutMs']);
  const { pick, omit, rename, module, timeoutMs = DEFAULT_TIMEOUT_MS } = written as Record<string, unknown>;
  const picked = pick === undefined ? undefined : places(document, [...path, 'pick'], pick);
  const omitted = omit === undefined ? [] : places(document, [...path, 'omit'], omit);
  const renamed = rename === undefined ? [] : renames(document, [...path, 'rename'], rename);
  // Less than the half hour after which RabbitMQ takes a message from who has not answered for it.
  const limitMs = document.at([...path, 'timeoutMs'], () => integer(1, 600_000)(timeoutMs, ''));
  const isPlain = picked === undefined && omitted.length === 0 && renamed.length === 0;
  const shaped = (notification: Notification) =>
    isPlain ? notification : { ...notification, payload: reshaped(notification.payload, picked, omitted, renamed) };
  if (module === undefined) return { apply: shaped, stats: () => NO_FAILURES };
  const change = await loadModule(document, [...path, 'module'], module);
  const changing = new TransformModule(change, limitMs, new ThrottledReporter(reporter));
  const own = (notification: Notification) => (isShared ? structuredClone(notification) : notification);
  return { apply: (notification) => changing.run(shaped(own(notification))), stats: () => changing.stats() };
}

/** A payload that is no object has no places: it stays. */
function reshaped(
  payload: JsonValue,
  picked: readonly (readonly string[])[] | undefined,
  omitted: readonly (readonly string[])[],
  renamed: readonly (readonly [readonly string[], readonly string[]])[],
): JsonValue {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return payload;
  let fields = structuredClone(payload) as Fields;
  if (picked !== undefined) {
    const only: Fields = {};
    for (const steps of picked) move(fields, steps, only, steps);
    fields = only;
  }
  for (const steps of omitted) taken(fields, steps);
  for (const [from, to] of renamed) move(fields, from, fields, to);
  return fields as JsonObject;
}

function move(from: Fields, steps: readonly string[], to: Fields, target: readonly string[]): void {
  const value = taken(from, steps);
  if (value === undefined) return;
  let home = to;
  for (const step of target.slice(0, -1)) {
    const inner = Object.hasOwn(home, step) ? home[step] : undefined;
    const isObject = typeof inner === 'object' && inner !== null && !Array.isArray(inner);
    const next = isObject ? (inner as Fields) : {};
    define(home, step, next);
    home = next;
  }
  define(home, target.at(-1) as string, value);
}

function taken(fields: Fields, steps: readonly string[]): JsonValue | undefined {
  let home: unknown = fields;
  for (const step of steps.slice(0, -1)) {
    if (typeof home !== 'object' || home === null || !Object.hasOwn(home, step)) return undefined;
    home = (home as Fields)[step];
  }
  const last = steps.at(-1) as string;
  if (typeof home !== 'object' || home === null || !Object.hasOwn(home, last)) return undefined;
  const value = (home as Fields)[last];
  delete (home as Fields)[last];
  return value;
}

/** `__proto__` is a name like any other. */
function define(home: Fields, name: string, value: JsonValue): void {
  Object.defineProperty(home, name, { value, enumerable: true, writable: true, configurable: true });
}

function places(document: ConfigurationDocument, path: DocumentPath, written: unknown): (readonly string[])[] {
  const listed = typeof written === 'string' ? written.split(',').map((place) => place.trim()) : written;
  const entries = Array.isArray(listed) ? listed : [listed];
  return entries.map((entry, index) => steps(document, Array.isArray(written) ? [...path, index] : path, entry));
}

function renames(
  document: ConfigurationDocument,
  path: DocumentPath,
  written: unknown,
): [readonly string[], readonly string[]][] {
  if (typeof written !== 'object' || written === null || Array.isArray(written)) {
    throw document.error(path, `is ${shown(written)}; it takes new places by old ones, for instance { id: image_id }`);
  }
  return Object.entries(written).map(([from, to]) => [
    steps(document, path, from),
    steps(document, [...path, from], to),
  ]);
}

function steps(document: ConfigurationDocument, path: DocumentPath, written: unknown): readonly string[] {
  if (typeof written === 'string' && /^[^.]+(\.[^.]+)*$/.test(written)) return written.split('.');
  throw document.error(path, `is ${shown(written)}; it takes places in the payload, for instance id or owner.name`);
}
