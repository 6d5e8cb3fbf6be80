/** Why a message is in a dead-letter queue. */
export type DeadCause =
  /** It is no notification that can be read. */
  | 'malformed'
  /** It failed, and all its attempts are used up. */
  | 'failed'
  /** A handler said `DEAD`, or threw a `RefusedError`. */
  | 'refused';

/**
 * What became of the messages that the broker gave, counted since the listener was made:
 * `received = handled + ignored + duplicates + retried + dead (by cause) + givenBack + pending`.
 */
export interface ListenerStats {
  readonly received: number;
  /**
   * Every handler that it is for is done with it, even where the connection was lost before the broker heard of it:
   * then the broker gives it again, as a duplicate.
   */
  readonly handled: number;
  /** It was for no handler, or a forwarder's sinks are not for it: acknowledged. */
  readonly ignored: number;
  /** Its message id had been handled: acknowledged. */
  readonly duplicates: number;
  /** Put by for another attempt. */
  readonly retried: number;
  readonly dead: Readonly<Record<DeadCause, number>>;
  /** Not finished when the listener stopped or its connection was lost: the broker gives it again. */
  readonly givenBack: number;
  /** Received, and nothing of the above yet: with a handler, waiting for one, or for the time of its next attempt. */
  readonly pending: number;
  /** Handlers that run now, those that are overdue not counted. */
  readonly running: number;
  /** Handlers that still run after `handlerTimeout`: what they were called with is tried again without them. */
  readonly overdue: number;
  /** Handlers that ended after `handlerTimeout`: nobody heeded what they returned or threw. */
  readonly late: number;
  /** How long the one of them that began first has been running, overdue or not, in milliseconds; 0: none runs. */
  readonly longestMs: number;
  /** How often a connection was lost. */
  readonly lostConnections: number;
}

export class ListenerCounters {
  received = 0;
  handled = 0;
  ignored = 0;
  duplicates = 0;
  retried = 0;
  readonly dead: Record<DeadCause, number> = { malformed: 0, failed: 0, refused: 0 };
  givenBack = 0;
  lostConnections = 0;

  stats(calls: Pick<ListenerStats, 'running' | 'overdue' | 'late' | 'longestMs'>): ListenerStats {
    const { received, handled, ignored, duplicates, retried, givenBack, lostConnections } = this;
    const dead = { ...this.dead };
    const ended = handled + ignored + duplicates + retried + dead.malformed + dead.failed + dead.refused + givenBack;
    return {
      received,
      handled,
      ignored,
      duplicates,
      retried,
      dead,
      givenBack,
      pending: received - ended,
      ...calls,
      lostConnections,
    };
  }
}
