import { inspect } from 'node:util';
import type { Notification } from '../notification/notification.js';
import { PRIORITIES } from '../notification/priority.js';
import { type ExpectedNotification, isAsExpected } from './expected-notification.js';

/** What matchers look at: a capture, a MemoryDriver, or the notifications themselves. */
export type Told = readonly Notification[] | { readonly notifications: readonly Notification[] };

/** An event type, or one with what its notification is expected to be. */
export type ExpectedEvent = string | readonly [eventType: string, expected: Omit<ExpectedNotification, 'times'>];

/** A pair by its base type (`task.run`), or by both of its types. */
export type ExpectedPair = string | { readonly start: string; readonly end: string };

export interface ExpectedHalves {
  readonly start?: Omit<ExpectedNotification, 'times'>;
  /** The half that closes it, well or not. */
  readonly end?: Omit<ExpectedNotification, 'times'>;
  /** True: it is closed by `.error`. False: it is not. Default: either. */
  readonly failed?: boolean;
}

/** The assertions, for the declarations of a test runner. */
export interface NotificationAssertions<R = void> {
  /** At least one notification of this type, or `times`, is as expected. */
  toHaveNotified(eventType: string, expected?: ExpectedNotification): R;
  /** These were told one after the other; others may stand between them. */
  toHaveNotifiedInOrder(events: readonly ExpectedEvent[]): R;
  /** Both halves of an operation were told, with one operation id. */
  toHaveNotifiedPair(pair: ExpectedPair, halves?: ExpectedHalves): R;
  /** Nothing was told at all. */
  toHaveNotifiedNothing(): R;
}

export interface MatcherResult {
  readonly pass: boolean;
  message(): string;
}

/** For `expect.extend()` of vitest, Jest, and what has the same. */
export const notificationMatchers = {
  toHaveNotified(received: Told, eventType: string, expected: ExpectedNotification = {}): MatcherResult {
    check(eventType, expected);
    const told = notificationsOf(received);
    const found = told.filter((one) => one.eventType === eventType && isAsExpected(one, expected)).length;
    const pass = expected.times === undefined ? found > 0 : found === expected.times;
    const count = expected.times === undefined ? '' : `, ${expected.times} times (found ${found})`;
    return result(pass, `${eventType}${described(expected)}${count} told`, told);
  },

  toHaveNotifiedInOrder(received: Told, events: readonly ExpectedEvent[]): MatcherResult {
    const told = notificationsOf(received);
    let next = 0;
    for (const notification of told) {
      const event = events[next];
      if (event !== undefined && isEvent(notification, event)) next += 1;
    }
    const missing = events[next];
    const names = events.map((event) => (typeof event === 'string' ? event : `${event[0]}${described(event[1])}`));
    const hint = missing === undefined ? '' : ` (${names[next]} is missing after the first ${next})`;
    return result(missing === undefined, `${names.join(', then ')} told${hint}`, told);
  },

  toHaveNotifiedPair(received: Told, pair: ExpectedPair, halves: ExpectedHalves = {}): MatcherResult {
    const told = notificationsOf(received);
    const [start, ends] = typesOf(pair, halves.failed);
    const found = told.some(
      (first, index) =>
        first.eventType === start &&
        first.context.operation_id !== undefined &&
        isAsExpected(first, halves.start ?? {}) &&
        told
          .slice(index + 1)
          .some(
            (last) =>
              ends.includes(last.eventType) &&
              last.context.operation_id === first.context.operation_id &&
              (typeof pair === 'string' || halves.failed === undefined || isFailure(last) === halves.failed) &&
              isAsExpected(last, halves.end ?? {}),
          ),
    );
    const what = `${start} and ${ends.join(' or ')}${described({ ...halves })}, with one operation_id, told`;
    return result(found, what, told);
  },

  toHaveNotifiedNothing(received: Told): MatcherResult {
    const told = notificationsOf(received);
    const pass = told.length === 0;
    return { pass, message: () => `expected ${pass ? 'something' : 'nothing'} to be told; told: ${listed(told)}` };
  },
};

function typesOf(pair: ExpectedPair, failed: boolean | undefined): [string, string[]] {
  if (typeof pair !== 'string') return [pair.start, [pair.end]];
  const ends = [...(failed === true ? [] : [`${pair}.end`]), ...(failed === false ? [] : [`${pair}.error`])];
  return [`${pair}.start`, ends];
}

/** A pair of named types may close by the same type, well or not. */
function isFailure({ priority }: Notification): boolean {
  return priority === 'ERROR';
}

function isEvent(notification: Notification, event: ExpectedEvent): boolean {
  const [eventType, expected = {}] = typeof event === 'string' ? [event] : event;
  return notification.eventType === eventType && isAsExpected(notification, expected);
}

const KNOWN = ['priority', 'payload', 'context', 'publisherId', 'times'];

/** A misspelt expectation must not pass silently. */
function check(eventType: unknown, expected: ExpectedNotification): void {
  if (typeof eventType !== 'string')
    throw new TypeError(`toHaveNotified takes an event type, not ${String(eventType)}`);
  const unknown = Object.keys(expected).find((key) => !KNOWN.includes(key));
  if (unknown !== undefined) throw new TypeError(`toHaveNotified knows no ${unknown}; there are ${KNOWN.join(', ')}`);
  if (expected.priority !== undefined && !PRIORITIES.includes(expected.priority)) {
    throw new TypeError(`${String(expected.priority)} is no priority; there are ${PRIORITIES.join(', ')}`);
  }
}

function notificationsOf(received: Told): readonly Notification[] {
  const told = Array.isArray(received)
    ? received
    : (received as { notifications?: unknown } | undefined)?.notifications;
  if (Array.isArray(told)) return told as readonly Notification[];
  throw new TypeError('expected what captureNotifications() returned, a MemoryDriver, or an array of notifications');
}

function described(expected: object): string {
  const { times: _, ...rest } = expected as ExpectedNotification;
  return Object.keys(rest).length === 0 ? '' : ` ${shown(rest)}`;
}

const MAX_LINES = 30;

function result(pass: boolean, what: string, told: readonly Notification[]): MatcherResult {
  return { pass, message: () => `expected ${pass ? 'not ' : ''}to find ${what}; told: ${listed(told)}` };
}

function listed(told: readonly Notification[]): string {
  const lines = told
    .slice(-MAX_LINES)
    .map(({ priority, eventType, payload }) => `  ${priority} ${eventType} ${shown(payload)}`);
  if (told.length > MAX_LINES) lines.unshift(`  … ${told.length - MAX_LINES} before`);
  return lines.length === 0 ? 'nothing' : `\n${lines.join('\n')}`;
}

function shown(value: unknown): string {
  return inspect(value, { depth: 5, breakLength: Number.POSITIVE_INFINITY, maxStringLength: 200 });
}
