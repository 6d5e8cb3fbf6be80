export { describeDriverConformance } from './describe-driver-conformance.js';
export type { Consumed, DriverConformanceOptions, DriverFeature, DriverHarness } from './harness.js';
export type { TestFunction, TestRunner } from './test-runner.js';
