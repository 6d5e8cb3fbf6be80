import type { ListenerOptions } from '../listener/index.js';
import type { Reporter } from '../notification/reporter.js';
import type { RouteOptions, RoutingOptions } from '../setup/options.js';
import type { TransformFunction } from './transform-module.js';

/** Which notifications are meant. */
export interface FilterOptions {
  /** Event types with `*` and `?`, each with `!` in front where it is taken out: `image.*,!image.send`, or an array. */
  readonly events?: string | readonly string[];
  /** Names of priorities, in any case. Default: all. */
  readonly priorities?: string | readonly string[];
}

/** What becomes of a notification, in this order. Places are in the payload, by dots; several: an array or comma-separated. */
export interface TransformOptions {
  /** Only these places. */
  readonly pick?: string | readonly string[];
  /** Not these places. */
  readonly omit?: string | readonly string[];
  /** New places by old ones: `{ id: 'image_id' }`. */
  readonly rename?: Readonly<Record<string, string>>;
  /** The path of a module that exports a {@link TransformFunction} as its default; or the function. */
  readonly module?: string | TransformFunction;
  /** How long the module may take for one notification, 1 to 600,000 ms; then it has failed. Default: 10,000. */
  readonly timeoutMs?: number;
}

export type SourceOptions =
  | ({ readonly source: 'rabbit' | 'amqp1'; readonly name?: string } & Omit<
      ListenerOptions,
      'protocol' | 'reporter' | 'concurrency' | 'temporary' | 'handlerTimeout'
    >)
  | { readonly source: 'file'; readonly name?: string; readonly path: string; readonly window?: number }
  | { readonly source: 'stdin'; readonly name?: string; readonly window?: number };

interface CommonSinkOptions extends FilterOptions {
  /**
   * Tells sinks apart. Default: the driver's name, or `routes`; a driver behind routes is `<name>.<its own name>` in
   * stats, health, metrics and warnings.
   */
  readonly name?: string;
  /**
   * `true`: the source is acknowledged only when this sink or the spool has the notification; with routes, every driver
   * that they choose. `false`: what the sink cannot take at once, or within 5 s, is thrown away and counted. Default:
   * `true`.
   */
  readonly persist?: boolean;
  /** Default: `notifications`. */
  readonly topics?: string | readonly string[];
  /** Of drivers that say none themselves. Default: that of their kind. */
  readonly wireFormat?: string;
  readonly transform?: TransformOptions;
}

/** One driver. */
export interface DriverSinkOptions extends CommonSinkOptions {
  /** A driver's name; its own options stand beside these. */
  readonly driver: string;
  readonly [option: string]: unknown;
}

/** Several drivers, and which of them gets what. */
export interface RoutesSinkOptions extends CommonSinkOptions {
  /** The path of a YAML or JSON file as `TIDINGS_ROUTES` names it, or what such a file holds, or only its routes. */
  readonly routes: string | RoutingOptions | readonly RouteOptions[];
}

export type SinkOptions = DriverSinkOptions | RoutesSinkOptions;

/** The options of a forwarder; a YAML file has the same. */
export interface ForwarderOptions {
  readonly sources: readonly SourceOptions[];
  readonly sinks: readonly SinkOptions[];
  /** What is forwarded at all. Default: everything. */
  readonly filter?: FilterOptions;
  readonly transform?: TransformOptions;
  /**
   * A directory on a local disk: persistent sinks have what is written there, so the sources are acknowledged while a
   * sink is down. Needs the package `classic-level`. Default: none.
   */
  readonly spoolDir?: string;
  /** The most of one sink in the spool: bytes or text. Default: 1 GiB. */
  readonly spoolMaxBytes?: number | string;
  /** Longer ones are not forwarded: bytes or text, 256 to 128 MiB. Default: 16 MiB. */
  readonly maxMessageBytes?: number | string;
  /** Keys of the context that are forwarded beside the ids that go out by default. Never credentials. */
  readonly contextKeys?: string | readonly string[];
  /** What is masked in payloads, as for `configureNotifications()`; `false`: nothing. */
  readonly redact?: unknown;
  /** Where `/healthz` and `/metrics` are served. Default: nowhere. */
  readonly http?: {
    /** 0: any free port. */
    readonly port: number;
    /** Default: `127.0.0.1`. */
    readonly host?: string;
  };
  /** Where the forwarder says what an operator should know. Default: one line each on standard error. */
  readonly reporter?: Reporter;
}
