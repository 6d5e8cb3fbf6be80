import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, expect, it } from 'vitest';
import { notifyAbout } from '../../src/index.js';
import { accountOf } from '../support/accounting.js';
import { record } from '../support/recorded.js';
import { ScriptedDriver } from '../support/scripted-driver.js';

const seen: unknown[] = [];
const listeners = new Map(
  ['accepted', 'delivered', 'retried', 'dropped'].map((event) => [
    `tidings:${event}`,
    (message: unknown) => {
      const { driver, eventType, messageId, reason } = message as Record<string, string>;
      expect(messageId).toMatch(/^[0-9a-f-]{36}$/);
      seen.push([event, driver, eventType, ...(reason === undefined ? [] : [reason])]);
      // Telling of its own telling would never end.
      notifyAbout('diagnostics.seen');
    },
  ]),
);
afterEach(() => {
  for (const [name, listener] of listeners) unsubscribe(name, listener);
});

it('the diagnostics channels tell of every notification, and nothing when nobody subscribes', async () => {
  const driver = new ScriptedDriver();
  const { notifier } = record({ drivers: [driver], retryMinMs: 1, retryMaxMs: 1, queueMessages: 1 });
  for (const name of listeners.keys()) expect(channel(name).hasSubscribers).toBe(false);
  for (const [name, listener] of listeners) subscribe(name, listener);
  let fails = 1;
  driver.answer = async () => (fails-- > 0 ? [new Error('not now')] : undefined);
  notifyAbout('a.first');
  notifyAbout('a.second');
  await notifier.flush();
  expect(seen).toEqual([
    ['accepted', 'scripted', 'a.first'],
    ['accepted', 'scripted', 'a.second'],
    ['dropped', 'scripted', 'a.second', 'overflow'],
    ['retried', 'scripted', 'a.first'],
    ['delivered', 'scripted', 'a.first'],
  ]);
  expect(accountOf(notifier)).toMatchObject({ accepted: 2, delivered: 1 });
  expect(notifier.stats().suppressed).toBe(5);
});
