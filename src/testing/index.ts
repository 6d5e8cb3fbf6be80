export {
  type Consumed,
  type DriverConformanceOptions,
  type DriverFeature,
  type DriverHarness,
  describeDriverConformance,
  type TestFunction,
  type TestRunner,
} from './driver-conformance/index.js';
export { HeldBatch, ScriptedDriver, type ScriptedDriverOptions, type ScriptStep } from './scripted-driver.js';
