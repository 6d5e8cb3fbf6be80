import { bytes, type Check, integer, knownKeys, oneOf, shown, text } from '../../notification/configuration.js';
import { ConfigurationError } from '../../notification/errors.js';
import type { RotationRules } from './file-rotation.js';

export type LogFormat = 'json' | 'pretty' | 'oslo';

/**
 * What the driver needs of an injected logger. A winston 3 logger is one; so is any object with such a `log`.
 * The other members are used where they are there: `levels` to find the logger's word for a warning, the stream's
 * members to wait while its buffer is full and to notice that it was ended.
 */
export interface InjectedLogger {
  log(level: string, message: string, meta: object): unknown;
  readonly levels?: object;
  readonly writable?: boolean;
  readonly writableLength?: number;
  readonly writableHighWaterMark?: number;
  once?(event: 'drain', listener: () => void): unknown;
  removeListener?(event: 'drain', listener: () => void): unknown;
}

/** What the driver needs of a winston 3 transport, a stream of objects. */
export interface LogTransport extends NodeJS.WritableStream {
  // biome-ignore-start lint/suspicious/noExplicitAny: as winston-transport declares them.
  log?(info: any, next: () => void): any;
  levels?: any;
  // biome-ignore-end lint/suspicious/noExplicitAny: as winston-transport declares them.
}

/** The options of the `log` driver; what is undefined is unset. */
export interface LogOptions {
  /** Names the driver in statistics and warnings, to tell several apart. Default: `log`. */
  readonly name?: string | undefined;
  /**
   * The file that lines are appended to, instead of standard output. It is created, with its directories, when the
   * driver opens; a file that was moved away (`logrotate`) is created anew. Default: none.
   */
  readonly file?: string | undefined;
  /**
   * `json`: one JSON object a line. `oslo`: the line that OpenStack services log by default, with the JSON object at its
   * end. `pretty`: a line to read, in colour where the terminal has it.
   * Default: `pretty` when lines go to a terminal, else `json`.
   */
  readonly format?: LogFormat | undefined;
  /**
   * Before a line would make the file longer than this, the file is moved to `<file>.<moment, as 20261120T071808.114>`:
   * bytes or text (`100MiB`), 1 KiB to 1 TiB. Default: no limit.
   */
  readonly maxBytes?: number | string | undefined;
  /** The file is moved before the first line of another day or hour, by UTC. Default: never. */
  readonly rotate?: 'daily' | 'hourly' | undefined;
  /** How many files that `maxBytes` and `rotate` have moved are kept, 1 to 10,000. Default: 10. */
  readonly maxFiles?: number | undefined;
  /**
   * A winston logger of the service. It is given every notification by `log(level, message, meta)`, and decides itself
   * about levels, format and transports; it is never closed. It wins over `file`, which the environment may have set;
   * together with `format` or `transports` it is refused.
   */
  readonly logger?: InjectedLogger | undefined;
  /**
   * winston transports, in place of standard output: each line is given to all, and is delivered when each has taken it,
   * which most do before it is written. They are never ended. They win over `file`, which the environment may have set.
   * Default: none.
   */
  readonly transports?: readonly LogTransport[] | undefined;
}

/** The options, checked. */
export interface LogSettings extends Pick<LogOptions, 'name' | 'file' | 'format' | 'logger' | 'transports'> {
  readonly rotation?: RotationRules | undefined;
}

const DEFAULT_MAX_FILES = 10;

/** The `file` option, shared with the environment's `LOG_FILE`. */
export const checkFile: Check<string> = text({ pattern: /^[^\0]*[^\0\s][^\0]*$/, rule: 'the path of a file' });

export const checkFormat = oneOf('json', 'pretty', 'oslo');
export const checkMaxBytes = bytes(1024, 2 ** 40);
export const checkRotate = oneOf('daily', 'hourly');
export const checkMaxFiles = integer(1, 10_000);

const NAMES = ['name', 'file', 'format', 'maxBytes', 'rotate', 'maxFiles', 'transports', 'logger'];

/** Checks the options as a user gave them. @throws ConfigurationError naming the option. */
export function checkLogOptions(options: LogOptions): LogSettings {
  knownKeys(options, NAMES, 'log');
  const { format, logger, transports } = options;
  const name = options.name === undefined ? undefined : text()(options.name, 'log.name');
  if (logger !== undefined) {
    if (format !== undefined) {
      throw new ConfigurationError('log.format', 'does nothing together with log.logger, which has its own format');
    }
    if (transports !== undefined) {
      throw new ConfigurationError('log.transports', 'do nothing together with log.logger, which has its own');
    }
    return { name, logger: checkLogger(logger, 'log.logger') };
  }
  const checked = { name, format: format === undefined ? undefined : checkFormat(format, 'log.format') };
  if (transports !== undefined) return { ...checked, transports: checkTransports(transports, 'log.transports') };
  const file = options.file === undefined ? undefined : checkFile(options.file, 'log.file');
  return { ...checked, file, rotation: checkRotation(options, file) };
}

function checkRotation(
  { maxBytes, rotate, maxFiles }: LogOptions,
  file: string | undefined,
): RotationRules | undefined {
  const rules = {
    maxBytes: maxBytes === undefined ? undefined : checkMaxBytes(maxBytes, 'log.maxBytes'),
    rotate: rotate === undefined ? undefined : checkRotate(rotate, 'log.rotate'),
    maxFiles: maxFiles === undefined ? DEFAULT_MAX_FILES : checkMaxFiles(maxFiles, 'log.maxFiles'),
  };
  const given = Object.entries({ maxBytes, rotate, maxFiles }).find(([, value]) => value !== undefined)?.[0];
  if (given === undefined) return undefined;
  if (file === undefined) {
    throw new ConfigurationError(`log.${given}`, 'does nothing without log.file (TIDINGS_LOG_FILE)');
  }
  if (rules.maxBytes !== undefined || rules.rotate !== undefined) return rules;
  throw new ConfigurationError(
    'log.maxFiles',
    'does nothing without log.maxBytes (TIDINGS_LOG_MAX_BYTES) or log.rotate (TIDINGS_LOG_ROTATE)',
  );
}

const checkLogger: Check<InjectedLogger> = (value, setting) => {
  const log = (value as { log?: unknown } | null | undefined)?.log;
  if (typeof log === 'function') return value as InjectedLogger;
  throw new ConfigurationError(
    setting,
    `is ${shown(value)}; it takes a winston logger (an object with log(level, message, meta))`,
  );
};

const checkTransports: Check<readonly LogTransport[]> = (value, setting) => {
  const isTransport = (each: unknown) => {
    const { log, write } = (each ?? {}) as { log?: unknown; write?: unknown };
    return typeof log === 'function' && typeof write === 'function';
  };
  if (Array.isArray(value) && value.length > 0 && value.every(isTransport)) return value as readonly LogTransport[];
  throw new ConfigurationError(setting, 'is not right; it takes an array of winston transports, at least one');
};
