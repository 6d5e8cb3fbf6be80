import { checkFields } from './class-check.js';
import type { EventDefinition } from './event-definition.js';
import { inlineReferences } from './inline-references.js';
import type { JsonSchema } from './json-schema.js';
import type { Field, PayloadFields } from './payload-class.js';
import type { PayloadKind } from './payload-rules.js';
import { schemaOfRule } from './rule-schema.js';
import { isStandardSchema, type StandardSchema } from './standard-schema.js';

/** The JSON Schema of the payload of an event, as it is told when all went well. */
export function payloadSchema(definition: EventDefinition, kind: PayloadKind): JsonSchema {
  const { jsonSchema, text } = definition;
  const schema = jsonSchema === undefined ? schemaOfKind(kind) : inlineReferences(jsonSchema);
  if (text === undefined) return schema;
  return { anyOf: [schema, { type: 'string', pattern: text.pattern.source, description: text.meaning }] };
}

function schemaOfKind(kind: PayloadKind): JsonSchema {
  if (kind === undefined) return {};
  return isStandardSchema(kind) ? schemaOfStandard(kind) : schemaOfClass(kind, []);
}

/** What a library tells of its schema by the standard's JSON Schema extension; else only whose schema it is. */
function schemaOfStandard(schema: StandardSchema): JsonSchema {
  const { vendor } = schema['~standard'];
  const { jsonSchema } = schema['~standard'] as {
    jsonSchema?: { input(options: { target: string }): Record<string, unknown> };
  };
  try {
    const { $schema, ...rest } = jsonSchema?.input({ target: 'draft-07' }) ?? {};
    if (Object.keys(rest).length > 0) return inlineReferences(rest);
  } catch {
    // It has something that JSON Schema cannot say.
  }
  return { description: `as the ${vendor} schema of the service says` };
}

/** `within`: the classes around it; one that holds itself is cut off there. */
function schemaOfClass(payload: PayloadFields, within: readonly PayloadFields[]): JsonSchema {
  if (within.includes(payload)) return { type: 'object', description: `as ${payload.className} again` };
  const chain = [...within, payload];
  const properties = payload.fields.map((field) => [field.name, schemaOfField(field, payload, chain)] as const);
  const required = payload.fields.filter((field) => !accepts(field, payload, undefined)).map(({ name }) => name);
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    ...(required.length > 0 && { required }),
  };
}

function schemaOfField(field: Field, payload: PayloadFields, chain: readonly PayloadFields[]): JsonSchema {
  const { meaning, isRedacted } = field.marks;
  const schema = withNull(merged(partsOf(field, chain)), accepts(field, payload, null));
  const description = [meaning, schema.description, isRedacted ? 'masked' : undefined].filter(Boolean).join('; ');
  return { ...schema, ...(description !== '' && { description }) };
}

function partsOf(field: Field, chain: readonly PayloadFields[]): readonly JsonSchema[] {
  const isList = field.rules.some(({ name, each }) => !each && name === 'isArray');
  const parts = field.rules.filter(({ each }) => !each).map(schemaOfRule);
  const items = field.rules.filter(({ each }) => each).map(schemaOfRule);
  if (field.nested !== undefined) {
    const nested = schemaOfClass(field.nested(), chain);
    if (isList) items.push(nested);
    else parts.push({ anyOf: [nested, { type: 'array', items: nested }] });
  }
  if (items.length === 0) return parts;
  const each = merged(items);
  // Without `IsArray`, class-validator checks what is no list as if it stood in one.
  return [...parts, isList ? { type: 'array', items: each } : { anyOf: [{ type: 'array', items: each }, each] }];
}

/** Several rules as one schema: side by side where they say different things, else as `allOf`. */
function merged(parts: readonly JsonSchema[]): JsonSchema {
  let sum: Record<string, unknown> = {};
  const apart: JsonSchema[] = [];
  for (const part of parts) {
    const joined = join(sum, part);
    if (joined === undefined) apart.push(part);
    else sum = joined;
  }
  return apart.length === 0 ? sum : { ...sum, allOf: apart };
}

/** Undefined where both use a keyword in different ways. */
function join(sum: Record<string, unknown>, part: JsonSchema): Record<string, unknown> | undefined {
  const joined: Record<string, unknown> = { ...sum };
  for (const [keyword, value] of Object.entries(part)) {
    const present = joined[keyword];
    if (present === undefined || present === value) joined[keyword] = value;
    else if (keyword === 'type' && isNarrower(value, present)) joined.type = value;
    else if (keyword === 'description') joined.description = `${present}; ${value}`;
    else if (!(keyword === 'type' && isNarrower(present, value))) return undefined;
  }
  return joined;
}

function isNarrower(type: unknown, than: unknown): boolean {
  return type === 'integer' && than === 'number';
}

function withNull(schema: JsonSchema, acceptsNull: boolean): JsonSchema {
  if (!acceptsNull || Object.keys(schema).length === 0) return schema;
  const { type, enum: values, description, ...rest } = schema;
  if (rest.not !== undefined || rest.anyOf !== undefined || rest.allOf !== undefined) {
    const { description: _, ...bare } = schema;
    return { anyOf: [bare, { type: 'null' }], ...(description !== undefined && { description }) };
  }
  return {
    ...(typeof type === 'string' && { type: [type, 'null'] }),
    ...(values !== undefined && { enum: values.includes(null) ? values : [...values, null] }),
    ...rest,
    ...(description !== undefined && { description }),
  };
}

/** Asked, not derived: conditions are functions. The other fields are as they would be in a payload without any. */
function accepts(field: Field, payload: PayloadFields, value: null | undefined): boolean {
  try {
    const object = value === undefined ? {} : { [field.name]: value };
    return checkFields({ className: payload.className, fields: [field] }, object).length === 0;
  } catch {
    return true;
  }
}
