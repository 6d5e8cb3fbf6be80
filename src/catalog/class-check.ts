import { types } from 'node:util';
import type { Field, FieldRule, PayloadFields } from './payload-class.js';

/** One thing that is wrong: where, and which rule. Never the value. */
export interface Failure {
  readonly path: string;
  readonly rule: string;
}

/** What stands in a payload where a secret stood: it keeps no rule, and is right all the same. */
const MASK = '***';

/** More is not looked for: an operator needs the first ones. */
const MAX_FAILURES = 10;

type Checked = Readonly<Record<string, unknown>>;

/**
 * Checks payloads against a payload class as class-validator would, but without making an object per field: what the
 * class says was read once. `isPartial`: fields may be missing.
 */
export function checkFields(
  fields: PayloadFields,
  payload: unknown,
  isPartial = false,
  path = '',
  failures: Failure[] = [],
): readonly Failure[] {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
    failures.push({ path: path === '' ? 'the payload' : path, rule: 'isObject' });
    return failures;
  }
  for (const field of fields.fields) {
    if (failures.length >= MAX_FAILURES) break;
    checkField(fields.className, field, payload as Checked, isPartial, path, failures);
  }
  return failures;
}

function checkField(
  targetName: string,
  field: Field,
  object: Checked,
  isPartial: boolean,
  path: string,
  failures: Failure[],
): void {
  const { name } = field;
  const value = Object.hasOwn(object, name) ? object[name] : undefined;
  if (value === MASK || (isPartial && value === undefined)) return;
  const place = path === '' ? name : `${path}.${name}`;
  try {
    for (const condition of field.conditions) if (!condition(object, value)) return;
  } catch {
    failures.push({ path: place, rule: 'its condition, which threw' });
    return;
  }
  for (const rule of field.rules) {
    const args = { targetName, property: name, object, value, constraints: rule.constraints };
    if (keeps(rule, value, args)) continue;
    // The first one says it: what is no number is not at least 0 either.
    failures.push({ path: place, rule: describeRule(rule) });
    return;
  }
  if (field.nested === undefined || value === undefined) return;
  if (!Array.isArray(value)) checkFields(field.nested(), value, isPartial, place, failures);
  else {
    for (const [index, each] of value.entries()) {
      checkFields(field.nested(), each, isPartial, `${place}.${index}`, failures);
      if (failures.length >= MAX_FAILURES) return;
    }
  }
}

type Arguments = Parameters<FieldRule['validate']>[1];

function keeps(rule: FieldRule, value: unknown, args: Arguments): boolean {
  try {
    if (!rule.appliesTo(args.object, value)) return true;
    if (!rule.each || !Array.isArray(value)) return Boolean(rule.validate(value, args));
    return value.every((each) => each === MASK || rule.validate(each, args));
  } catch {
    // A rule that throws is not kept: it was written for other values.
    return false;
  }
}

const MAX_SHOWN = 80;

/** `isUuid`, `min(0)`, `isIn(a, b)`; what a rule compares with comes from the catalog, so it may be shown. */
export function describeRule({ name, constraints }: Pick<FieldRule, 'name' | 'constraints'>): string {
  const shown = constraints.flat().map((each) => (types.isRegExp(each) || isScalar(each) ? String(each) : undefined));
  const text = shown.some((each) => each === undefined || each === 'undefined') ? '' : shown.join(', ');
  return text === '' || text.length > MAX_SHOWN ? name : `${name}(${text})`;
}

function isScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
