import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readTimestamp } from '../../src/report/read-time.js';

const times = fc.date({ min: new Date('0001-01-01Z'), max: new Date('9999-12-31Z'), noInvalidDate: true });

it('reads the times that services write, in any of their forms', () => {
  fc.assert(
    fc.property(times, fc.integer({ min: 0, max: 999 }), (date, micros) => {
      const text = date.toISOString();
      const naive = text.replace('T', ' ').replace('Z', '');
      expect(readTimestamp(text)).toBe(date.getTime());
      expect(readTimestamp(naive)).toBe(date.getTime());
      const precise = `${naive}${String(micros).padStart(3, '0')}`;
      expect(readTimestamp(precise)).toBeCloseTo(date.getTime() + micros / 1_000, 2);
      expect(readTimestamp(text.slice(0, 19))).toBe(Math.floor(date.getTime() / 1_000) * 1_000);
      expect(readTimestamp(`${text.slice(0, 19)}+02:00`)).toBe(Math.floor(date.getTime() / 1_000) * 1_000 - 7_200_000);
    }),
  );
});

it.each([
  '',
  'never',
  '2026-13-01T00:00:00Z',
  '2026-03-01T25:00:00Z',
  '2026-03-01T00:x0:00Z',
  '2026-03-01T00:00:00.1x3Z',
])('takes %j for none', (text) => {
  expect(readTimestamp(text)).toBeUndefined();
});

it('does what Date.parse does with anything else, and never throws', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), (text) => {
      const time = readTimestamp(text);
      expect(time === undefined || Number.isFinite(time)).toBe(true);
    }),
  );
});
