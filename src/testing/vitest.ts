// `import 'tidings/testing/vitest'`, for instance in a file of `setupFiles`: the matchers are there, and their types.
import { expect } from 'vitest';
import { type NotificationAssertions, notificationMatchers } from './matchers.js';

declare module 'vitest' {
  // biome-ignore lint/suspicious/noExplicitAny: the declaration that it is merged with has it so.
  interface Matchers<T = any> extends NotificationAssertions<void> {}
}

expect.extend(notificationMatchers);
