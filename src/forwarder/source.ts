import type { Notification } from '../notification/notification.js';

/**
 * What became of the messages of a source. At every moment
 * `received = forwarded + leftOut + duplicates + retried + dead + givenBack + pending`.
 *
 * A message that comes again is received again. One whose sinks have it is `forwarded`, even where the connection is lost
 * before the broker hears of it: when the broker gives it again, that is a duplicate.
 */
export interface SourceStats {
  readonly received: number;
  /** Every sink that has to have it has it; sinks that are not persistent have had it offered. */
  readonly forwarded: number;
  /** Left out by the filter or by the transform, or for no sink. */
  readonly leftOut: number;
  /** Its message id was received and forwarded before. */
  readonly duplicates: number;
  /** Put by for another attempt. */
  readonly retried: number;
  /** No notification, or never taken by a sink: in the dead letters of a queue; of a file, told and counted. */
  readonly dead: number;
  /** Not finished when the forwarder stopped or the connection was lost: the broker gives it again. */
  readonly givenBack: number;
  /** Being forwarded now, or waiting for that. */
  readonly pending: number;
  readonly status: 'up' | 'down' | 'ended' | 'idle' | 'stopped';
  readonly reason?: string;
}

/** Resolves when the notification may be forgotten; with false where it is for no sink. */
export type Forward = (notification: Notification) => Promise<boolean>;

/** Where notifications come from. */
export interface Source {
  readonly name: string;
  /** Resolves when it gives notifications for the first time. */
  start(forward: Forward): Promise<void>;
  /** Resolves when it has given all; never for a queue. */
  readonly ended: Promise<void>;
  /** Gives no more, and waits so long for those that are being forwarded. */
  stop(timeoutMs: number): Promise<void>;
  stats(): SourceStats;
}
