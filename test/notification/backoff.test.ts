import fc from 'fast-check';
import { expect, it } from 'vitest';
import { backoffDelay } from '../../src/notification/backoff.js';

const options = { minMs: 200, maxMs: 10_000 };

it('doubles from the first wait on, stays within its bounds, and never falls below half of the full wait', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), (failures) => {
      const full = Math.min(10_000, 200 * 2 ** (failures - 1));
      const delay = backoffDelay(failures, options);
      expect(delay).toBeGreaterThanOrEqual(full / 2);
      expect(delay).toBeLessThanOrEqual(full);
    }),
  );
});

it('spreads a thousand services that lost their broker in the same instant', () => {
  const waits = Array.from({ length: 1_000 }, () => backoffDelay(6, options));
  const tenths = new Set(waits.map((wait) => Math.floor((wait - 3_200) / 320)));
  expect(tenths.size).toBe(10);
  expect(new Set(waits).size).toBeGreaterThan(900);
});
