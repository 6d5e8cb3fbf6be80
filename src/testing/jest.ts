// `setupFilesAfterEnv: ['tidings/testing/jest']`: the matchers are there, and, with @types/jest, their types.
import { type NotificationAssertions, notificationMatchers } from './matchers.js';

declare global {
  namespace jest {
    // biome-ignore lint/complexity/noBannedTypes: the declaration that it is merged with has it so.
    interface Matchers<R, T = {}> extends NotificationAssertions<R> {}
  }
}

// Jest gives it to each test file, and no package that has it can be required from outside.
(globalThis as { expect?: { extend(matchers: object): void } }).expect?.extend(notificationMatchers);
