import { loadOptionalPackage } from '../notification/optional-package.js';

/** What tidings is told of a field of a payload class, beside the rules of class-validator. */
export interface FieldMarks {
  readonly isRedacted?: boolean;
  readonly meaning?: string;
  /** The class of the object, or of each object in the list, in this field. */
  readonly nested?: () => abstract new (...args: never[]) => object;
}

/** A decorator of a field, under `experimentalDecorators`, without which class-validator does not work either. */
export type FieldDecorator = (target: object, field: string | symbol) => void;

interface ClassValidator {
  ValidateIf(condition: (object: object, value: unknown) => boolean): PropertyDecorator;
  ValidateNested(options?: { each?: boolean }): PropertyDecorator;
  IsArray(): PropertyDecorator;
}

/** reflect-metadata keeps what is marked, by prototype, so that a class inherits it. */
interface MetadataReflect {
  getMetadata(key: string, target: object): unknown;
  getOwnMetadata(key: string, target: object): unknown;
  defineMetadata(key: string, value: unknown, target: object): void;
}

const KEY = 'tidings:payload-fields';

/** The value is masked in every notification of this payload, whatever its key is, unless redaction is off. */
export function Redacted(): FieldDecorator {
  return mark('Redacted', { isRedacted: true });
}

/** What the field means, in the documentation of the catalog. */
export function Meaning(meaning: string): FieldDecorator {
  return mark('Meaning', { meaning });
}

/** The field may be null, but must be there; `@IsOptional()` of class-validator allows both. */
export function Nullable(): FieldDecorator {
  return mark('Nullable', {}, ({ ValidateIf }) => [ValidateIf((_, value) => value !== null)]);
}

/**
 * The field holds an object of this payload class, or a list of them (`{ each: true }`): `@ValidateNested()`, with the
 * class that it needs to know. The class is given by a function, since it may be defined later.
 */
export function Nested(
  payloadClass: () => abstract new (...args: never[]) => object,
  { each = false }: { readonly each?: boolean } = {},
): FieldDecorator {
  return mark('Nested', { nested: payloadClass }, ({ ValidateNested, IsArray }) =>
    each ? [ValidateNested({ each }), IsArray()] : [ValidateNested()],
  );
}

/** The fields of a payload class that are marked, its own and inherited ones. */
export function marksOf(prototype: object): Readonly<Record<string, FieldMarks>> {
  // Whoever has marked anything has loaded it.
  const reflect = Reflect as Partial<MetadataReflect>;
  return (reflect.getMetadata?.(KEY, prototype) ?? {}) as Record<string, FieldMarks>;
}

function mark(
  decorator: string,
  marks: FieldMarks,
  rules: (classValidator: ClassValidator) => readonly PropertyDecorator[] = () => [],
): FieldDecorator {
  return (target, field) => {
    if (typeof target !== 'object' || target === null || typeof field !== 'string') {
      throw new TypeError(
        `@${decorator} decorates fields of payload classes under experimentalDecorators, as class-validator does`,
      );
    }
    loadOptionalPackage('reflect-metadata', `@${decorator}`);
    const reflect = Reflect as unknown as MetadataReflect;
    const known = marksOf(target);
    reflect.defineMetadata(KEY, { ...known, [field]: { ...known[field], ...marks } }, target);
    for (const rule of rules(loadClassValidator(`@${decorator}`))) rule(target, field);
  };
}

/** Loaded by who uses it only: a program without payload classes does without. */
export function loadClassValidator(what: string): ClassValidator & { getMetadataStorage(): unknown } {
  return loadOptionalPackage('class-validator', what) as ClassValidator & { getMetadataStorage(): unknown };
}
