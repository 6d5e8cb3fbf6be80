import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { shown } from '../notification/configuration.js';
import { ConfigurationError, errorText } from '../notification/errors.js';
import type { JsonObject, JsonValue } from '../notification/json.js';
import type { Notification } from '../notification/notification.js';
import { isPriority, PRIORITIES } from '../notification/priority.js';
import type { ConfigurationDocument, DocumentPath } from '../setup/document/configuration-document.js';

/**
 * What a module of the user's exports as its default, or as `transform`: the notification to forward in place of the one
 * given, or nothing to leave it out. The message id stays whatever it returns. A throw: the source gives it again.
 */
export type TransformFunction = (
  notification: Notification,
) => Notification | null | undefined | Promise<Notification | null | undefined>;

/** Undefined: it is left out. */
export type Transform = (notification: Notification) => Notification | undefined | Promise<Notification | undefined>;

type Fields = Record<string, JsonValue>;

/** As every wire format is decoded. */
const TIME = /^([+-]\d{6}|\d{4})-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(\d{3})?Z$/;

/**
 * Reads `{ pick, omit, rename, module }`, done in this order. `pick`, `omit`: places in the payload, by dots; `rename`:
 * new places by old ones. Throws a ConfigurationError.
 */
export async function readTransform(
  document: ConfigurationDocument,
  path: DocumentPath,
  written: unknown,
): Promise<Transform> {
  if (written === undefined) return (notification) => notification;
  if (typeof written !== 'object' || written === null || Array.isArray(written)) {
    throw document.error(path, `is ${shown(written)}; it takes pick, omit, rename and module`);
  }
  document.knownKeys(path, written, ['pick', 'omit', 'rename', 'module']);
  const { pick, omit, rename, module } = written as Record<string, unknown>;
  const picked = pick === undefined ? undefined : places(document, [...path, 'pick'], pick);
  const omitted = omit === undefined ? [] : places(document, [...path, 'omit'], omit);
  const renamed = rename === undefined ? [] : renames(document, [...path, 'rename'], rename);
  const change = module === undefined ? undefined : await loadModule(document, [...path, 'module'], module);
  const isPlain = picked === undefined && omitted.length === 0 && renamed.length === 0;
  return (notification) => {
    const shaped = isPlain
      ? notification
      : { ...notification, payload: reshaped(notification.payload, picked, omitted, renamed) };
    return change === undefined ? shaped : changed(shaped, change);
  };
}

async function changed(notification: Notification, change: TransformFunction): Promise<Notification | undefined> {
  const given = await change(notification);
  if (given === undefined || given === null) return undefined;
  if (typeof given !== 'object') throw new TypeError('the transform gave no notification');
  // What it says of itself may be changed, but not that it is the same one.
  const { messageId } = notification;
  return checked({ ...notification, ...given, messageId });
}

/** What is none would be refused by no sink, and stand in the way of all that comes after it. */
function checked(notification: Notification): Notification {
  const { eventType, publisherId, priority, timestamp, context } = notification as Record<keyof Notification, unknown>;
  const refuse = (what: string): never => {
    throw new TypeError(`the transform gave a notification whose ${what}`);
  };
  if (typeof eventType !== 'string') refuse('eventType is no text');
  if (typeof publisherId !== 'string') refuse('publisherId is no text');
  if (!isPriority(priority)) refuse(`priority is none; there are ${PRIORITIES.join(', ')}`);
  const isTime = typeof timestamp === 'string' && TIME.test(timestamp) && !Number.isNaN(Date.parse(timestamp));
  if (!isTime) refuse('timestamp is no text such as 2026-11-20T07:18:08.114Z');
  if (typeof context !== 'object' || context === null || Array.isArray(context)) refuse('context is no object');
  return notification;
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
  const entries = Array.isArray(written) ? written : [written];
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

async function imported(file: string): Promise<{ default?: unknown; transform?: unknown }> {
  const { href } = pathToFileURL(file);
  try {
    return await import(href);
  } catch (error) {
    // Built as CommonJS, this is a `require`, which takes no URLs.
    const isRequire = (error as { code?: unknown }).code === 'MODULE_NOT_FOUND' && errorText(error).includes(href);
    if (isRequire) return createRequire(file)(file);
    throw error;
  }
}

async function loadModule(
  document: ConfigurationDocument,
  path: DocumentPath,
  written: unknown,
): Promise<TransformFunction> {
  if (typeof written === 'function') return written as TransformFunction;
  if (typeof written !== 'string') throw document.error(path, `is ${shown(written)}; it takes the path of a module`);
  const file = resolve(written);
  let loaded: { default?: unknown; transform?: unknown };
  try {
    loaded = await imported(file);
  } catch (error) {
    throw new ConfigurationError(
      document.place(path),
      `names ${shown(file)}, which cannot be loaded: ${errorText(error)}`,
    );
  }
  // Compiled to CommonJS, a module has its default inside of its default.
  const inner = loaded.default as { default?: unknown } | undefined;
  const found = [loaded.transform, loaded.default, inner?.default].find((each) => typeof each === 'function');
  if (found === undefined) throw document.error(path, 'names a module that exports no function as its default');
  return found as TransformFunction;
}
