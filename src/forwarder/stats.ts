import type { SinkStats } from './sink.js';
import type { SourceStats } from './source.js';

export interface ForwarderStats {
  readonly sources: Readonly<Record<string, SourceStats>>;
  readonly sinks: Readonly<Record<string, SinkStats>>;
}

export interface ForwarderHealth {
  /** `down` while a source does not give, or a persistent sink does not take. */
  readonly status: 'up' | 'down';
  readonly sources: Readonly<Record<string, { readonly status: string; readonly reason?: string }>>;
  readonly sinks: Readonly<Record<string, { readonly status: string; readonly reason?: string }>>;
}
