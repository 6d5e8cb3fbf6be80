export {
  createForwarder,
  type Forwarder,
  type ForwarderStopOptions,
} from './forwarder.js';
export type {
  DriverSinkOptions,
  FilterOptions,
  ForwarderOptions,
  RoutesSinkOptions,
  SinkOptions,
  SourceOptions,
  TransformOptions,
} from './options.js';
export type { SinkStats } from './sink-stats.js';
export type { SourceStats } from './source.js';
export type { ForwarderHealth, ForwarderStats } from './stats.js';
export type { TransformFunction, TransformStats } from './transform-module.js';
