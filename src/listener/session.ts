import type { DeliveryError } from '../notification/errors.js';
import type { Priority } from '../notification/priority.js';
import type { ThrottledReporter } from '../notification/reporter.js';
import type { ListenerCounters } from './counters.js';
import type { ListenerSettings } from './options.js';
import type { Processor } from './processor.js';

export interface SessionParts {
  readonly settings: ListenerSettings;
  readonly priorities: ReadonlySet<Priority>;
  readonly processor: Processor;
  readonly counters: ListenerCounters;
  readonly reporter: ThrottledReporter;
  /** True for the first connection of the process, where what is redelivered may have ended the one before. */
  readonly isFirst: boolean;
}

/** Consumes over one connection. Over for good when that is lost. */
export interface Session {
  /** Takes no more; resolves when nothing more comes, after at most two seconds. */
  cancel(): Promise<void>;
  /** Resolves when everything that was received is answered for. */
  idle(): Promise<void>;
  /** What is not answered for is given to others by the broker. Never rejects. */
  close(): Promise<void>;
}

/** A connection that nothing is consumed over yet. */
export interface Connected {
  /** `lost` is called once when nothing more will come, not after `close`. Rejects with a DeliveryError. */
  consume(lost: (cause: DeliveryError) => void): Promise<Session>;
  close(): Promise<void>;
}

/** Connects, until the signal. Rejects with a DeliveryError. */
export type Connect = (parts: SessionParts, signal: AbortSignal) => Promise<Connected>;
