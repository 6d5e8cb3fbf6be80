import { isDeepStrictEqual } from 'node:util';
import type { JsonSchema } from './json-schema.js';

/** One difference between two versions of a catalog. */
export interface Change {
  /** True: what was right or relied on before is so no longer. */
  readonly isBreaking: boolean;
  readonly eventType: string;
  /** `size: made required`. */
  readonly what: string;
}

type Definitions = Readonly<Record<string, JsonSchema>>;
type Say = (isBreaking: boolean, path: string, what: string) => void;

/**
 * How the payloads of a catalog have changed. Breaking: an event or a field is gone, a field is made required, is of
 * another type, or takes less than before. Additive: there is more, or more is taken.
 */
export function compareDefinitions(before: Definitions, after: Definitions): readonly Change[] {
  const changes: Change[] = [];
  for (const [eventType, schema] of Object.entries(before)) {
    const now = after[eventType];
    const say: Say = (isBreaking, path, what) =>
      changes.push({ isBreaking, eventType, what: `${path === '' ? 'the payload' : path}: ${what}` });
    if (now === undefined) changes.push({ isBreaking: true, eventType, what: 'the event is removed' });
    else compareSchemas(normal(schema), normal(now), '', say);
  }
  for (const eventType of Object.keys(after)) {
    if (!Object.hasOwn(before, eventType)) changes.push({ isBreaking: false, eventType, what: 'the event is added' });
  }
  return changes;
}

/** Says nothing of what is right. */
const SILENT: ReadonlySet<string> = new Set(['title', 'description', 'examples', 'default', '$comment', '$id']);
const COMPARED: ReadonlySet<string> = new Set(['type', 'enum', 'properties', 'required', 'items']);
/** A greater value takes less. */
const LOWER_BOUNDS: ReadonlySet<string> = new Set([
  'minimum',
  'exclusiveMinimum',
  'minLength',
  'minItems',
  'minProperties',
]);
const UPPER_BOUNDS: ReadonlySet<string> = new Set([
  'maximum',
  'exclusiveMaximum',
  'maxLength',
  'maxItems',
  'maxProperties',
]);

function compareSchemas(before: JsonSchema, after: JsonSchema, path: string, say: Say): void {
  if (before.anyOf !== undefined || after.anyOf !== undefined) {
    compareAlternatives(alternativesOf(before), alternativesOf(after), path, say);
    return;
  }
  compareTypes(before, after, path, say);
  compareValues(before, after, path, say);
  compareFields(before, after, path, say);
  if (before.items !== undefined && after.items !== undefined) {
    compareSchemas(normal(before.items), normal(after.items), `${path}[]`, say);
  } else if (before.items !== after.items) compareKeyword('items', before, after, path, say);
  const keywords = new Set([...Object.keys(before), ...Object.keys(after)]);
  for (const keyword of keywords) {
    if (!SILENT.has(keyword) && !COMPARED.has(keyword)) compareKeyword(keyword, before, after, path, say);
  }
}

function compareTypes(before: JsonSchema, after: JsonSchema, path: string, say: Say): void {
  const [then, now] = [typesOf(before), typesOf(after)];
  if (isDeepStrictEqual([...then].sort(), [...now].sort())) return;
  const lost = [...then].filter((type) => !takes(now, type));
  const gained = [...now].filter((type) => !takes(then, type));
  const text = `${[...then].join(' or ') || 'anything'} → ${[...now].join(' or ') || 'anything'}`;
  if (
    then.size > 0 &&
    [...then].every((type) => type === 'null' || lost.includes(type)) &&
    gained.length > 0 &&
    lost.length > 0
  ) {
    say(true, path, `retyped, ${text}`);
  } else if (lost.length > 0 || (then.size === 0 && now.size > 0)) say(true, path, `narrowed, ${text}`);
  else say(false, path, `widened, ${text}`);
}

function takes(types: ReadonlySet<string>, type: string): boolean {
  return types.size === 0 || types.has(type) || (type === 'integer' && types.has('number'));
}

function typesOf({ type }: JsonSchema): ReadonlySet<string> {
  if (type === undefined) return new Set();
  return new Set(typeof type === 'string' ? [type] : type);
}

function compareValues(before: JsonSchema, after: JsonSchema, path: string, say: Say): void {
  const [then, now] = [before.enum, after.enum];
  if (then === undefined && now === undefined) return;
  if (then === undefined) say(true, path, `narrowed, only ${shownValues(now ?? [])}`);
  else if (now === undefined) say(false, path, 'widened, other values too');
  else {
    const lost = then.filter((value) => !now.some((other) => isDeepStrictEqual(value, other)));
    const gained = now.filter((value) => !then.some((other) => isDeepStrictEqual(value, other)));
    if (lost.length > 0) say(true, path, `narrowed, no longer ${shownValues(lost)}`);
    if (gained.length > 0) say(false, path, `widened, also ${shownValues(gained)}`);
  }
}

function compareFields(before: JsonSchema, after: JsonSchema, path: string, say: Say): void {
  const [then, now] = [before.properties ?? {}, after.properties ?? {}];
  const [thenRequired, nowRequired] = [before.required ?? [], after.required ?? []];
  const at = (name: string) => (path === '' ? name : `${path}.${name}`);
  for (const [name, field] of Object.entries(then)) {
    const other = now[name];
    if (other === undefined) {
      say(true, at(name), 'removed');
      continue;
    }
    const [was, is] = [thenRequired.includes(name), nowRequired.includes(name)];
    if (is && !was) say(true, at(name), 'made required');
    if (was && !is) say(false, at(name), 'made optional');
    compareSchemas(normal(field), normal(other), at(name), say);
  }
  for (const name of Object.keys(now)) {
    if (Object.hasOwn(then, name)) continue;
    say(false, at(name), nowRequired.includes(name) ? 'added, always there' : 'added, optional');
  }
}

/** What is right is one of these. */
function alternativesOf({ anyOf, ...rest }: JsonSchema): readonly JsonSchema[] {
  return anyOf === undefined ? [rest] : anyOf.map((alternative) => ({ ...rest, ...alternative }));
}

/** One to one, in their order: what is new or gone is so as a whole. */
function compareAlternatives(
  before: readonly JsonSchema[],
  after: readonly JsonSchema[],
  path: string,
  say: Say,
): void {
  for (const [index, alternative] of before.entries()) {
    const other = after[index];
    if (other === undefined) say(true, path, `narrowed, no longer ${[...typesOf(alternative)].join(' or ')}`);
    else compareSchemas(normal(alternative), normal(other), path, say);
  }
  for (const alternative of after.slice(before.length)) {
    say(false, path, `widened, also ${[...typesOf(alternative)].join(' or ')}`);
  }
}

function compareKeyword(keyword: string, before: JsonSchema, after: JsonSchema, path: string, say: Say): void {
  const [then, now] = [before[keyword], after[keyword]];
  if (isDeepStrictEqual(then, now)) return;
  const text = `${keyword} ${shown(then)} → ${shown(now)}`;
  const isBound = typeof then === 'number' && typeof now === 'number';
  if (now === undefined) say(false, path, `widened, ${text}`);
  else if (isBound && LOWER_BOUNDS.has(keyword))
    say(now > then, path, `${now > then ? 'narrowed' : 'widened'}, ${text}`);
  else if (isBound && UPPER_BOUNDS.has(keyword))
    say(now < then, path, `${now < then ? 'narrowed' : 'widened'}, ${text}`);
  else say(true, path, `narrowed, ${text}`);
}

/** `anyOf` of one thing and null is that thing, or null; a constant is the only value of a list. */
function normal(schema: JsonSchema): JsonSchema {
  const { const: only, ...rest } = schema;
  const constant = Object.hasOwn(schema, 'const') ? { ...rest, enum: [only] } : schema;
  const { anyOf, ...others } = constant as JsonSchema;
  const things = anyOf?.filter(({ type }) => type !== 'null');
  const [thing, ...more] = things ?? [];
  if (anyOf === undefined || thing === undefined || more.length > 0 || things?.length === anyOf.length) return constant;
  const types = typesOf(thing);
  return {
    ...others,
    ...thing,
    ...(types.size > 0 && { type: [...types, 'null'] }),
    ...(thing.enum !== undefined && { enum: [...thing.enum, null] }),
  };
}

function shownValues(values: readonly unknown[]): string {
  return values.map((value) => shown(value)).join(', ');
}

function shown(value: unknown): string {
  const text = value === undefined ? 'none' : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
