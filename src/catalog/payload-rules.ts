import type { EventRules } from '../notification/event-rules.js';
import type { JsonValue } from '../notification/json.js';
import type { Priority } from '../notification/priority.js';
import { checkFields, type Failure } from './class-check.js';
import type { EventDefinition, Phase } from './event-definition.js';
import { maskedPlaces } from './masked-places.js';
import type { PayloadFields } from './payload-class.js';
import { isStandardSchema, type StandardIssue, type StandardSchema } from './standard-schema.js';

const MASK = '***';

/** At these something went wrong, and a text may say what. */
const TROUBLE: ReadonlySet<Priority> = new Set(['WARN', 'ERROR', 'CRITICAL']);

/** What is known of the payload of an event. */
export type PayloadKind = PayloadFields | StandardSchema | undefined;

/** `phase`: which one of a pair; undefined: the event on its own. `fields`: those of a Standard Schema. */
export function rulesFor(
  definition: EventDefinition,
  kind: PayloadKind,
  phase: Phase | undefined,
  fields: readonly string[] | undefined,
): EventRules {
  const isPartial = phase === 'start' || phase === 'error';
  const isSchema = isStandardSchema(kind);
  const failuresOf = (payload: JsonValue): readonly Failure[] => {
    if (kind === undefined) return [];
    if (!isSchema) return checkFields(kind as PayloadFields, payload, isPartial);
    // A schema does not know what may be missing.
    if (!isPartial) return checkSchema(kind, payload);
    return typeof payload === 'object' && payload !== null ? [] : [{ path: 'the payload', rule: 'isObject' }];
  };
  return {
    fields: kind === undefined || isSchema ? fields : (kind as PayloadFields).fields.map(({ name }) => name),
    redacted: kind === undefined || isSchema ? undefined : maskedPlaces(kind as PayloadFields),
    check: (payload, priority) => {
      if (typeof payload === 'string') {
        if (TROUBLE.has(priority) || phase === 'error' || payload === MASK) return undefined;
        // `search` starts at the beginning whatever the flags say.
        if (definition.text !== undefined && payload.search(definition.text.pattern) !== -1) return undefined;
      }
      const failures = failuresOf(payload);
      return failures.length === 0 ? undefined : describeFailures(failures);
    },
  };
}

/** `size breaks min(0); name breaks isString`. */
export function describeFailures(failures: readonly Failure[]): string {
  return failures.map(({ path, rule }) => `${path} breaks ${rule}`).join('; ');
}

/** The issues of a Standard Schema; its messages may quote the value, so that only the place is said. */
export function checkSchema(schema: StandardSchema, payload: unknown): readonly Failure[] {
  const { vendor, validate } = schema['~standard'];
  const unchecked = [{ path: 'the payload', rule: `the ${vendor} schema, which threw or waits` }];
  try {
    const result = validate(payload);
    // It was not so when the catalog was defined; a payload is not kept waiting for it. zod waits where a rule threw.
    if ('then' in result) {
      result.then(undefined, () => {});
      return unchecked;
    }
    return (result.issues ?? [])
      .filter((issue) => !isMasked(payload, keysOf(issue)))
      .map((issue) => ({ path: keysOf(issue).join('.') || 'the payload', rule: ruleOf(issue, vendor) }));
  } catch {
    return unchecked;
  }
}

function keysOf({ path = [] }: StandardIssue): string[] {
  // Not by its own `map`: the path of arktype is a class of its own, which cannot make an empty one.
  return Array.from(path, (step) => String(typeof step === 'object' ? step.key : step));
}

/** What the library calls the rule, where it says so beside the standard: `code` of zod and arktype, `type` of valibot. */
function ruleOf(issue: StandardIssue, vendor: string): string {
  const { code, type } = issue as { code?: unknown; type?: unknown };
  const rule = typeof code === 'string' ? code : type;
  return typeof rule === 'string' && /^\w{1,40}$/.test(rule) ? `${rule} (${vendor})` : `the ${vendor} schema`;
}

function isMasked(payload: unknown, keys: readonly string[]): boolean {
  let value = payload;
  for (const key of keys) {
    if (typeof value !== 'object' || value === null) return false;
    value = (value as Record<string, unknown>)[key];
  }
  return value === MASK;
}
