import type { SinkStats } from './sink-stats.js';
import type { SourceStats } from './source.js';
import type { TransformStats } from './transform-module.js';

export interface ForwarderStats {
  readonly sources: Readonly<Record<string, SourceStats>>;
  /** Of each sink; of one with routes each of its drivers, as `<sink>.<driver>`. */
  readonly sinks: Readonly<Record<string, SinkStats>>;
  /** Of all modules together; what they are given goes back to the source then. */
  readonly transforms: TransformStats;
}

export interface ForwarderHealth {
  /** `down` while a source does not give, or a persistent sink does not take. */
  readonly status: 'up' | 'down';
  readonly sources: Readonly<Record<string, { readonly status: string; readonly reason?: string }>>;
  /** By the names of {@link ForwarderStats.sinks}. */
  readonly sinks: Readonly<Record<string, { readonly status: string; readonly reason?: string }>>;
}
