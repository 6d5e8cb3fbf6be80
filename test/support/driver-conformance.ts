import { describe, it } from 'vitest';
import {
  type DriverConformanceOptions,
  type DriverHarness,
  describeDriverConformance as describeConformance,
} from '../../src/testing/index.js';

export type { Consumed, DriverHarness } from '../../src/testing/index.js';

const ELSEWHERE = { outage: 'held by the tests of its faults' };

type Options = Omit<DriverConformanceOptions, 'runner'>;

/** The suite that is shipped, by vitest. */
export function describeDriverConformance(
  name: string,
  start: () => Promise<DriverHarness>,
  { skip = ELSEWHERE, ...options }: Options = {},
): void {
  describeConformance(name, start, { ...options, skip, runner: { describe, it } });
}
