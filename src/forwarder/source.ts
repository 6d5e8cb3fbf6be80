import type { Notification } from '../notification/notification.js';

/** What became of the messages of a source. */
export interface SourceStats {
  readonly received: number;
  /** Every sink that has to have it has it. */
  readonly forwarded: number;
  /** Left out by the filter or by the transform, or received before. */
  readonly leftOut: number;
  /** Put by for another attempt. */
  readonly retried: number;
  /** No notification, or never taken by a sink: in the dead letters of a queue; of a file, told and counted. */
  readonly dead: number;
  readonly status: 'up' | 'down' | 'ended' | 'idle' | 'stopped';
  readonly reason?: string;
}

/** Resolves when the notification may be forgotten. */
export type Forward = (notification: Notification) => Promise<void>;

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

/** Thrown by a {@link Forward} for a notification that was left out. */
export const LEFT_OUT = Symbol('left out');
