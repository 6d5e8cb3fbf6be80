import { Writable } from 'node:stream';
import type { DeliveryOutcome, OutgoingMessage } from '../../delivery/driver.js';
import { errorText, RefusedError } from '../../notification/errors.js';
import { LEVEL_OF_PRIORITY, LEVELS, LOWEST_LEVEL } from './level.js';
import type { LineFormat } from './line.js';
import type { LineSink } from './line-sink.js';
import type { LogTarget } from './log-target.js';

/** Where winston's formats leave the line for the transports. Source: the `triple-beam` package. */
const MESSAGE = Symbol.for('message');

interface Entry {
  readonly level: string;
  readonly message: string;
  readonly line: string;
  readonly settle: (written: Promise<void>) => void;
  [MESSAGE]?: string;
}

/** A winston logger of our own, one line a notification, into a sink. */
export class LineTarget implements LogTarget {
  readonly #sink: LineSink;
  readonly #format: () => LineFormat;
  #lineFormat: LineFormat | undefined;
  #logger: { log(entry: Entry): unknown } | undefined;

  /** `format` is asked for at the first line. */
  constructor(sink: LineSink, format: () => LineFormat) {
    this.#sink = sink;
    this.#format = format;
  }

  async open(warn?: (message: string) => void): Promise<void> {
    await this.#sink.open(warn);
    this.#logger ??= await createLogger(this.#sink);
  }

  async log(batch: readonly OutgoingMessage[]): Promise<readonly DeliveryOutcome[]> {
    // A file that was rotated is noticed here, and one whose last write failed is opened again.
    await this.open();
    return Promise.all(batch.map((outgoing) => this.#write(outgoing).then(() => undefined, asError)));
  }

  async close(): Promise<void> {
    await this.#sink.close();
  }

  async #write(outgoing: OutgoingMessage): Promise<void> {
    const { priority, eventType } = outgoing.notification;
    const line = this.#line(outgoing);
    return new Promise((settle) => {
      this.#logger?.log({ level: LEVEL_OF_PRIORITY[priority], message: eventType, line, settle });
    });
  }

  /** What cannot be written down now never can: tried again, it would stand in the way for as long as it is kept. */
  #line(outgoing: OutgoingMessage): string {
    this.#lineFormat ??= this.#format();
    try {
      return this.#lineFormat(outgoing);
    } catch (error) {
      throw new RefusedError(`it cannot be written as a line: ${errorText(error)}`);
    }
  }
}

/**
 * winston's own transports cannot be used: they take a line without telling when, or whether, it was written, and the
 * file transport keeps a failed write to itself.
 */
async function createLogger(sink: LineSink): Promise<{ log(entry: Entry): unknown }> {
  const { default: winston } = await import('winston');
  const line = winston.format((info) => {
    info[MESSAGE] = (info as unknown as Entry).line;
    return info;
  });
  const stream = new Writable({
    objectMode: true,
    write(entry: Entry, _encoding, next) {
      entry.settle(sink.write(entry[MESSAGE] ?? ''));
      // At once, so that the sink can write several lines together; and never with the error, which ends a stream.
      next();
    },
  });
  return winston.createLogger({
    levels: LEVELS,
    level: LOWEST_LEVEL,
    format: line(),
    transports: [new winston.transports.Stream({ stream })],
  }) as { log(entry: Entry): unknown };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
