import type { Dispatcher } from './dispatch/dispatcher.js';

/** The drivers that one notification goes to: some of those of a `Delivery`, which makes these. */
export interface Recipients {
  readonly names: readonly string[];
  readonly dispatchers: readonly Dispatcher[];
  /** The same set for the journal: one bit for each driver, by its number there. */
  readonly bits: number;
}
