import { describe, it } from 'vitest';
import {
  type DriverConformanceOptions,
  type DriverHarness,
  describeDriverConformance as describeConformance,
} from '../../src/testing/index.js';

export type { Consumed, DriverHarness } from '../../src/testing/index.js';

const ELSEWHERE = { outage: 'held by the tests of its faults' };

/** The suite that is shipped, by vitest. */
export function describeDriverConformance(
  name: string,
  start: () => Promise<DriverHarness>,
  skip: DriverConformanceOptions['skip'] = ELSEWHERE,
): void {
  describeConformance(name, start, { skip, runner: { describe, it } });
}
