import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  Equals,
  IsArray,
  IsBoolean,
  IsDefined,
  IsIn,
  IsInt,
  IsIP,
  IsNegative,
  IsNotEmpty,
  IsNotIn,
  IsNumber,
  IsObject,
  IsOptional,
  IsPositive,
  IsString,
  IsUUID,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  MinLength,
  validateSync,
} from 'class-validator';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PayloadClass } from '../../src/catalog/event-definition.js';
import { marksOf } from '../../src/catalog/field-marks.js';
import { glance } from '../../src/glance/index.js';
import { type CatalogDefinitions, defineCatalog, Nested, Nullable } from '../../src/index.js';

// Three say whether a payload is right: class-validator itself, the catalog's check, and its JSON Schema by ajv.

class Part {
  @IsInt() @Min(1) readonly count!: number;
  @IsOptional() @IsString() readonly note?: string | null;
}

/** Every rule that the JSON Schema says exactly. */
class Everything {
  @IsString() @MinLength(2) @MaxLength(4) readonly text!: string;
  @Length(1, 3) readonly length!: string;
  @Matches(/^[a-c]+$/) readonly pattern!: string;
  @IsUUID() readonly uuid!: string;
  @IsUUID('4') readonly uuid4!: string;
  @IsIP() readonly ip!: string;
  @IsInt() @Min(-2) @Max(3) readonly whole!: number;
  @IsNumber() readonly number!: number;
  @IsPositive() readonly positive!: number;
  @IsNegative() readonly negative!: number;
  @IsBoolean() readonly flag!: boolean;
  @IsIn(['a', 'b', 7]) readonly oneOf!: unknown;
  @IsNotIn(['a', 7]) readonly noneOf!: unknown;
  @Equals(null) readonly nothing!: null;
  @Equals('x') readonly constant!: 'x';
  @IsNotEmpty() readonly filled!: unknown;
  @IsDefined() readonly defined!: unknown;
  @IsObject() readonly object!: object;
  @IsArray() @ArrayNotEmpty() @ArrayMaxSize(2) @IsString({ each: true }) readonly list!: string[];
  @IsInt({ each: true }) readonly each!: number[];
  @Nullable() @IsIn(['a', 'b']) readonly nullable!: string | null;
  @IsOptional() @IsInt() readonly optional?: number | null;
  @Nested(() => Part) readonly part!: Part;
  @Nested(() => Part, { each: true }) readonly parts!: Part[];
  @Nullable() @Nested(() => Part) readonly noPart!: Part | null;
}

const EXAMPLE: Everything = {
  text: 'abc',
  length: 'a',
  pattern: 'abc',
  uuid: '65f8a45e-2bef-46e4-88b5-bb2bd1830a0f',
  uuid4: '65f8a45e-2bef-46e4-88b5-bb2bd1830a0f',
  ip: '::1',
  whole: 0,
  number: 0.5,
  positive: 1,
  negative: -1,
  flag: false,
  oneOf: 7,
  noneOf: 'c',
  nothing: null,
  constant: 'x',
  filled: 0,
  defined: false,
  object: {},
  list: ['a'],
  each: [1, 2],
  nullable: null,
  part: { count: 1 },
  parts: [{ count: 1, note: 'n' }],
  noPart: null,
};

const everything = defineCatalog({
  name: 'everything',
  version: '1.0.0',
  events: { 'a.everything': { summary: 's', meaning: 'm', payload: Everything, example: EXAMPLE } },
});

/** An instance, with instances in it, as class-validator needs them. */
function instance(payloadClass: PayloadClass, value: unknown): object {
  const object = Object.create(payloadClass.prototype) as Record<string, unknown>;
  const marks = marksOf(payloadClass.prototype);
  for (const [key, field] of Object.entries(value as object)) {
    const nested = marks[key]?.nested?.() as PayloadClass | undefined;
    const made = (each: unknown) => (isPlain(each) && nested !== undefined ? instance(nested, each) : each);
    object[key] = Array.isArray(field) ? field.map(made) : made(field);
  }
  return object;
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const ajv = addFormats.default(new Ajv({ strict: true, allowUnionTypes: true, strictTypes: false }));

/** Payloads that differ from a right one in a few places, by what may stand there. */
function nearly(example: object): fc.Arbitrary<Record<string, unknown>> {
  const value = fc.oneof(
    fc.constantFrom(null, '', '0', 'a', 'abc', 'abcde', 'x', '***x', true, false, 0, 1, -1, -3, 4, 7, 1.5, 1e21),
    fc.constantFrom('127.0.0.1', '::1', '127.0.0.256', '65F8A45E-2bef-46e4-88b5-bb2bd1830a0f'),
    fc.constantFrom(
      '65f8a45e-2bef-96e4-88b5-bb2bd1830a0f',
      '00000000-0000-0000-0000-000000000000',
      'active',
      'success',
    ),
    fc.constantFrom('2026-11-20T07:29:26Z', '2026-11-20T07:29:26.5Z', '2026-13-20T07:29:26Z', '2026-11-20 07:29:26'),
    fc.constantFrom(
      'x'.repeat(80),
      'x'.repeat(81),
      'x'.repeat(255),
      'x'.repeat(256),
      '227a7bcff360c6b2eacb565b9e2160b9',
    ),
    fc.constantFrom<unknown>([], {}, [''], ['a', 'b'], ['a', 'b', 'c'], [1], [1.5], [null], [{}], { count: 1 }),
    fc.constantFrom<unknown>([{ count: 1 }], [{ count: 0 }], [{ count: 1, note: 7 }], { count: 1, note: null }),
    fc.string({ maxLength: 6 }),
    fc.integer(),
    fc.constant(undefined),
  );
  const keys = Object.keys(example);
  return fc.array(fc.tuple(fc.constantFrom(...keys, 'other'), value), { maxLength: 3 }).map((changes) => {
    const changed: Record<string, unknown> = { ...example };
    for (const [key, to] of changes) {
      if (to === undefined) delete changed[key];
      else changed[key] = to;
    }
    return changed;
  });
}

function expectAgreement(catalog: CatalogDefinitions, eventType: string, runs: number): void {
  const { payload, example, text } = catalog.events[eventType] as (typeof catalog.events)[string];
  const matches = ajv.compile(catalog.schemaOf(eventType));
  let refused = 0;
  fc.assert(
    fc.property(nearly(example as object), (value) => {
      const byClassValidator = validateSync(instance(payload as PayloadClass, value)).length === 0;
      const byCatalog = catalog.find(eventType)?.check(value as never, 'INFO') === undefined;
      expect({ value, byCatalog, byJsonSchema: matches(value) }).toEqual({
        value,
        byCatalog: byClassValidator,
        byJsonSchema: byClassValidator,
      });
      if (!byClassValidator) refused += 1;
    }),
    { numRuns: runs },
  );
  expect(refused).toBeGreaterThan(runs / 10);
  expect(text === undefined || matches('65f8a45e-2bef-46e4-88b5-bb2bd1830a0f')).toBe(true);
}

describe('class-validator, the check of a catalog and its JSON Schema agree', () => {
  it('on every rule that JSON Schema can say', () => {
    expectAgreement(everything, 'a.everything', 3_000);
  });

  it.each(Object.keys(glance.events))('on nearly right payloads of %s', (eventType) => {
    expectAgreement(glance, eventType, 150);
  });
});
