import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeGroup,
  decodeRemaining,
  decodeStored,
  encodeGroup,
  encodeLine,
  encodeRemaining,
  repeatLine,
} from '../../src/delivery/spool/group-format.js';
import {
  encodeNotification,
  notificationJson,
  parseNotification,
  type StoredNotification,
  seal,
} from '../../src/delivery/spool/record-format.js';
import { PRIORITIES } from '../../src/index.js';
import type { JsonValue } from '../../src/notification/json.js';

const text = fc.string({ unit: 'grapheme', maxLength: 12 }).map((each) => each.toWellFormed());
const stored: fc.Arbitrary<StoredNotification> = fc.record({
  notification: fc.record({
    messageId: fc.uuid(),
    publisherId: text,
    eventType: text,
    priority: fc.constantFrom(...PRIORITIES),
    timestamp: text,
    payload: fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)) as JsonValue),
    context: fc.dictionary(fc.stringMatching(/^[a-z_]{1,8}$/), text, { maxKeys: 3, noNullPrototype: true }),
  }),
  topics: fc.array(text, { minLength: 1, maxLength: 2 }),
  drivers: fc.array(text, { minLength: 1, maxLength: 2 }),
  acceptedAt: fc.integer({ min: 0 }),
});

/** Records with ascending numbers. */
const records = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 20 }), stored), { minLength: 1, maxLength: 6 })
  .map((steps) => {
    let sequence = 0;
    return steps.map(([step, each]) => {
      sequence += step;
      return { sequence, stored: each };
    });
  });
type Records = readonly { readonly sequence: number; readonly stored: StoredNotification }[];

const encode = (all: Records) => encodeGroup(all.map((each) => encodeLine(each.sequence, each.stored)));
const decode = (value: string) => decodeGroup(999, value);
const parsed = (value: string) =>
  decode(value).lines.map(({ sequence, json }) => ({ sequence, stored: parseNotification(json) }));

describe('a group of records', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(records, (all) => {
        const value = encode(all);
        expect(decode(value).unreadable).toEqual([]);
        expect(parsed(value)).toEqual(all);
      }),
      { numRuns: 200 },
    );
  });

  it('that is cut off anywhere says so, and keeps the records before the cut', () => {
    fc.assert(
      fc.property(records, (all) => {
        const bytes = Buffer.from(encode(all));
        for (let length = 0; length < bytes.length; length += 1) {
          const value = bytes.subarray(0, length).toString();
          const { lines, unreadable } = decode(value);
          expect(unreadable.length).toBeGreaterThan(0);
          // Whole lines before the cut are whole.
          expect(lines.length).toBeGreaterThanOrEqual(value.split('\n').length - 2);
          expect(parsed(value)).toEqual(all.slice(0, lines.length));
        }
      }),
      { numRuns: 8 },
    );
  });

  it('with any bit turned over says so, and keeps all but the one or two records that it hits', () => {
    fc.assert(
      fc.property(records, fc.nat(), (all, random) => {
        const bytes = Buffer.from(encode(all));
        for (let index = 0; index < bytes.length; index += 1) {
          const damaged = Buffer.from(bytes);
          damaged[index] = (damaged[index] as number) ^ (1 << ((random + index) % 8));
          const value = damaged.toString();
          expect(decode(value).unreadable.length).toBeGreaterThan(0);
          const kept = parsed(value);
          expect(kept.length).toBeGreaterThanOrEqual(all.length - 2);
          for (const each of kept) expect(all).toContainEqual(each);
        }
      }),
      { numRuns: 5 },
    );
  });

  it('of a later version is left whole', () => {
    const value = `${seal('group 2 1')}\nwhatever it is then`;
    expect(decode(value)).toEqual({
      lines: [],
      unreadable: [{ text: value, why: 'it is a group of version 2, and this is version 1' }],
    });
  });

  it('may be a record by itself, which has the number of its key, and keeps it when it is written again', () => {
    fc.assert(
      fc.property(stored, (each) => {
        const value = encodeNotification(each);
        expect(parsed(value)).toEqual([{ sequence: 999, stored: each }]);
        const again = encodeGroup(decode(value).lines.map(repeatLine));
        expect(decodeGroup(1, again).unreadable).toEqual([]);
        expect(parsed(again)).toEqual([{ sequence: 999, stored: each }]);
        expect(encodeGroup(decode(again).lines.map(repeatLine))).toBe(again);
      }),
      { numRuns: 50 },
    );
  });
});

describe('what a group still waits for', () => {
  it('is read as it was written', () => {
    const runs = fc
      .uniqueArray(fc.nat(200), { minLength: 2, maxLength: 12 })
      .map((numbers) => numbers.toSorted((one, other) => one - other))
      .map((numbers) => Array.from({ length: numbers.length >> 1 }, (_, at) => numbers.slice(2 * at, 2 * at + 2)))
      .map((pairs) => pairs as [number, number][]);
    const names = fc.stringMatching(/^[a-z]{1,8}$/);
    fc.assert(
      fc.property(fc.dictionary(names, runs, { maxKeys: 3, noNullPrototype: true }), (remaining) => {
        const driversOf = decodeRemaining(encodeRemaining(remaining));
        for (let sequence = 0; sequence <= 201; sequence += 1) {
          const expected = Object.keys(remaining).filter((name) =>
            remaining[name]?.some(([first, last]) => first <= sequence && sequence <= last),
          );
          expect(driversOf?.(sequence)).toEqual(expected);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('with any bit turned over, or cut off, is not believed', () => {
    const bytes = Buffer.from(encodeRemaining({ rabbit: [[1, 20]], log: [[3, 3]] }));
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const damaged = Buffer.from(bytes);
      damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(decodeRemaining(damaged.toString())).toBeUndefined();
      expect(decodeRemaining(bytes.subarray(0, bit >> 3).toString())).toBeUndefined();
    }
  });

  it('of a record by itself is a list of drivers', () => {
    expect(decodeRemaining('["rabbit"]')?.(7)).toEqual(['rabbit']);
    expect(decodeRemaining('[1]')).toBeUndefined();
    expect(decodeRemaining('["rab')).toBeUndefined();
  });

  it('is what a record is read with', () => {
    fc.assert(
      fc.property(stored, (each) => {
        const json = notificationJson(each);
        expect(decodeStored(json, undefined).drivers).toEqual(each.drivers);
        expect(decodeStored(json, ['rabbit']).drivers).toEqual(['rabbit']);
      }),
      { numRuns: 20 },
    );
  });
});
