import { expect, it } from 'vitest';
import { ReconnectPace } from '../../src/listener/reconnect-pace.js';

const BOUNDS = { minMs: 100, maxMs: 10_000 };

it('waits longer and longer, also for a broker that takes every connection and ends it at once', () => {
  const pace = new ReconnectPace(BOUNDS);
  const waits = Array.from({ length: 12 }, (_, n) => pace.next(n % 2 === 0 ? 0 : 500));
  expect(Math.max(...waits.slice(0, 2))).toBeLessThanOrEqual(400);
  expect(Math.min(...waits.slice(9))).toBeGreaterThan(4_000);
  expect(Math.max(...waits)).toBeLessThanOrEqual(10_000);
});

it('begins anew when a connection has lasted', () => {
  const pace = new ReconnectPace(BOUNDS);
  for (let n = 0; n < 10; n += 1) pace.next(0);
  expect(pace.next(10_001)).toBeLessThanOrEqual(200);
});
