export {
  CapturedNotifications,
  type CaptureOptions,
  captureNotifications,
  type WaitForOptions,
} from './capture-notifications.js';
export {
  type Consumed,
  type DriverConformanceOptions,
  type DriverFeature,
  type DriverHarness,
  describeDriverConformance,
  type TestFunction,
  type TestRunner,
} from './driver-conformance/index.js';
export type { ExpectedNotification } from './expected-notification.js';
export {
  type ExpectedEvent,
  type ExpectedHalves,
  type ExpectedPair,
  type MatcherResult,
  type NotificationAssertions,
  notificationMatchers,
  type Told,
} from './matchers.js';
export {
  NotificationsTestingModule,
  type NotificationsTestingOptions,
  type TestingDynamicModule,
} from './notifications-testing-module.js';
export { HeldBatch, ScriptedDriver, type ScriptedDriverOptions, type ScriptStep } from './scripted-driver.js';
