import type { DeliveryOutcome, Driver, DriverHost, OutgoingMessage } from '../../delivery/driver.js';
import { RefusedError } from '../../notification/errors.js';
import { FileSink } from './file-sink.js';
import { InjectedTarget } from './injected-target.js';
import { jsonLine, type LineFormat, osloLine, prettyLine } from './line.js';
import { LineTarget } from './line-target.js';
import type { LogTarget } from './log-target.js';
import { checkLogOptions, type LogFormat, type LogOptions } from './options.js';
import { StdoutSink } from './stdout-sink.js';
import { TransportsTarget } from './transports-target.js';

/**
 * Writes each notification to standard output, to a file, to winston transports, or to a winston logger of the service.
 *
 * Levels by priority: CRITICAL and ERROR are `error`, WARN is `warn`, INFO, AUDIT and SAMPLE are `info`, DEBUG is
 * `debug`. Nothing is filtered by level. A line is delivered when the operating system has taken it; it is not synced
 * to the disk. What is given to a logger or a transport is delivered when that has taken it.
 */
export class LogDriver implements Driver {
  readonly name: string;
  readonly wireFormat = 'plain';
  readonly batchSize = 100;
  readonly #target: LogTarget;

  /** @throws ConfigurationError for an unknown option or a value that an option does not take. */
  constructor(options: LogOptions = {}) {
    const { name, file, format, logger, transports, rotation } = checkLogOptions(options);
    this.name = name ?? 'log';
    if (logger !== undefined) this.#target = new InjectedTarget(logger);
    else if (transports !== undefined) {
      this.#target = new TransportsTarget(transports, lineFormat(format ?? 'json'));
    } else if (file !== undefined) {
      this.#target = new LineTarget(new FileSink(file, rotation), () => lineFormat(format ?? 'json'));
    } else this.#target = new LineTarget(new StdoutSink(), () => terminalFormat(process.stdout, format));
  }

  async open(host?: DriverHost): Promise<void> {
    await this.#target.open(host && ((message) => host.warn(message)));
  }

  async deliver(batch: readonly OutgoingMessage[]): Promise<readonly DeliveryOutcome[] | undefined> {
    const outcomes = await this.#target.log(batch);
    const failed = outcomes.filter((outcome) => outcome !== undefined);
    if (failed.length === 0) return undefined;
    // Only when nothing got through: what has been logged must not be tried again with the rest, nor what is refused.
    const isDown = failed.length === batch.length && !failed.some((outcome) => outcome instanceof RefusedError);
    if (isDown) throw failed[0];
    return outcomes;
  }

  async close(): Promise<void> {
    await this.#target.close();
  }
}

function lineFormat(format: LogFormat, colours = false): LineFormat {
  if (format === 'oslo') return osloLine(process.pid);
  return format === 'json' ? jsonLine : prettyLine(colours);
}

/** A terminal knows `NO_COLOR`, `FORCE_COLOR` and `TERM` itself; `FORCE_COLOR` counts where there is no terminal, too. */
function terminalFormat(stdout: NodeJS.WriteStream, format: LogFormat | undefined): LineFormat {
  const isTerminal = stdout.isTTY === true;
  const forced = process.env.FORCE_COLOR;
  const colours = isTerminal ? stdout.hasColors() : forced !== undefined && forced !== '0' && forced !== 'false';
  return lineFormat(format ?? (isTerminal ? 'pretty' : 'json'), colours);
}
