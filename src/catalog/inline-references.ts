import type { JsonSchema } from './json-schema.js';

/**
 * A schema without `$ref`, so that it may stand anywhere in a larger document: what is referred to stands in the place of
 * the reference. What holds itself is cut off there, as it is with classes.
 */
export function inlineReferences(schema: JsonSchema): JsonSchema {
  const { definitions: _, $defs: __, ...itself } = schema;
  return resolved(itself, schema, ['#']) as JsonSchema;
}

/** `within`: the references that lead here. */
function resolved(value: unknown, root: JsonSchema, within: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((each) => resolved(each, root, within));
  if (typeof value !== 'object' || value === null) return value;
  const { $ref, ...rest } = value as JsonSchema;
  if (typeof $ref !== 'string') {
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, resolved(each, root, within)]));
  }
  const target = within.includes($ref) ? undefined : find(root, $ref);
  if (target === undefined) return { description: 'as above again', ...rest };
  return { ...(resolved(target, root, [...within, $ref]) as object), ...rest };
}

/** By a JSON pointer into the same schema. */
function find(root: JsonSchema, reference: string): unknown {
  if (!reference.startsWith('#/')) return undefined;
  const keys = reference.slice(2).split('/');
  let value: unknown = root;
  for (const key of keys) {
    const name = decodeURIComponent(key).replaceAll('~1', '/').replaceAll('~0', '~');
    value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
  }
  return value;
}
