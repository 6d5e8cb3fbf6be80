import { IsArray, IsNumber } from 'class-validator';
import { Meaning, Nullable } from '../catalog/field-marks.js';
import { Count, Fields, Flag, Name, OrNull, Text } from './fields.js';

/** The keys of a JSON Schema that Glance knows of a property, always all of them. */
export abstract class SchemaKeys {
  @OrNull(Text('string, integer …')) readonly type!: string | null;
  @OrNull(Text('what a form calls it')) readonly title!: string | null;
  @OrNull(Text('what it is for', 65_535)) readonly description!: string | null;
  @Meaning('what it is when nothing is said') readonly default!: unknown;
  @Nullable() @IsNumber() @Meaning('the least value') readonly minimum!: number | null;
  @Nullable() @IsNumber() @Meaning('the greatest value') readonly maximum!: number | null;
  @Nullable() @IsArray() @Meaning('the values that there are') readonly enum!: readonly unknown[] | null;
  @OrNull(Text('a regular expression', 65_535)) readonly pattern!: string | null;
  @OrNull(Count('the fewest characters')) readonly minLength!: number | null;
  @OrNull(Count('the most characters')) readonly maxLength!: number | null;
  @OrNull(Flag('it is not shown')) readonly confidential!: boolean | null;
  @OrNull(Fields('what the values of a list are')) readonly items!: Readonly<Record<string, unknown>> | null;
  @OrNull(Flag('the values of a list differ')) readonly uniqueItems!: boolean | null;
  @OrNull(Count('the fewest values of a list')) readonly minItems!: number | null;
  @OrNull(Count('the most values of a list')) readonly maxItems!: number | null;
  @OrNull(Flag('a list may hold more')) readonly additionalItems!: boolean | null;
}

/** A property within an object. */
export class ObjectProperty extends SchemaKeys {
  @Name('its name') readonly name!: string;
}

/** As a service keeps it: what is left out is null. */
export type SchemaRecord = { readonly [K in keyof SchemaKeys]?: SchemaKeys[K] };

/** Keeps 0, false and '', which Glance turns into null. */
export function schemaKeys(record: SchemaRecord): SchemaKeys {
  return {
    type: record.type ?? null,
    title: record.title ?? null,
    description: record.description ?? null,
    default: record.default ?? null,
    minimum: record.minimum ?? null,
    maximum: record.maximum ?? null,
    enum: record.enum ?? null,
    pattern: record.pattern ?? null,
    minLength: record.minLength ?? null,
    maxLength: record.maxLength ?? null,
    confidential: record.confidential ?? null,
    items: record.items ?? null,
    uniqueItems: record.uniqueItems ?? null,
    minItems: record.minItems ?? null,
    maxItems: record.maxItems ?? null,
    additionalItems: record.additionalItems ?? null,
  };
}
