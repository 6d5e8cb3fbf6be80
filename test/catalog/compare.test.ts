import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { compareDefinitions } from '../../src/catalog/compare.js';
import type { JsonSchema } from '../../src/catalog/json-schema.js';
import { jsonSchemaDocument } from '../../src/catalog/render/json-schema-document.js';
import { glance } from '../../src/glance/index.js';
import { defineCatalog, type EventDefinition } from '../../src/index.js';

/** What has changed, as `breaking …` and `additive …`. */
function changes(before: JsonSchema, after: JsonSchema): string[] {
  return compareDefinitions({ e: before }, { e: after }).map(
    ({ isBreaking, what }) => `${isBreaking ? 'breaking' : 'additive'} ${what}`,
  );
}

const object = (properties: Record<string, JsonSchema>, required: string[] = []): JsonSchema => ({
  type: 'object',
  properties,
  required,
});
const text = { type: 'string' };

describe('what breaks', () => {
  it.each<[string, JsonSchema, JsonSchema, string]>([
    ['a field removed', object({ a: text, b: text }), object({ a: text }), 'b: removed'],
    ['made required', object({ a: text }), object({ a: text }, ['a']), 'a: made required'],
    ['retyped', object({ a: text }), object({ a: { type: 'integer' } }), 'a: retyped, string → integer'],
    ['whole numbers only', { type: 'number' }, { type: 'integer' }, 'the payload: narrowed, number → integer'],
    ['no null', { type: ['string', 'null'] }, text, 'the payload: narrowed, string or null → string'],
    ['a type', {}, text, 'the payload: narrowed, anything → string'],
    ['a value', { enum: ['a', 'b'] }, { enum: ['a'] }, 'the payload: narrowed, no longer "b"'],
    ['values', text, { ...text, enum: ['a'] }, 'the payload: narrowed, only "a"'],
    ['a minimum', { minimum: 0 }, { minimum: 1 }, 'the payload: narrowed, minimum 0 → 1'],
    ['a new maximum', { type: 'number' }, { type: 'number', maximum: 9 }, 'the payload: narrowed, maximum none → 9'],
    ['a length', { maxLength: 9 }, { maxLength: 8 }, 'the payload: narrowed, maxLength 9 → 8'],
    ['a pattern', text, { ...text, pattern: '^a' }, 'the payload: narrowed, pattern none → "^a"'],
    ['a constant', { const: 'a' }, { const: 'b' }, 'the payload: narrowed, no longer "a"'],
    [
      'deep down',
      object({ a: { type: 'array', items: object({ b: text }) } }),
      object({ a: { type: 'array', items: object({}) } }),
      'a[].b: removed',
    ],
    ['no text any longer', { anyOf: [object({}), text] }, object({}), 'the payload: narrowed, no longer string'],
    [
      'or null, written otherwise',
      { anyOf: [text, { type: 'null' }] },
      text,
      'the payload: narrowed, string or null → string',
    ],
    [
      'no more fields',
      object({}),
      { ...object({}), additionalProperties: false },
      'the payload: narrowed, additionalProperties none → false',
    ],
  ])('%s', (_, before, after, what) => {
    expect(changes(before, after)).toContain(`breaking ${what}`);
    // The other way round nothing breaks, unless it is of another type.
    const back = changes(after, before).filter((change) => change.startsWith('breaking'));
    expect(back).toEqual(/retyped|"a"$/.test(what) && back.length > 0 ? [expect.anything()] : []);
  });

  it('an event removed', () => {
    expect(compareDefinitions({ a: {}, b: {} }, { b: {} })).toEqual([
      { isBreaking: true, eventType: 'a', what: 'the event is removed' },
    ]);
  });
});

describe('what is added', () => {
  it.each<[string, JsonSchema, JsonSchema, string]>([
    ['a field', object({}), object({ a: text }), 'a: added, optional'],
    ['a field that is always there', object({}), object({ a: text }, ['a']), 'a: added, always there'],
    ['made optional', object({ a: text }, ['a']), object({ a: text }), 'a: made optional'],
    ['a value', { enum: ['a'] }, { enum: ['a', 'b'] }, 'the payload: widened, also "b"'],
    ['a type', text, { type: ['string', 'null'] }, 'the payload: widened, string → string or null'],
    ['a text beside', object({ a: text }), { anyOf: [object({ a: text }), text] }, 'the payload: widened, also string'],
  ])('%s', (_, before, after, what) => {
    expect(changes(before, after)).toEqual([`additive ${what}`]);
  });

  it('an event', () => {
    expect(compareDefinitions({}, { a: {} })).toMatchObject([{ isBreaking: false, what: 'the event is added' }]);
  });
});

it('what says only what it means has not changed', () => {
  const described = { ...text, title: 't', description: 'd', examples: ['e'] };
  expect(changes(text, described)).toEqual([]);
  const { definitions } = jsonSchemaDocument([glance]);
  expect(compareDefinitions(definitions, JSON.parse(JSON.stringify(definitions)))).toEqual([]);
});

describe('a pair', () => {
  const define = (definition: Partial<EventDefinition>) =>
    defineCatalog({
      name: 'orders',
      version: '1.0.0',
      events: { 'order.ship': { summary: 's', meaning: 'm', payload: z.object({ id: z.string() }), ...definition } },
    });

  it('is one event for each phase', () => {
    const { definitions } = jsonSchemaDocument([define({ phases: ['start', 'end', 'error'] })]);
    expect(Object.keys(definitions)).toEqual(['order.ship.start', 'order.ship.end', 'order.ship.error']);
    expect(definitions['order.ship.start']?.required).toBeUndefined();
    expect(definitions['order.ship.end']?.required).toEqual(['id']);
    expect(definitions['order.ship.error']?.anyOf).toHaveLength(2);
  });

  it('that loses a phase breaks', () => {
    const [before, after] = [define({ phases: ['start', 'end'] }), define({ phases: ['end'] })].map((catalog) =>
      jsonSchemaDocument([catalog]),
    );
    expect(compareDefinitions(before?.definitions ?? {}, after?.definitions ?? {})).toMatchObject([
      { isBreaking: true, eventType: 'order.ship.start' },
    ]);
  });
});

it('two catalogs with the same event type cannot be in one document', () => {
  const other = defineCatalog({
    name: 'other',
    version: '1.0.0',
    events: { 'image.send': { summary: 's', meaning: 'm' } },
  });
  expect(() => jsonSchemaDocument([glance, other])).toThrow('image.send is in two catalogs, glance and other');
});
