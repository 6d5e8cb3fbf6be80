import { types } from 'node:util';
import { describeRule } from './class-check.js';
import type { JsonSchema } from './json-schema.js';
import type { FieldRule } from './payload-class.js';

const HEX = '[0-9a-fA-F]';
const UUID_REST = `-[89abAB]${HEX}{3}-${HEX}{12}`;
const NIL_AND_MAX = '00000000-0000-0000-0000-000000000000|[fF]{8}-[fF]{4}-[fF]{4}-[fF]{4}-[fF]{12}';

type Constraints = readonly unknown[];
type OfRule = JsonSchema | ((constraints: Constraints) => JsonSchema | undefined);

const number = (keyword: string): OfRule => {
  return ([limit]) => (typeof limit === 'number' ? { type: 'number', [keyword]: limit } : undefined);
};
const list = (keyword: string): OfRule => {
  return ([limit]) => ({ type: 'array', [keyword]: limit });
};

/**
 * What the rules of class-validator are in JSON Schema (draft 7), where that can say it exactly; a rule that is only
 * partly said (`isEmail`) keeps its name in the description.
 */
const RULES: Readonly<Record<string, OfRule>> = {
  isString: { type: 'string' },
  isBoolean: { type: 'boolean' },
  isInt: { type: 'integer' },
  isArray: { type: 'array' },
  isObject: { type: 'object' },
  isNumber: ([options]) => (options === undefined || isEmptyObject(options) ? { type: 'number' } : undefined),
  min: number('minimum'),
  max: number('maximum'),
  isPositive: { type: 'number', exclusiveMinimum: 0 },
  isNegative: { type: 'number', exclusiveMaximum: 0 },
  minLength: ([min]) => ({ type: 'string', minLength: min }),
  maxLength: ([max]) => ({ type: 'string', maxLength: max }),
  isLength: ([min, max]) => ({ type: 'string', minLength: min, ...(max !== undefined && { maxLength: max }) }),
  matches: ([pattern]) =>
    types.isRegExp(pattern) && !/[imsvy]/.test(pattern.flags) ? { type: 'string', pattern: pattern.source } : undefined,
  isUuid: ([version]) => ({ type: 'string', pattern: uuidPattern(version) }),
  isIp: ([version]) => ipSchema(version),
  isIn: ([values]) => (Array.isArray(values) ? oneOf(values) : undefined),
  isEnum: ([, values]) => (Array.isArray(values) ? oneOf(values) : undefined),
  isNotIn: ([values]) => (Array.isArray(values) ? { not: { enum: values } } : undefined),
  equals: ([value]) => (isScalar(value) ? oneOf([value]) : undefined),
  notEquals: ([value]) => (isScalar(value) ? { not: { enum: [value] } } : undefined),
  isNotEmpty: { not: { enum: ['', null] } },
  isEmpty: { enum: ['', null] },
  isDefined: { not: { type: 'null' } },
  arrayNotEmpty: { type: 'array', minItems: 1 },
  arrayMinSize: list('minItems'),
  arrayMaxSize: list('maxItems'),
};

/** Rules that take texts only, and say more of them than JSON Schema can. */
const OF_TEXTS =
  /^(?:is(?:Alpha|Alphanumeric|Ascii|Base32|Base58|Base64|BIC|Email|FQDN|Hash|Hexadecimal|HexColor|Iso8601|DateString|IsoDate|Json|JWT|Locale|Lowercase|MacAddress|MimeType|NumberString|PhoneNumber|RFC3339|SemVer|TimeZone|Uppercase|Url|Iban|ULID)|contains|notContains)/i;

/** The JSON Schema of one rule, of one value: `each` is left to the caller. */
export function schemaOfRule(rule: FieldRule): JsonSchema {
  const known = Object.hasOwn(RULES, rule.name) ? RULES[rule.name] : undefined;
  const schema = typeof known === 'function' ? known(rule.constraints) : known;
  if (schema !== undefined) return schema;
  const rest = { description: describeRule(rule) };
  return OF_TEXTS.test(rule.name) ? { type: 'string', ...rest } : rest;
}

/** With the type that all of them have, for whoever reads it. */
function oneOf(values: readonly unknown[]): JsonSchema {
  const [type, ...more] = new Set(values.map((value) => typeof value));
  const isTyped = more.length === 0 && (type === 'string' || type === 'number' || type === 'boolean');
  return { ...(isTyped && { type }), enum: values };
}

/** As validator.js 13.15, which class-validator uses. */
function uuidPattern(version: unknown): string {
  if (version === 'loose') return `^${HEX}{8}-${HEX}{4}-${HEX}{4}-${HEX}{4}-${HEX}{12}$`;
  if (version === undefined || version === 'all') {
    return `^(?:${HEX}{8}-${HEX}{4}-[1-8]${HEX}{3}${UUID_REST}|${NIL_AND_MAX})$`;
  }
  return `^${HEX}{8}-${HEX}{4}-${version}${HEX}{3}${UUID_REST}$`;
}

function ipSchema(version: unknown): JsonSchema {
  const known = [4, 6].filter((each) => version === undefined || String(version) === String(each));
  return { type: 'string', anyOf: known.map((each) => ({ format: `ipv${each}` })) };
}

function isEmptyObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function isScalar(value: unknown): boolean {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
