import type { JsonSchema } from '../json-schema.js';

/** One row of a table of fields. */
export interface FieldRow {
  /** From the payload's root: `images[].size`. */
  readonly path: string;
  /** What it is, in words: `whole number or null`. */
  readonly type: string;
  /** What is asked of it: `at least 0`, `may be missing`. */
  readonly rules: readonly string[];
  readonly meaning: string;
}

const NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'whole number',
  number: 'number',
  boolean: 'true or false',
  object: 'object',
  array: 'list',
  null: 'null',
};

/** Longer patterns are for machines. */
const MAX_PATTERN = 60;
const UUID = /^\^\(\?:\[0-9a-fA-F\]\{8\}/;
const TIME = /T\(\?:\[01\]\\d\|2\[0-3\]\):\[0-5\]\\d:\[0-5\]\\dZ\$$/;

/** The fields of a payload, those of objects in it too. */
export function fieldRows(schema: JsonSchema, prefix = ''): readonly FieldRow[] {
  const object = objectIn(schema);
  if (object === undefined) return [];
  return Object.entries(object.properties ?? {}).flatMap(([name, field]) => {
    const path = `${prefix}${name}`;
    const isMissing = object.required?.includes(name) !== true;
    const rules = [...(isMissing ? ['may be missing'] : []), ...rulesOf(field)];
    const row = { path, type: typeOf(field), rules, meaning: field.description ?? '' };
    const items = field.items ?? objectListIn(field);
    return [row, ...fieldRows(field, `${path}.`), ...(items === undefined ? [] : fieldRows(items, `${path}[].`))];
  });
}

/** The schema of the object, where it is an object or one of several things. */
function objectIn(schema: JsonSchema): JsonSchema | undefined {
  if (schema.properties !== undefined) return schema;
  return schema.anyOf?.map(objectIn).find((each) => each !== undefined);
}

function objectListIn(schema: JsonSchema): JsonSchema | undefined {
  return schema.anyOf?.find(({ items }) => items !== undefined)?.items;
}

function typeOf(schema: JsonSchema): string {
  const { type, items, anyOf } = schema;
  if (type === undefined && anyOf !== undefined) return [...new Set(anyOf.map(typeOf))].join(' or ');
  if (type === undefined && schema.enum !== undefined) {
    return [
      ...new Set(schema.enum.map((value) => (value === null ? 'null' : (NAMES[typeof value] ?? typeof value)))),
    ].join(' or ');
  }
  if (type === undefined) return 'anything';
  const names = (typeof type === 'string' ? [type] : type).map((each) => NAMES[each] ?? each);
  const item = items === undefined ? '' : typeOf(items);
  return names.map((name) => (name === 'list' && item !== '' ? `list (${item})` : name)).join(' or ');
}

function rulesOf(schema: JsonSchema): readonly string[] {
  const { minimum, maximum, minLength, maxLength, minItems, maxItems, pattern, format } = schema;
  const values = schema.enum?.filter((value) => value !== null && typeof value !== 'boolean');
  return [
    ...(values !== undefined && values.length > 0 ? [`one of ${values.map((value) => `\`${value}\``).join(' ')}`] : []),
    ...(schema.enum?.length === 1 && typeof schema.enum[0] === 'boolean' ? [`\`${schema.enum[0]}\``] : []),
    ...(minimum !== undefined ? [`at least ${minimum}`] : []),
    ...(maximum !== undefined ? [`at most ${maximum}`] : []),
    ...(minLength !== undefined ? [`at least ${minLength} characters`] : []),
    ...(maxLength !== undefined ? [`at most ${maxLength} characters`] : []),
    ...(minItems !== undefined ? [`at least ${minItems}`] : []),
    ...(maxItems !== undefined ? [`at most ${maxItems}`] : []),
    ...(typeof pattern === 'string' ? patternRule(pattern) : []),
    ...(typeof format === 'string' ? [format] : []),
  ];
}

function patternRule(pattern: string): readonly string[] {
  if (UUID.test(pattern)) return ['UUID'];
  if (TIME.test(pattern)) return ['`YYYY-MM-DDTHH:MM:SSZ`'];
  return pattern.length > MAX_PATTERN ? [] : [`\`${pattern}\``];
}
