import { resolve } from 'node:path';
import type { DriverStats } from '../delivery/accounting.js';
import { Delivery, type DrainReport, type WaitOptions } from '../delivery/delivery.js';
import { Dispatcher } from '../delivery/dispatch/dispatcher.js';
import type { Accepted } from '../delivery/entry.js';
import type { DriverHealth } from '../delivery/health.js';
import { NO_JOURNAL } from '../delivery/journal.js';
import type { JournalRecord } from '../delivery/journal-record.js';
import { PendingReceipt, type Receipt, type ReceiptHome } from '../delivery/receipt.js';
import { loadLevel } from '../delivery/spool/level.js';
import { Spool } from '../delivery/spool/spool.js';
import { RefusedError } from '../notification/errors.js';
import type { Notification } from '../notification/notification.js';
import { Redaction, type RedactOptions } from '../notification/redaction.js';
import type { ThrottledReporter } from '../notification/reporter.js';
import { type Captured, Capturer } from '../notifier/capture.js';
import { ContextPicker } from '../notifier/context-picker.js';
import { finishPayload } from '../notifier/finish-payload.js';
import { createDriver } from './driver-registry.js';
import type { Environment } from './environment.js';
import { askForWireFormat, wireFormatOf } from './wire-formats.js';

export interface RelayOptions {
  /** The driver, as `configureNotifications({ drivers: [ … ] })` takes it. */
  readonly driver: unknown;
  /** What is blamed for a wrong driver. */
  readonly setting: string;
  /** Default: the driver's own. */
  readonly wireFormat?: string | undefined;
  /** Where notifications are published, for drivers that know topics. */
  readonly topics: readonly string[];
  /** The most notifications that wait; beyond, the oldest gives way or the newest. */
  readonly queueMessages: number;
  readonly queueBytes: number;
  readonly overflow: 'drop-newest' | 'drop-oldest';
  /** How long delivery is tried, in milliseconds; `Infinity`: for ever. */
  readonly maxAgeMs: number;
  readonly maxMessageBytes: number;
  /** A directory for what is not delivered yet. Default: none. */
  readonly spoolDir?: string | undefined;
  readonly spoolMaxBytes: number;
  /** Context keys that go out beside the default ones. */
  readonly contextKeys: readonly string[];
  readonly redact: RedactOptions | false;
  readonly reporter: ThrottledReporter;
}

/** Deeper than any notification that was decoded: nothing of it is cut off. */
const MAX_DEPTH = 128;
const BACKOFF = { minMs: 200, maxMs: 10_000 };
const SPOOL_SCAN_MS = 10_000;
const ENVELOPE_BYTES = 400;

/**
 * Hands notifications that others told to one driver, as they are: their ids, times and publishers stay. What a notifier
 * does for its own is done here too: secrets are masked, and only chosen keys of the context go out.
 */
export class Relay {
  readonly #delivery: Delivery;
  readonly #name: string;
  readonly #topics: readonly string[];
  readonly #capturer: Capturer;
  readonly #redaction: Redaction;
  readonly #contextPicker: ContextPicker;

  /** Made by {@link createRelay}. */
  constructor(delivery: Delivery, name: string, options: RelayOptions) {
    this.#delivery = delivery;
    this.#name = name;
    this.#topics = options.topics;
    this.#redaction = new Redaction(options.redact);
    this.#contextPicker = new ContextPicker(options.contextKeys, this.#redaction);
    this.#capturer = new Capturer(this.#redaction, { maxBytes: options.maxMessageBytes, maxDepth: MAX_DEPTH });
  }

  /** Queues it. The receipt says what becomes of it. Throws a RefusedError for one longer than `maxMessageBytes`. */
  accept(notification: Notification): Receipt {
    const { value, bytes } = this.#captured(notification.payload);
    const payload = finishPayload(value, this.#redaction);
    const context = this.#contextPicker.pick(notification.context);
    const relayed = new Relayed(
      [this.#name],
      { ...notification, payload, context },
      this.#topics,
      bytes + ENVELOPE_BYTES,
    );
    this.#delivery.accept(relayed, this.#delivery.everyone);
    return relayed;
  }

  #captured(payload: unknown): Captured {
    try {
      return this.#capturer.capture(payload);
    } catch (error) {
      throw new RefusedError('longer than maxMessageBytes', { cause: error });
    }
  }

  stats(): DriverStats {
    return this.#delivery.stats()[this.#name] as DriverStats;
  }

  /** That of the driver; `degraded` while it works and the spool does not: then nothing is safe before it is delivered. */
  health(): DriverHealth {
    const health = this.#delivery.health()[this.#name] as DriverHealth;
    const spool = this.#delivery.spoolHealth();
    if (health.status !== 'up' || spool?.status !== 'down') return health;
    return { ...spool, status: 'degraded', reason: `spool: ${spool.reason}` };
  }

  close(wait?: WaitOptions): Promise<DrainReport> {
    return this.#delivery.close(wait);
  }
}

/** Throws a ConfigurationError. */
export function createRelay(options: RelayOptions, environment: Environment): Relay {
  const { setting, reporter, spoolDir, spoolMaxBytes, queueMessages, queueBytes, overflow } = options;
  const { maxMessageBytes, maxAgeMs } = options;
  const driver = createDriver(options.driver, setting, environment);
  if (options.wireFormat !== undefined) askForWireFormat(driver, options.wireFormat);
  const format = wireFormatOf(driver, undefined);
  const spool = () => ({
    directory: resolve(spoolDir as string),
    maxBytes: spoolMaxBytes,
    scanMs: SPOOL_SCAN_MS,
    isEnabled: () => true,
  });
  const journal = spoolDir === undefined ? NO_JOURNAL : new Spool(loadLevel('spoolDir'), spool(), reporter);
  const limits = {
    oversized: 'drop' as const,
    queueMessages,
    queueBytes,
    overflow,
    maxMessageBytes,
    maxAgeMs,
    backoff: BACKOFF,
  };
  const dispatcher = new Dispatcher(driver, format, limits, reporter, journal);
  const delivery = new Delivery([dispatcher], 0, reporter, journal);
  const relay = new Relay(delivery, driver.name, options);
  delivery.start();
  return relay;
}

/** A notification of somebody else's on its way. */
class Relayed extends PendingReceipt implements Accepted {
  readonly topics: readonly string[];
  readonly bytes: number;
  readonly acceptedAt = performance.now();
  readonly #messageId: string;
  readonly #eventType: string;
  #notification: Notification | undefined;
  record: JournalRecord | undefined = undefined;

  constructor(drivers: readonly string[], notification: Notification, topics: readonly string[], bytes: number) {
    super(drivers);
    this.topics = topics;
    this.bytes = bytes;
    this.#messageId = notification.messageId;
    this.#eventType = notification.eventType;
    this.#notification = notification;
  }

  override get messageId(): string {
    return this.#messageId;
  }

  get eventType(): string {
    return this.#eventType;
  }

  get receipt(): PendingReceipt {
    return this;
  }

  get notification(): Notification {
    if (this.#notification === undefined) throw new Error('it is on disk');
    return this.#notification;
  }

  /** One driver has it: there is nobody to keep it from. */
  get content(): Notification {
    return this.notification;
  }

  evict(home: ReceiptHome, sequence: number, drivers: readonly string[]): void {
    this.#notification = undefined;
    this.leaveTo(home, sequence, drivers);
  }

  protected override onSettled(): void {
    this.#notification = undefined;
  }

  protected override onDurableAsked(): void {
    this.record?.hurry();
  }
}
