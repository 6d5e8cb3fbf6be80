import type { DeliveryOutcome, OutgoingMessage } from '../../delivery/driver.js';
import { DeliveryError, errorText } from '../../notification/errors.js';
import type { Notification } from '../../notification/notification.js';
import { LEVEL_OF_PRIORITY, LEVELS } from './level.js';
import { type LineFormat, loggerName } from './line.js';
import type { LogTarget } from './log-target.js';
import type { LogTransport } from './options.js';

/** Where winston's transports look for the level and for the line. Source: the `triple-beam` package. */
const LEVEL = Symbol.for('level');
const MESSAGE = Symbol.for('message');

/** How long a transport may take for a line before that is tried again later. */
const TAKE_TIMEOUT_MS = 10_000;

/**
 * winston transports that somebody gave. A transport with a format of its own finds the event type as the message and
 * the notification's fields beside it; one without writes the driver's line.
 *
 * They are written to directly: a winston logger takes a line without telling when its transports have it.
 */
export class TransportsTarget implements LogTarget {
  readonly #transports: readonly LogTransport[];
  readonly #format: LineFormat;
  /** Which transports have what others did not take: they are not given it again. */
  readonly #taken = new WeakMap<Notification, Set<LogTransport>>();
  #isOpen = false;
  #warn: (message: string) => void = () => {};

  constructor(transports: readonly LogTransport[], format: LineFormat) {
    this.#transports = transports;
    this.#format = format;
  }

  async open(warn?: (message: string) => void): Promise<void> {
    this.#warn = warn ?? this.#warn;
    if (this.#transports.some(({ writable }) => !writable)) {
      throw new DeliveryError('a transport of log.transports was ended or has failed, and takes no more');
    }
    if (this.#isOpen) return;
    this.#isOpen = true;
    for (const transport of this.#transports) {
      // As winston's logger does: without it a transport does not know what its own level lets through.
      transport.levels ??= LEVELS;
      // Unheard, the error would end the process.
      transport.on('error', this.#onError);
    }
  }

  async log(batch: readonly OutgoingMessage[]): Promise<readonly DeliveryOutcome[]> {
    await this.open();
    const outcomes: DeliveryOutcome[] = [];
    let failed: DeliveryOutcome;
    // One after the other: a transport that is given many at once does not wait for what it writes to. And none after
    // one that failed, so that a transport that hangs is waited for once, and the order is kept.
    for (const outgoing of batch) {
      failed ??= await this.#give(outgoing);
      outcomes.push(failed);
    }
    return outcomes;
  }

  /** They stay open: winston's own file transport loses what it still holds when it is ended. */
  async close(): Promise<void> {}

  readonly #onError = (error: unknown) => this.#warn(`a transport of log.transports failed: ${errorText(error)}`);

  async #give(outgoing: OutgoingMessage): Promise<DeliveryOutcome> {
    const { notification } = outgoing;
    const taken = this.#taken.get(notification) ?? new Set();
    const outcomes = await Promise.all(
      this.#transports.map(async (transport) => {
        if (taken.has(transport)) return undefined;
        const error = await give(transport, this.#infoOf(outgoing));
        if (error === undefined) taken.add(transport);
        return error;
      }),
    );
    const failed = outcomes.find((error) => error !== undefined);
    if (failed !== undefined) this.#taken.set(notification, taken);
    return failed;
  }

  /** Made anew for each transport: its format may change what it is given. */
  #infoOf(outgoing: OutgoingMessage): object {
    const { priority, eventType } = outgoing.notification;
    const level = LEVEL_OF_PRIORITY[priority];
    const fields = JSON.parse(outgoing.body) as object;
    const own = { level, message: eventType, logger: loggerName(eventType) };
    return { ...fields, ...own, [LEVEL]: level, [MESSAGE]: this.#format(outgoing) };
  }
}

/** Resolves when the transport has taken it, with an error when it has not. */
function give(transport: LogTransport, info: object): Promise<DeliveryOutcome> {
  return new Promise((resolve) => {
    const fail = (why: string) => resolve(new DeliveryError(`a transport of log.transports ${why}`));
    const timer = setTimeout(() => fail(`did not take a line in ${TAKE_TIMEOUT_MS} ms`), TAKE_TIMEOUT_MS);
    timer.unref();
    const done = (error?: Error | null) => {
      clearTimeout(timer);
      if (error == null) resolve(undefined);
      else fail(`failed: ${errorText(error)}`);
    };
    try {
      transport.write(info as never, done);
    } catch (error) {
      done(error as Error);
    }
  });
}
