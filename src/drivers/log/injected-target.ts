import type { DeliveryOutcome, OutgoingMessage } from '../../delivery/driver.js';
import { DeliveryError, errorText } from '../../notification/errors.js';
import { LEVEL_OF_PRIORITY, levelIn } from './level.js';
import { loggerName } from './line.js';
import type { LogTarget } from './log-target.js';
import type { InjectedLogger } from './options.js';

/** How long a logger may stand with a full buffer before the rest of a batch is tried again later. */
const DRAIN_TIMEOUT_MS = 10_000;

/**
 * The service's own logger: the event type is the message, the notification's fields and the logger's name are `meta`.
 * While the logger's buffer is full nothing is given to it; what it has taken is the logger's to write.
 */
export class InjectedTarget implements LogTarget {
  readonly #logger: InjectedLogger;

  constructor(logger: InjectedLogger) {
    this.#logger = logger;
  }

  async open(): Promise<void> {
    if (this.#logger.writable === false) {
      throw new DeliveryError('the injected winston logger was ended and takes no more; give one that stays open');
    }
  }

  async log(batch: readonly OutgoingMessage[]): Promise<readonly DeliveryOutcome[]> {
    await this.open();
    const outcomes: DeliveryOutcome[] = [];
    let stuck: DeliveryError | undefined;
    // One after the other: the buffer may be full at any of them.
    for (const message of batch) {
      if (stuck === undefined && isFull(this.#logger)) stuck = await drained(this.#logger);
      outcomes.push(stuck ?? this.#give(message));
    }
    return outcomes;
  }

  async close(): Promise<void> {}

  #give({ notification, body }: OutgoingMessage): DeliveryOutcome {
    const { priority, eventType } = notification;
    try {
      // Parsed anew: a format of the logger may change what it is given, and other drivers have the same notification.
      const meta = { logger: loggerName(eventType), ...(JSON.parse(body) as object) };
      this.#logger.log(levelIn(this.#logger.levels, LEVEL_OF_PRIORITY[priority]), eventType, meta);
      return undefined;
    } catch (error) {
      return new DeliveryError(`the injected winston logger failed: ${errorText(error)}`, { cause: error });
    }
  }
}

function isFull({ writableLength, writableHighWaterMark, once }: InjectedLogger): boolean {
  if (writableLength === undefined || writableHighWaterMark === undefined || once === undefined) return false;
  return writableLength >= writableHighWaterMark;
}

/** Resolves with nothing when the logger takes more again, with an error when it does not in time. */
function drained(logger: InjectedLogger): Promise<DeliveryError | undefined> {
  return new Promise((resolve) => {
    const onDrain = () => {
      clearTimeout(timer);
      resolve(undefined);
    };
    const timer = setTimeout(() => {
      logger.removeListener?.('drain', onDrain);
      resolve(new DeliveryError('the injected winston logger is full: one of its transports does not finish writing'));
    }, DRAIN_TIMEOUT_MS);
    timer.unref();
    logger.once?.('drain', onDrain);
  });
}
