import { type Channel, channel } from 'node:diagnostics_channel';
import { runInBackground } from '../notification/context-store.js';
import type { Accepted } from './entry.js';

/** What the subscribers of the channels `tidings:accepted`, `:delivered`, `:retried` and `:dropped` are given. */
export interface DiagnosticMessage {
  readonly driver: string;
  readonly eventType: string;
  readonly messageId: string;
  /** Why it was dropped. */
  readonly reason?: string;
}

export const CHANNELS = {
  accepted: channel('tidings:accepted'),
  delivered: channel('tidings:delivered'),
  retried: channel('tidings:retried'),
  dropped: channel('tidings:dropped'),
} as const;

/** Tells who has subscribed, by `node:diagnostics_channel`. Costs next to nothing when nobody has. */
export function publishDiagnostic(subscribed: Channel, driver: string, accepted: Accepted, reason?: string): void {
  if (!subscribed.hasSubscribers) return;
  const { eventType, messageId } = accepted;
  const message: DiagnosticMessage = {
    driver,
    eventType,
    messageId,
    ...(reason === undefined ? {} : { reason }),
  };
  // In the background's context: a subscriber that tells something would tell of its own telling.
  runInBackground(() => subscribed.publish(message));
}
