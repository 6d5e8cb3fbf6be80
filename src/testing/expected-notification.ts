import { types } from 'node:util';
import type { JsonValue } from '../notification/json.js';
import type { Notification } from '../notification/notification.js';
import type { Priority } from '../notification/priority.js';

/** What a notification is expected to be; what is left out may be anything. */
export interface ExpectedNotification {
  readonly priority?: Priority;
  /**
   * Of an object, the fields that are named here, however deep; arrays entry by entry. Asymmetric matchers
   * (`expect.any(String)`) stand for what they match.
   */
  readonly payload?: unknown;
  /** The same for the context. */
  readonly context?: Readonly<Record<string, unknown>>;
  readonly publisherId?: string | RegExp;
  /** How many notifications are so, exactly. Default: at least one. */
  readonly times?: number;
}

/** True where the notification is as expected, whatever its type. */
export function isAsExpected(notification: Notification, expected: ExpectedNotification): boolean {
  const { priority, payload, context, publisherId } = expected;
  return (
    (priority === undefined || notification.priority === priority) &&
    (publisherId === undefined || holds(notification.publisherId, publisherId)) &&
    (payload === undefined || holds(notification.payload, payload)) &&
    (context === undefined || holds(notification.context as JsonValue, context))
  );
}

export function eventTypesOf(notifications: readonly Notification[]): string[] {
  return notifications.map(({ eventType }) => eventType);
}

/** What the matchers of Jest, vitest and others have in common: `expect.any(String)`. */
interface AsymmetricMatcher {
  asymmetricMatch(value: unknown): boolean;
}

/** True where `actual` has all that `expected` has. */
function holds(actual: unknown, expected: unknown): boolean {
  if (isAsymmetric(expected)) return expected.asymmetricMatch(actual);
  if (types.isRegExp(expected)) return typeof actual === 'string' && expected.test(actual);
  // As it is written down: a Date is its text.
  if (types.isDate(expected)) return actual === expected.toJSON();
  if (typeof expected !== 'object' || expected === null) return Object.is(actual, expected);
  if (Array.isArray(expected)) {
    return (
      Array.isArray(actual) &&
      actual.length === expected.length &&
      expected.every((entry, index) => holds(actual[index], entry))
    );
  }
  if (typeof actual !== 'object' || actual === null || Array.isArray(actual)) return false;
  return Object.entries(expected).every(([key, value]) =>
    // `undefined` asks for what is not there: JSON has no such value.
    value === undefined ? !Object.hasOwn(actual, key) : holds((actual as Record<string, unknown>)[key], value),
  );
}

function isAsymmetric(value: unknown): value is AsymmetricMatcher {
  return (
    typeof value === 'object' && value !== null && typeof (value as AsymmetricMatcher).asymmetricMatch === 'function'
  );
}
