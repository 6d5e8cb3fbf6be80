import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retryAfterMs } from '../../src/transport/http/retry-after.js';

const DATE = 'Sun, 06 Nov 1994 08:49:37 GMT';

describe('Retry-After', () => {
  it('in seconds', () => {
    fc.assert(
      fc.property(fc.nat(9_999_999), (seconds) => {
        expect(retryAfterMs(` ${seconds} `, DATE)).toBe(seconds * 1_000);
      }),
    );
  });

  it('as a date is compared with the date of the answer, not with the clock of this host', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1990-01-01'), max: new Date('2090-01-01'), noInvalidDate: true }),
        fc.integer({ min: -100_000, max: 100_000 }),
        (now, seconds) => {
          const then = new Date(Math.floor(now.getTime() / 1_000) * 1_000 + seconds * 1_000);
          expect(retryAfterMs(then.toUTCString(), now.toUTCString())).toBe(Math.max(0, seconds * 1_000));
        },
      ),
    );
  });

  it('as a date, where the answer has none, is compared with the clock', () => {
    const asked = retryAfterMs(new Date(Date.now() + 60_000).toUTCString(), undefined);
    expect(asked).toBeGreaterThan(55_000);
    expect(asked).toBeLessThanOrEqual(60_000);
  });

  // RFC 9110, section 5.6.7.
  it.each(['Sun, 06 Nov 1994 08:50:37 GMT', 'Sunday, 06-Nov-94 08:50:37 GMT', 'Sun Nov  6 08:50:37 1994'])(
    'in the form of %s',
    (date) => expect(retryAfterMs(date, DATE)).toBe(60_000),
  );

  it.each([
    undefined,
    '',
    ' ',
    '-1',
    '1.5',
    'soon',
    '1e9',
    '99999999999',
    '2026-01-01',
    'Someday, 40 Nov 2026',
    '1, 2',
  ])('that says nothing: %s', (header) => expect(retryAfterMs(header, DATE)).toBeUndefined());
});
