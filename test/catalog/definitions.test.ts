import { type } from 'arktype';
import { IsEmail, IsInt, IsString, Min, registerDecorator, ValidateIf, ValidateNested } from 'class-validator';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConfigurationError, defineCatalog, type EventDefinition, Meaning, Nested, Redacted } from '../../src/index.js';

class Order {
  @IsString() @Meaning('the number on the receipt') readonly id!: string;
  @IsInt() @Min(1) readonly items!: number;
}

const define = (definition: unknown, eventType = 'order.placed') =>
  defineCatalog({ name: 'orders', version: '1.0.0', events: { [eventType]: definition as EventDefinition } });
const text = { type: 'string' };
const texts = { summary: 's', meaning: 'm' };

class Nothing {}
class Unknown {
  @ValidateNested() readonly order!: Order;
}
function Waits(): PropertyDecorator {
  return (target, propertyName) =>
    registerDecorator({
      name: 'waits',
      target: target.constructor,
      propertyName: String(propertyName),
      async: true,
      validator: { validate: async () => true },
    });
}
class Waiting {
  @Waits() readonly id!: string;
}

describe('a definition that is wrong', () => {
  it.each<[string, () => unknown, string]>([
    ['no options', () => defineCatalog(undefined as never), 'defineCatalog is given undefined; it takes { name'],
    [
      'a name',
      () => defineCatalog({ name: 'a b', version: '1.0.0', events: {} }),
      'defineCatalog: name is "a b"; it takes a name',
    ],
    [
      'a version',
      () => defineCatalog({ name: 'a', version: '1', events: {} }),
      'catalog a: version is "1"; it takes a version such as 1.0.0',
    ],
    [
      'an option',
      () => defineCatalog({ name: 'a', version: '1.0.0', event: {} } as never),
      'defineCatalog.event is not',
    ],
    ['an event type', () => define(texts, 'order placed'), 'catalog orders: order placed is no event type; it takes'],
    [
      'no meaning',
      () => define({ summary: 's' }),
      'catalog orders: order.placed.meaning is undefined; it takes a text',
    ],
    ['a key', () => define({ ...texts, priority: 'INFO' }), 'catalog orders: order.placed.priority is not an option'],
    [
      'a priority',
      () => define({ ...texts, priorities: ['LOUD'] }),
      'order.placed.priorities is "LOUD"; it takes one of',
    ],
    [
      'a phase',
      () => define({ ...texts, phases: ['middle'] }),
      'order.placed.phases is "middle"; it takes one of start',
    ],
    [
      'a payload',
      () => define({ ...texts, payload: 7 }),
      'order.placed.payload is 7; it takes a payload class or a St',
    ],
    [
      'a bare class',
      () => define({ ...texts, payload: Nothing }),
      'is the class Nothing, none of whose fields has a rule',
    ],
    [
      'a nested one',
      () => define({ ...texts, payload: Unknown }),
      'Unknown.order is nested, but of what class is not kn',
    ],
    [
      'one that waits',
      () => define({ ...texts, payload: Waiting }),
      'Waiting.id has the rule waits, which needs to wait',
    ],
    [
      'a schema that waits',
      () =>
        define({
          ...texts,
          payload: z
            .object({
              id: z
                .string()
                .refine(async () => true)
                .optional(),
            })
            .refine(async () => true),
        }),
      'order.placed.payload gives a promise for {}; it takes schemas that neither wait nor throw',
    ],
    [
      'an example that breaks its own rules',
      () => define({ ...texts, payload: Order, example: { id: 'o-1', items: 0 } }),
      'catalog orders: order.placed.example items breaks min(1)',
    ],
    [
      'an example that is no JSON',
      () => define({ ...texts, example: { id: 1n } }),
      'order.placed.example is no payload as',
    ],
  ])('(%s) is told when it is made', (_, make, message) => {
    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow(message);
  });

  it('is a decorator of tidings on anything but a field', () => {
    expect(() => Redacted()(undefined as never, { kind: 'field' } as never)).toThrow(
      '@Redacted decorates fields of payload classes under experimentalDecorators',
    );
  });
});

/** What a payload breaks. */
const problem = (definition: Partial<EventDefinition>, payload: unknown) =>
  define({ ...texts, ...definition })
    .find('order.placed')
    ?.check(payload as never, 'INFO');

describe('a Standard Schema', () => {
  it.each([
    ['zod', z.object({ id: z.string(), items: z.int().min(1) }), 'too_small (zod)'],
    [
      'valibot',
      v.object({ id: v.string(), items: v.pipe(v.number(), v.integer(), v.minValue(1)) }),
      'min_value (valibot)',
    ],
    ['arktype', type({ id: 'string', items: 'number.integer >= 1' }), 'min (arktype)'],
  ] as const)('of %s checks payloads, and says where and by which rule, never what', (_, payload, rule) => {
    expect(problem({ payload }, { id: 'o-1', items: 1 })).toBeUndefined();
    expect(problem({ payload }, { id: 'o-1', items: 0 })).toBe(`items breaks ${rule}`);
    expect(problem({ payload }, { id: 'hunter2', items: 'hunter2' })).not.toContain('hunter2');
    expect(problem({ payload }, { items: '***' })).toMatch(/^id breaks /);
    expect(problem({ payload }, 'o-1')).toMatch(/^the payload breaks /);
  });

  it('gives its JSON Schema where the library has it, else what the definition says', () => {
    const schemaOf = (definition: Partial<EventDefinition>) =>
      define({ ...texts, ...definition }).schemaOf('order.placed');
    const fields = { type: 'object', required: ['id'], properties: { id: { type: 'string' } } };
    expect(schemaOf({ payload: z.object({ id: z.string() }) })).toMatchObject(fields);
    expect(schemaOf({ payload: type({ id: 'string' }) })).toMatchObject(fields);
    const valibot = v.object({ id: v.string() });
    expect(schemaOf({ payload: valibot })).toEqual({ description: 'as the valibot schema of the service says' });
    expect(schemaOf({ payload: valibot, jsonSchema: fields })).toEqual(fields);
  });

  it('of something that holds itself is cut off, so that it may stand in a larger document', () => {
    const node = z.object({
      value: z.int(),
      get children() {
        return z.array(node);
      },
    });
    const schema = define({ ...texts, payload: node }).schemaOf('order.placed');
    expect(JSON.stringify(schema)).not.toContain('$ref');
    expect(schema).toMatchObject({ properties: { children: { items: { description: 'as above again' } } } });
    const shared = { definitions: { id: text }, properties: { definitions: { $ref: '#/definitions/id' } } };
    expect(define({ ...texts, payload: node, jsonSchema: shared }).schemaOf('order.placed')).toEqual({
      properties: { definitions: text },
    });
  });

  it('tells its fields by that, and by the example', () => {
    const fieldsOf = (definition: Partial<EventDefinition>) =>
      define({ ...texts, ...definition }).find('order.placed')?.fields;
    expect(fieldsOf({ payload: z.object({ id: z.string() }) })).toEqual(['id']);
    const valibot = v.object({ id: v.string(), note: v.optional(v.string()) });
    expect(fieldsOf({ payload: valibot, example: { id: 'o-1', note: 'n' } })).toEqual(['id', 'note']);
    expect(fieldsOf({ payload: valibot })).toBeUndefined();
  });
});

describe('a payload class', () => {
  class Customer {
    @IsEmail() readonly email!: string;
  }
  class Tree {
    @IsInt() readonly value!: number;
    @ValidateIf(({ value }) => value > 1) @IsString() readonly name!: string;
    @ValidateIf((_, children) => children !== undefined) @Nested(() => Tree, { each: true }) readonly children?: Tree[];
  }
  class Base {
    @Redacted() @IsString() readonly secret!: string;
    @Nested(() => Customer) readonly customer!: Customer;
  }
  class Derived extends Base {
    @IsInt() readonly items!: number;
  }

  it('may hold itself', () => {
    const leaf = { value: 1 };
    expect(problem({ payload: Tree }, { value: 1, children: [leaf, leaf] })).toBeUndefined();
    expect(problem({ payload: Tree }, { value: 1, children: [{ value: 1, children: [{ value: 'a' }] }] })).toBe(
      'children.0.children.0.value breaks isInt',
    );
    expect(define({ ...texts, payload: Tree }).schemaOf('order.placed')).toMatchObject({
      properties: { children: { items: { description: 'as Tree again' } } },
    });
  });

  it('has conditions that see the whole payload', () => {
    expect(problem({ payload: Tree }, { value: 2 })).toBe('name breaks isString');
    expect(problem({ payload: Tree }, { value: 1 })).toBeUndefined();
  });

  it('has conditions and schemas that may throw: then the payload is wrong, and nothing else happens', () => {
    class Odd {
      @ValidateIf(({ a }) => a.b.c) @IsString() readonly id!: string;
    }
    expect(problem({ payload: Odd }, {})).toBe('id breaks its condition, which threw');
    const schema = z.object({ id: z.string() }).refine(() => {
      throw new Error('hunter2');
    });
    expect(problem({ payload: schema }, { id: 'o-1' })).toBe('the payload breaks the zod schema, which threw or waits');
  });

  it('inherits rules and marks', () => {
    const rules = define({ ...texts, payload: Derived }).find('order.placed');
    expect(rules?.fields).toEqual(['secret', 'customer', 'items']);
    expect(rules?.redacted?.children.get('secret')?.masked).toBe(true);
    expect(rules?.redacted?.children.get('items')?.masked).toBe(false);
    expect(rules?.check({ secret: '***', customer: { email: 'x' }, items: 1 }, 'INFO')).toBe(
      'customer.email breaks isEmail',
    );
    // The base class has not learnt of it.
    expect(define({ ...texts, payload: Base }).find('order.placed')?.fields).toEqual(['secret', 'customer']);
  });

  it('does not mind fields that it does not know, nor those of Object.prototype', () => {
    expect(problem({ payload: Order }, { id: 'o-1', items: 1, more: true })).toBeUndefined();
    class Odd {
      @IsString() readonly toString!: never;
    }
    expect(problem({ payload: Odd }, {})).toBe('toString breaks isString');
  });

  it('says what its fields mean', () => {
    expect(define({ ...texts, payload: Order }).schemaOf('order.placed')).toEqual({
      type: 'object',
      properties: {
        id: { type: 'string', description: 'the number on the receipt' },
        items: { type: 'integer', minimum: 1 },
      },
      required: ['id', 'items'],
    });
  });
});
