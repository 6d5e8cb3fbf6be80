import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { auditPeriod } from '../../src/audit/index.js';
import { ConfigurationError } from '../../src/index.js';

/** `2024-03-15 10:30:05`, in UTC. */
function at(text: string): Date {
  return new Date(`${text.replace(' ', 'T')}Z`);
}

const NOW = '2024-03-15 10:30:05';

describe('the last completed audit period', () => {
  it.each([
    ['hour', NOW, '2024-03-15 09:00:00', '2024-03-15 10:00:00'],
    ['hour@15', NOW, '2024-03-15 09:15:00', '2024-03-15 10:15:00'],
    ['hour@45', NOW, '2024-03-15 08:45:00', '2024-03-15 09:45:00'],
    ['day', NOW, '2024-03-14 00:00:00', '2024-03-15 00:00:00'],
    ['day@6', NOW, '2024-03-14 06:00:00', '2024-03-15 06:00:00'],
    ['day@18', NOW, '2024-03-13 18:00:00', '2024-03-14 18:00:00'],
    ['month', NOW, '2024-02-01 00:00:00', '2024-03-01 00:00:00'],
    ['month@15', NOW, '2024-02-15 00:00:00', '2024-03-15 00:00:00'],
    ['month@20', NOW, '2024-01-20 00:00:00', '2024-02-20 00:00:00'],
    ['year', NOW, '2023-01-01 00:00:00', '2024-01-01 00:00:00'],
    ['year@3', NOW, '2023-03-01 00:00:00', '2024-03-01 00:00:00'],
    ['year@7', NOW, '2022-07-01 00:00:00', '2023-07-01 00:00:00'],
    // Exactly on the boundary it is the one before.
    ['hour', '2024-03-15 10:00:00', '2024-03-15 08:00:00', '2024-03-15 09:00:00'],
    ['hour@15', '2024-03-15 10:15:00', '2024-03-15 08:15:00', '2024-03-15 09:15:00'],
    ['day', '2024-03-15 00:00:00', '2024-03-13 00:00:00', '2024-03-14 00:00:00'],
    ['day', '2024-03-15 00:00:00.001', '2024-03-14 00:00:00', '2024-03-15 00:00:00'],
    ['month', '2024-03-01 00:00:00', '2024-01-01 00:00:00', '2024-02-01 00:00:00'],
    ['year', '2024-01-01 00:00:00', '2022-01-01 00:00:00', '2023-01-01 00:00:00'],
    // Over the ends of years and of February.
    ['hour@45', '2024-01-01 00:10:00', '2023-12-31 22:45:00', '2023-12-31 23:45:00'],
    ['day', '2024-03-01 12:00:00', '2024-02-29 00:00:00', '2024-03-01 00:00:00'],
    ['day', '2023-03-01 12:00:00', '2023-02-28 00:00:00', '2023-03-01 00:00:00'],
    ['month@28', '2023-03-01 12:00:00', '2023-01-28 00:00:00', '2023-02-28 00:00:00'],
    ['month', '2024-01-31 12:00:00', '2023-12-01 00:00:00', '2024-01-01 00:00:00'],
  ])('%s at %s is from %s to %s', (spec, now, begin, end) => {
    const period = auditPeriod(spec, at(now));
    expect(period).toEqual({
      spec,
      begin: at(begin),
      end: at(end),
      fields: { audit_period_beginning: begin, audit_period_ending: end },
    });
  });

  it('ends with its last microsecond where StackTach reads it', () => {
    expect(auditPeriod('day', at(NOW), { end: 'inclusive' }).fields).toEqual({
      audit_period_beginning: '2024-03-14 00:00:00',
      audit_period_ending: '2024-03-14 23:59:59.999999',
    });
  });

  it.each([
    ['hour@60', 'hour@59'],
    ['day@24', 'day@23'],
    ['month@0', 'month@1'],
    ['month@29', 'month@28'],
    ['month@31', 'month@28'],
    ['year@0', 'year@1'],
    ['year@13', 'year@12'],
    ['week', 'hour, day'],
    ['day@', 'hour, day'],
    ['day@-1', 'hour, day'],
    ['day@1.5', 'hour, day'],
    ['Day', 'hour, day'],
    [' day', 'hour, day'],
    ['', 'hour, day'],
    [undefined, 'hour, day'],
  ])('refuses %s', (spec, accepted) => {
    expect(() => auditPeriod(spec as string, at(NOW))).toThrow(ConfigurationError);
    expect(() => auditPeriod(spec as string, at(NOW))).toThrow(accepted);
  });

  it('refuses what is no time', () => {
    expect(() => auditPeriod('day', new Date('never'))).toThrow(/^now is Invalid Date/);
    expect(() => auditPeriod('day', at(NOW), { end: 'open' as 'inclusive' })).toThrow(/exclusive, inclusive/);
  });
});

/** A valid spec, and a moment in the years 1 to 9999 that is often exactly on a boundary. */
const specs = fc.oneof(
  fc.integer({ min: 0, max: 59 }).map((offset) => `hour@${offset}`),
  fc.integer({ min: 0, max: 23 }).map((offset) => `day@${offset}`),
  fc.integer({ min: 1, max: 28 }).map((offset) => `month@${offset}`),
  fc.integer({ min: 1, max: 12 }).map((offset) => `year@${offset}`),
  fc.constantFrom('hour', 'day', 'month', 'year'),
);
const moments = fc
  .tuple(fc.date({ min: new Date('0003-01-01Z'), max: new Date('9998-01-01Z'), noInvalidDate: true }), fc.nat(4))
  .map(([date, cut]) => {
    const time = [date.toISOString(), 'T00:00:00.000Z', '-01T00:00:00.000Z', '-01-01T00:00:00.000Z'];
    const lengths = [24, 10, 7, 4];
    return cut === 4 ? date : new Date(date.toISOString().slice(0, lengths[cut]) + (cut === 0 ? '' : time[cut]));
  });

const LONGEST_DAYS = { hour: 1 / 24, day: 1, month: 31, year: 366 };
const SHORTEST_DAYS = { hour: 1 / 24, day: 1, month: 28, year: 365 };

describe('for any time and any offset, a period', () => {
  it('has ended before now, is the last that has, is as long as its unit, and begins where its offset says', () => {
    fc.assert(
      fc.property(specs, moments, (spec, now) => {
        const { begin, end } = auditPeriod(spec, now);
        const [unit, offset] = spec.split('@') as [keyof typeof LONGEST_DAYS, string?];
        const days = (end.getTime() - begin.getTime()) / 86_400_000;
        expect(end.getTime()).toBeLessThan(now.getTime());
        expect(days).toBeGreaterThanOrEqual(SHORTEST_DAYS[unit]);
        expect(days).toBeLessThanOrEqual(LONGEST_DAYS[unit]);
        // The next one is the one that ends after now, or at it.
        const next = auditPeriod(spec, new Date(end.getTime() + LONGEST_DAYS[unit] * 86_400_000 + 1));
        expect(next.begin).toEqual(end);
        expect(next.end.getTime()).toBeGreaterThanOrEqual(now.getTime());
        for (const bound of [begin, end]) {
          const [date = '', time = ''] = bound.toISOString().split('T');
          const [, month, day] = date.split('-').map(Number);
          const [hour, minute] = time.split(':').map(Number);
          expect(time.slice(6)).toBe('00.000Z');
          const place = { hour: minute, day: hour, month: day, year: month }[unit];
          expect(place).toBe(Number(offset ?? (unit === 'month' || unit === 'year' ? 1 : 0)));
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('is the same at any time until the next one has completed', () => {
    fc.assert(
      fc.property(specs, moments, fc.double({ min: 0, max: 1, noNaN: true }), (spec, now, fraction) => {
        const period = auditPeriod(spec, now);
        const { end: nextEnd } = auditPeriod(spec, new Date(period.end.getTime() + 366 * 86_400_000 + 1));
        const first = period.end.getTime() + 1;
        const last = auditPeriod(spec, nextEnd).end.getTime();
        expect(last).toBeGreaterThanOrEqual(period.end.getTime());
        const later = first + Math.floor(fraction * (now.getTime() - first));
        expect(auditPeriod(spec, new Date(later))).toEqual(period);
      }),
      { numRuns: 1_000 },
    );
  });
});
