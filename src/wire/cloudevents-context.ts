import { DEFAULT_CONTEXT_KEYS } from '../notification/context-keys.js';
import type { JsonValue } from '../notification/json.js';
import type { NotificationContext } from '../notification/notification.js';

/** Holds, as JSON in a text, the part of the context that extensions alone could not give back. */
export const CONTEXT_EXTENSION = 'tidingscontext';

/** Context keys by the name of their extension, which may have no underscore. */
const KEYS: ReadonlyMap<string, string> = new Map(DEFAULT_CONTEXT_KEYS.map((key) => [extensionName(key), key]));

/** Attributes of CloudEvents itself, and extensions with a meaning of their own here. */
export const RESERVED: ReadonlySet<string> = new Set([
  'specversion',
  'id',
  'source',
  'type',
  'time',
  'subject',
  'datacontenttype',
  'dataschema',
  'data',
  'database64',
  // The official JavaScript package takes these for attributes of earlier versions.
  'datacontentencoding',
  'schemaurl',
  'priority',
  CONTEXT_EXTENSION,
]);

type ExtensionValue = string | number | boolean;

/**
 * The context as extensions: each key without its underscores and in lower case, each value as CloudEvents can hold it
 * (a text, a 32-bit integer, a boolean, else JSON in a text). What that does not say exactly stands once more in
 * {@link CONTEXT_EXTENSION}: an unknown key, a key with other characters, a nested value, two keys of one name.
 */
export function extensionsOf(context: NotificationContext): Record<string, ExtensionValue> {
  const extensions: Record<string, ExtensionValue> = {};
  const keys = Object.keys(context).filter((key) => context[key] !== undefined);
  const rest: [string, JsonValue][] = [];
  const names = keys.map(extensionName);
  for (const [index, key] of keys.entries()) {
    const name = names[index] as string;
    const value = context[key] as JsonValue;
    const isFree = /^[a-z0-9]+$/.test(name) && !RESERVED.has(name) && names.indexOf(name) === names.lastIndexOf(name);
    const written = extensionValue(value);
    if (isFree) extensions[name] = written;
    if (!isFree || keyOf(name) !== key || restored(key, written) !== value) rest.push([key, value]);
  }
  if (rest.length > 0) extensions[CONTEXT_EXTENSION] = JSON.stringify(Object.fromEntries(rest));
  return extensions;
}

/** The context of an event's extensions, ours or another sender's; undefined for one of ours that was damaged. */
export function contextOf(extensions: readonly (readonly [string, unknown])[]): NotificationContext | undefined {
  const entries = new Map<string, JsonValue>();
  const written = extensions.find(([name]) => name === CONTEXT_EXTENSION)?.[1];
  const rest = written === undefined ? {} : parsedObject(written);
  if (rest === undefined) return undefined;
  const told = new Set(Object.keys(rest).map(extensionName));
  for (const [name, value] of extensions) {
    if (RESERVED.has(name) || told.has(name) || value === null) continue;
    const key = keyOf(name);
    entries.set(key, restored(key, value as JsonValue));
  }
  for (const key of Object.keys(rest)) entries.set(key, rest[key] as JsonValue);
  // Defines what it is given, `__proto__` too.
  return Object.fromEntries(entries);
}

function extensionName(key: string): string {
  return key.replaceAll('_', '').toLowerCase();
}

function keyOf(name: string): string {
  return KEYS.get(name) ?? name;
}

function extensionValue(value: JsonValue): ExtensionValue {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && value === (value | 0) && !Object.is(value, -0)) return value;
  return JSON.stringify(value);
}

/** A time of 12.5 ms is a text in CloudEvents, which has integers only. */
function restored(key: string, written: JsonValue): JsonValue {
  if (key !== 'duration_ms' || typeof written !== 'string') return written;
  const number = Number(written);
  return written.trim() !== '' && Number.isFinite(number) ? number : written;
}

function parsedObject(text: unknown): Record<string, JsonValue> | undefined {
  try {
    const value: unknown = typeof text === 'string' ? JSON.parse(text) : undefined;
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, JsonValue>)
      : undefined;
  } catch {
    return undefined;
  }
}
