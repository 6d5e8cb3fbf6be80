import type { DriverStats } from '../../delivery/accounting.js';
import type { Delivery, DrainReport, WaitOptions } from '../../delivery/delivery.js';
import type { DriverHealth } from '../../delivery/health.js';
import type { Receipt } from '../../delivery/receipt.js';
import type { Recipients } from '../../delivery/recipients.js';
import { RefusedError } from '../../notification/errors.js';
import type { Notification } from '../../notification/notification.js';
import { Redaction, type RedactOptions } from '../../notification/redaction.js';
import { type Captured, Capturer } from '../../notifier/capture.js';
import { ContextPicker } from '../../notifier/context-picker.js';
import { finishPayload } from '../../notifier/finish-payload.js';
import type { Router } from '../../notifier/router.js';
import { Relayed } from './relayed.js';

export interface RelayContent {
  /** Where notifications are published, for drivers that know topics. */
  readonly topics: readonly string[];
  readonly maxMessageBytes: number;
  /** Context keys that go out beside the default ones. */
  readonly contextKeys: readonly string[];
  readonly redact: RedactOptions | false;
}

/** Deeper than any notification that was decoded: nothing of it is cut off. */
const MAX_DEPTH = 128;
const ENVELOPE_BYTES = 400;

/**
 * Hands notifications that others told to drivers, as they are: their ids, times and publishers stay. What a notifier
 * does for its own is done here too: secrets are masked, and only chosen keys of the context go out.
 */
export class Relay {
  readonly #delivery: Delivery;
  readonly #router: Router | undefined;
  readonly #topics: readonly string[];
  readonly #capturer: Capturer;
  readonly #redaction: Redaction;
  readonly #contextPicker: ContextPicker;

  /** Made by {@link createRelay}. Without a router every driver takes everything. */
  constructor(delivery: Delivery, router: Router | undefined, content: RelayContent) {
    this.#delivery = delivery;
    this.#router = router;
    this.#topics = content.topics;
    this.#redaction = new Redaction(content.redact);
    this.#contextPicker = new ContextPicker(content.contextKeys, this.#redaction);
    this.#capturer = new Capturer(this.#redaction, { maxBytes: content.maxMessageBytes, maxDepth: MAX_DEPTH });
  }

  /** The names of all drivers. */
  get drivers(): readonly string[] {
    return this.#delivery.everyone.names;
  }

  /** Connects, and takes over what dead processes have left in the spool. */
  start(): void {
    this.#delivery.start();
  }

  /** The drivers that it is for: none where the routes choose none. */
  recipients({ eventType, priority }: Notification): Recipients {
    return this.#router?.recipients(eventType, priority) ?? this.#delivery.everyone;
  }

  /** The drivers of these names. */
  only(names: readonly string[]): Recipients {
    return this.#delivery.recipients(new Set(names));
  }

  /** Queues it. The receipt says what becomes of it. Throws a RefusedError for one longer than `maxMessageBytes`. */
  accept(notification: Notification, recipients: Recipients): Receipt {
    const { value, bytes } = this.#captured(notification.payload);
    const payload = finishPayload(value, this.#redaction);
    const context = this.#contextPicker.pick(notification.context);
    const relayed = new Relayed(
      recipients.names,
      { ...notification, payload, context },
      this.#topics,
      bytes + ENVELOPE_BYTES,
    );
    this.#delivery.accept(relayed, recipients);
    return relayed;
  }

  #captured(payload: unknown): Captured {
    try {
      return this.#capturer.capture(payload);
    } catch (error) {
      throw new RefusedError('longer than maxMessageBytes', { cause: error });
    }
  }

  stats(): Readonly<Record<string, DriverStats>> {
    return this.#delivery.stats();
  }

  /** Of each driver; `degraded` while it works and the spool does not: then nothing is safe before it is delivered. */
  health(): Readonly<Record<string, DriverHealth>> {
    const drivers = this.#delivery.health();
    const spool = this.#delivery.spoolHealth();
    if (spool?.status !== 'down') return drivers;
    const degraded: DriverHealth = { ...spool, status: 'degraded', reason: `spool: ${spool.reason}` };
    return Object.fromEntries(
      Object.entries(drivers).map(([name, health]) => [name, health.status === 'up' ? degraded : health]),
    );
  }

  close(wait?: WaitOptions): Promise<DrainReport> {
    return this.#delivery.close(wait);
  }
}
