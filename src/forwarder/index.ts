export {
  createForwarder,
  type Forwarder,
  type ForwarderStopOptions,
} from './forwarder.js';
export type { FilterOptions, ForwarderOptions, SinkOptions, SourceOptions, TransformOptions } from './options.js';
export type { SinkStats } from './sink.js';
export type { SourceStats } from './source.js';
export type { ForwarderHealth, ForwarderStats } from './stats.js';
export type { TransformFunction } from './transform.js';
