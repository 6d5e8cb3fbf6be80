import { type Check, knownKeys, oneOf, shown, text } from '../../notification/configuration.js';
import { ConfigurationError } from '../../notification/errors.js';

export type LogFormat = 'json' | 'pretty';

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
   * `json`: one JSON object a line. `pretty`: a line to read, in colour where the terminal has it.
   * Default: `pretty` when lines go to a terminal, else `json`.
   */
  readonly format?: LogFormat | undefined;
  /**
   * A winston logger of the service. It is given every notification by `log(level, message, meta)`, and decides itself
   * about levels, format and transports; it is never closed. It wins over `file`, which the environment may have set;
   * together with `format` it is refused.
   */
  readonly logger?: InjectedLogger | undefined;
}

/** The `file` option, shared with the environment's `LOG_FILE`. */
export const checkFile: Check<string> = text({ pattern: /^[^\0]*[^\0\s][^\0]*$/, rule: 'the path of a file' });

/** Checks the options as a user gave them. @throws ConfigurationError naming the option. */
export function checkLogOptions(options: LogOptions): LogOptions {
  knownKeys(options, ['name', 'file', 'format', 'logger'], 'log');
  const { file, format, logger } = options;
  const name = options.name === undefined ? undefined : text()(options.name, 'log.name');
  if (logger !== undefined) {
    if (format !== undefined) {
      throw new ConfigurationError('log.format', 'does nothing together with log.logger, which has its own format');
    }
    return { name, logger: checkLogger(logger, 'log.logger') };
  }
  return {
    name,
    file: file === undefined ? undefined : checkFile(file, 'log.file'),
    format: format === undefined ? undefined : oneOf('json', 'pretty')(format, 'log.format'),
  };
}

const checkLogger: Check<InjectedLogger> = (value, setting) => {
  const log = (value as { log?: unknown } | null | undefined)?.log;
  if (typeof log === 'function') return value as InjectedLogger;
  throw new ConfigurationError(
    setting,
    `is ${shown(value)}; it takes a winston logger (an object with log(level, message, meta))`,
  );
};
