import type { Driver } from '../delivery/driver.js';
import type { Amqp1Options } from '../drivers/amqp1/index.js';
import type { LogOptions } from '../drivers/log/index.js';
import type { RabbitOptions } from '../drivers/rabbit/index.js';
import type { WebhookOptions } from '../drivers/webhook/index.js';
import type { ZaqarOptions } from '../drivers/zaqar/index.js';
import type { RuleBook } from '../notification/event-rules.js';
import type { RedactOptions } from '../notification/redaction.js';
import type { Reporter } from '../notification/reporter.js';

/** How notifications are written down. */
export type WireFormatName = 'oslo' | 'plain' | 'cloudevents';

/** What every driver's entry may say. */
interface Common {
  /** Of this driver alone. Default: what `wireFormat` says for all drivers, else the driver's own. */
  readonly wireFormat?: WireFormatName;
}

/** `{ name: 'log', ...options }`, or `{ driver: 'log', name: 'audit-log', ...options }` for one called otherwise. */
type Named<Kind extends string, Options> =
  | ({ readonly name: Kind; readonly driver?: never } & Omit<Options, 'name'> & Common)
  | ({ readonly driver: Kind; readonly name?: string } & Omit<Options, 'name'> & Common);

/** A driver by its name and options; what is not said here is taken from the environment. */
export type NamedDriver =
  | Named<'log' | 'logging', LogOptions>
  | Named<'rabbit', RabbitOptions>
  | Named<'amqp1' | 'qpid', Amqp1Options>
  | Named<'webhook', WebhookOptions>
  | Named<'zaqar', ZaqarOptions>
  | Named<'memory' | 'noop', object>;

/** A driver by its name, by its name with options, or an instance. */
export type DriverEntry = string | NamedDriver | Driver;

/** Which notifications go where. Every route that takes a notification gives it to its drivers. */
export interface RouteOptions {
  /** For error messages. Default: none. */
  readonly name?: string;
  /**
   * Event types, with `*` for any run of characters and `?` for one; `!` in front takes out (`image.*`, `!image.send`).
   * Only such with `!`: all the rest. Default: all, where `priorities` are given.
   */
  readonly events?: string | readonly string[];
  /** Names of priorities, in any case. Default: all. */
  readonly priorities?: string | readonly string[];
  /** `true`: takes what no other route took, and has neither `events` nor `priorities`. One route may be so. */
  readonly default?: boolean;
  /** Names of drivers that are declared, or drivers as in `drivers`; at least one. `noop` throws away. */
  readonly drivers: string | readonly DriverEntry[];
}

/** What a file of routes holds. */
export interface RoutingOptions {
  /** Drivers that routes name. */
  readonly drivers?: readonly DriverEntry[];
  readonly routes: readonly RouteOptions[];
}

/**
 * The options of `configureNotifications()`. What is left out is read from the environment (`TIDINGS_…`), else it is
 * the default. A value that is not accepted is a ConfigurationError.
 */
export interface NotificationOptions {
  /**
   * Names (`'log'`, or `'log,rabbit'`), names with options, or instances. With `routes` these take what no route took,
   * unless there is a default route. Default: `noop`.
   */
  readonly drivers?: string | readonly DriverEntry[];
  /**
   * Drivers beside those of `drivers` or of the environment, and beside all routes: each is given everything that is not
   * disabled. For what the service itself needs, whatever its operator has chosen. Default: none.
   */
  readonly extraDrivers?: readonly DriverEntry[];
  /**
   * Which notifications go to which drivers: the routes, or the path of a YAML or JSON file with `drivers` and `routes`
   * (YAML needs the package `yaml`). Default: everything goes to all of `drivers`.
   */
  readonly routes?: string | readonly RouteOptions[] | RoutingOptions;
  /** Event types, or beginnings of them, that are turned off; those of the environment are added. */
  readonly disabledNotifications?: string | readonly string[];
  /** The first part of the publisher id `<service>.<hostname>`. Default: `app`. */
  readonly service?: string;
  /** The whole publisher id. Default: `<service>.<hostname>`. */
  readonly publisherId?: string;
  /** Where notifications are published. Default: `notifications`. */
  readonly topics?: string | readonly string[];
  /** How notifications are written down. Default: each driver's own (`rabbit`: `oslo`; `log`: `plain`). */
  readonly wireFormat?: WireFormatName;
  /** The most notifications that wait for one driver, 1 to 10,000,000. Default: 10,000. */
  readonly queueMessages?: number;
  /** The most memory that notifications waiting for one driver hold: bytes, or `'64MiB'`. Default: 64 MiB. */
  readonly queueBytes?: number | string;
  /**
   * A longer notification is dropped as `too_large`, or is a dead letter where the spool has it already: bytes, or
   * `'1MiB'`; 256 to 128 MiB. Default: 1 MiB.
   */
  readonly maxMessageBytes?: number | string;
  /**
   * What is done with a longer notification. `drop`: dropped as `too_large`. `marker`: sent, counted as `shortened`, with
   * `{ omitted: '[too large]' }` as its payload, or the text `[too large]` for a text. Default: `drop`.
   */
  readonly oversized?: 'drop' | 'marker';
  /** How long delivery is tried: milliseconds, or `'24h'`. Default: 24 hours. */
  readonly maxAge?: number | string;
  /** More keys and places to mask in payloads; `false` masks nothing. */
  readonly redact?: RedactOptions | string | readonly string[] | boolean;
  /**
   * The catalogs, as `defineCatalog()` makes them, by which payloads are checked, masked and picked out of results. Of
   * two that have the same event type the first one decides; what `catalog.notifyAbout` and the decorators of a catalog
   * tell goes by that catalog, listed here or not. Default: none.
   */
  readonly catalogs?: readonly RuleBook[];
  /**
   * What is done with a payload that breaks the rules of its catalog. `off`: nothing is checked. `warn`: it is sent, told
   * to the operator and counted. `drop`: it is dropped as `invalid`. `throw`, for tests: what tells it throws an
   * InvalidPayloadError. Default: `warn`.
   */
  readonly validation?: 'off' | 'warn' | 'drop' | 'throw';
  /** True: an event type that no catalog has is treated as a payload that breaks the rules. Default: false. */
  readonly strictCatalog?: boolean;
  /** What is dropped when the queue is full. Default: `drop-newest`. */
  readonly overflow?: 'drop-newest' | 'drop-oldest';
  /** The wait before the second attempt, in milliseconds; it doubles with each further one. Default: 200. */
  readonly retryMinMs?: number;
  /** The longest wait between two attempts, in milliseconds. Default: 10,000. */
  readonly retryMaxMs?: number;
  /** How long a process with nothing else to do is held for what is pending, in milliseconds. Default: 5,000. */
  readonly exitTimeoutMs?: number;
  /** More context keys that go out, beside the ids and times that do by default. Never credentials. */
  readonly contextKeys?: readonly string[];
  /**
   * A directory on a local disk, shared by the processes of one service on one host: what is accepted is written there
   * until it is delivered. Needs the package `classic-level`. Default: no spool.
   */
  readonly spoolDir?: string;
  /**
   * The most that undelivered notifications of this notifier take in the spool: bytes, or `'1GiB'`; dead letters may
   * take as much again. What comes beyond it is kept in memory only. 1 KiB to 1 PiB. Default: 1 GiB.
   */
  readonly spoolMaxBytes?: number | string;
  /** How often the spool is searched for what dead processes left: milliseconds, spread by half. Default: 10,000. */
  readonly spoolScanMs?: number;
  /** Where tidings says what an operator should know of it. Default: one line each on standard error. */
  readonly reporter?: Reporter;
}
