import type { Driver } from '../../delivery/driver.js';
import type { Priority } from '../../notification/priority.js';
import type { TestRunner } from './test-runner.js';

/** What a consumer at the other end of a driver reads of one notification. */
export interface Consumed {
  readonly messageId: string;
  readonly publisherId: string;
  readonly eventType: string;
  readonly priority: Priority;
  readonly payload: unknown;
}

/** One driver with its other end, made anew for each test. */
export interface DriverHarness {
  readonly driver: Driver;
  /** What the other end has by now, in the order it came; at least `count`, or it fails by the test's time limit. */
  consumed(count: number): Promise<readonly Consumed[]>;
  /** Makes the other end unreachable, and reachable again; needed for the feature `outage`. */
  readonly outage?: { begin(): Promise<void>; end(): Promise<void> };
  dispose?(): Promise<void>;
}

/**
 * What a driver may lack, each only with a reason.
 * - `attributes`: the other end has publisher id, event type and priority.
 * - `order`: what is delivered without a retry comes in the order it was told.
 * - `payloads`: any JSON value comes as it was told.
 * - `large`: half a megabyte in one notification, or what `maxPayloadBytes` says.
 * - `outage`: what is told while the other end cannot be reached is delivered afterwards.
 */
export type DriverFeature = 'attributes' | 'order' | 'payloads' | 'large' | 'outage';

export interface DriverConformanceOptions {
  /** The longest text in a payload that the other end takes by its own rules, for the feature `large`. Default: 500,000. */
  readonly maxPayloadBytes?: number;
  /** Features that the driver does not have, or that are tested elsewhere: each with the reason, which the report shows. */
  readonly skip?: Readonly<Partial<Record<DriverFeature, string>>>;
  /** `describe` and `it` of the test runner. Default: the global ones. */
  readonly runner?: TestRunner;
}
