import { ConfigurationError } from '../notification/errors.js';
import type { PayloadClass } from './event-definition.js';
import { type FieldMarks, loadClassValidator, marksOf } from './field-marks.js';

/** What class-validator passes to a rule. */
export interface RuleArguments {
  readonly targetName: string;
  readonly property: string;
  readonly object: object;
  readonly value: unknown;
  readonly constraints: readonly unknown[];
}

/** One rule of a field. */
export interface FieldRule {
  /** As class-validator names it: `isUuid`. */
  readonly name: string;
  readonly constraints: readonly unknown[];
  /** True: each value of a list has to keep it. */
  readonly each: boolean;
  readonly appliesTo: (object: object, value: unknown) => boolean;
  readonly validate: (value: unknown, args: RuleArguments) => unknown;
}

/** What a payload class says of one field. */
export interface Field {
  readonly name: string;
  readonly marks: FieldMarks;
  readonly rules: readonly FieldRule[];
  /** The rules hold only where all of these do (`IsOptional`, `ValidateIf`, `Nullable`). */
  readonly conditions: readonly ((object: object, value: unknown) => boolean)[];
  /** The description of the object, or of each object in the list; a function, since a class may hold itself. */
  readonly nested: (() => PayloadFields) | undefined;
}

/** A payload class, read once. */
export interface PayloadFields {
  readonly className: string;
  readonly fields: readonly Field[];
}

/** What is used of class-validator's metadata, which the process keeps in one place for all copies of the package. */
interface RuleMetadata {
  readonly type: string;
  readonly name?: string;
  /** The class that declares it. */
  readonly target: PayloadClass;
  readonly propertyName: string;
  readonly constraintCls: unknown;
  readonly constraints?: readonly unknown[];
  readonly each?: boolean;
  readonly validateIf?: (object: object, value: unknown) => boolean;
}

interface ConstraintMetadata {
  readonly name?: string;
  readonly async?: boolean;
  readonly instance: { validate(value: unknown, args: RuleArguments): unknown };
}

interface MetadataStorage {
  getTargetValidationMetadatas(
    target: PayloadClass,
    schema: string,
    always: boolean,
    strictGroups: boolean,
  ): RuleMetadata[];
  getTargetValidatorConstraints(target: unknown): ConstraintMetadata[];
}

const read = new WeakMap<PayloadClass, PayloadFields>();

/**
 * Reads what a payload class says of its fields, once per class. Throws a ConfigurationError for a class that says
 * nothing, for a rule that needs to wait, and for a nested object of which the class is not known.
 */
export function readPayloadClass(payloadClass: PayloadClass, setting: string): PayloadFields {
  const known = read.get(payloadClass);
  if (known !== undefined) return known;
  const storage = loadClassValidator(setting).getMetadataStorage() as MetadataStorage;
  const marks = marksOf(payloadClass.prototype);
  const metadatas = storage.getTargetValidationMetadatas(payloadClass, '', false, false);
  const byField = new Map<string, RuleMetadata[]>(fieldNames(payloadClass, metadatas, marks).map((name) => [name, []]));
  for (const metadata of metadatas) byField.get(metadata.propertyName)?.push(metadata);
  if (byField.size === 0) {
    throw new ConfigurationError(setting, `is the class ${payloadClass.name}, none of whose fields has a rule`);
  }
  const fields = [...byField].map(([name, ofField]) => {
    const place = `${setting}: ${payloadClass.name}.${name}`;
    return readField(name, ofField, marks[name] ?? {}, storage, place);
  });
  const description = { className: payloadClass.name, fields };
  read.set(payloadClass, description);
  // Now, so that a mistake is told when the catalog is defined; and after it is known, since a class may hold itself.
  for (const field of fields) field.nested?.();
  return description;
}

/** As they are declared, inherited ones first: fields with rules, and between them those that are only marked. */
function fieldNames(
  payloadClass: PayloadClass,
  metadatas: readonly RuleMetadata[],
  marks: Readonly<Record<string, FieldMarks>>,
): readonly string[] {
  const depthOf = ({ target }: RuleMetadata) => (payloadClass.prototype instanceof target ? 0 : 1);
  const sorted = metadatas.toSorted((a, b) => depthOf(a) - depthOf(b));
  const names = [...new Set(sorted.map(({ propertyName }) => propertyName))];
  let before = -1;
  for (const name of Object.keys(marks)) {
    if (!names.includes(name)) names.splice(before + 1, 0, name);
    before = names.indexOf(name);
  }
  return names;
}

function readField(
  name: string,
  metadatas: readonly RuleMetadata[],
  marks: FieldMarks,
  storage: MetadataStorage,
  place: string,
): Field {
  const conditions = metadatas
    .filter(({ type }) => type === 'conditionalValidation')
    .map(({ constraints }) => constraints?.[0] as Field['conditions'][number]);
  // Decorators are applied from the bottom up; they are read from the top down.
  const rules = metadatas.toReversed().flatMap((metadata) =>
    storage.getTargetValidatorConstraints(metadata.constraintCls).map((constraint): FieldRule => {
      const rule = metadata.name ?? constraint.name ?? metadata.type;
      if (constraint.async) {
        throw new ConfigurationError(place, `has the rule ${rule}, which needs to wait; it takes rules that do not`);
      }
      let instance: ConstraintMetadata['instance'] | undefined;
      return {
        name: rule,
        constraints: metadata.constraints ?? [],
        each: metadata.each ?? false,
        appliesTo: metadata.validateIf ?? (() => true),
        validate: (value, args) => {
          // Not before it is needed: an application may give class-validator a container for its rules.
          instance ??= constraint.instance;
          return instance.validate(value, args);
        },
      };
    }),
  );
  const isNested = metadatas.some(({ type }) => type === 'nestedValidation');
  const { nested } = marks;
  if (isNested && nested === undefined) {
    throw new ConfigurationError(place, 'is nested, but of what class is not known; use @Nested(() => ItsClass)');
  }
  return {
    name,
    marks,
    rules,
    conditions,
    nested: nested && (() => readPayloadClass(nested() as PayloadClass, place)),
  };
}
