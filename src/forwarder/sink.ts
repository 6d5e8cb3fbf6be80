import { DeliveryError, RefusedError } from '../notification/errors.js';
import type { Notification } from '../notification/notification.js';
import { LONGEST_WAIT_MS } from '../notification/wait-limit.js';
import type { Relay } from '../setup/create-relay.js';
import type { Filter } from './filter.js';
import type { Transform } from './transform.js';

/** What became of the notifications for one sink, beside the account of its driver. */
export interface SinkStats {
  readonly delivered: number;
  /** Waiting for the sink, in memory or in the spool. */
  readonly waiting: number;
  /** Given up, by reason; `down`: not persistent, and thrown away since the sink was down. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Refused for good, and kept in the spool's dead letters. */
  readonly dead: number;
  /** Left out by the sink's own transform. */
  readonly leftOut: number;
  readonly status: 'up' | 'degraded' | 'down' | string;
  readonly reason?: string;
}

export interface SinkParts {
  readonly name: string;
  readonly persist: boolean;
  readonly filter: Filter;
  readonly transform: Transform;
  readonly relay: Relay;
}

/** One of the places that notifications are forwarded to. */
export class Sink {
  readonly name: string;
  readonly #parts: SinkParts;
  #thrownAway = 0;
  #leftOut = 0;

  constructor(parts: SinkParts) {
    this.name = parts.name;
    this.#parts = parts;
  }

  /** False while what is persistent waits for it. */
  get isHealthy(): boolean {
    return !this.#parts.persist || this.#parts.relay.health().status !== 'down';
  }

  /**
   * Resolves when the source may forget the notification: at once where nothing has to be kept, else when the sink or
   * the spool has it. Rejects with a RefusedError where the sink never will, with another error where it was dropped.
   */
  async forward(notification: Notification): Promise<void> {
    const { filter, transform, relay, persist } = this.#parts;
    if (!filter(notification)) return;
    const transformed = await transform(notification);
    if (transformed === undefined) {
      this.#leftOut += 1;
      return;
    }
    if (!persist && relay.health().status === 'down') {
      this.#thrownAway += 1;
      return;
    }
    const receipt = relay.accept(transformed);
    if (!persist) return;
    for (;;) {
      const { status, reason = '' } = await receipt.durable({ timeoutMs: LONGEST_WAIT_MS });
      if (status === 'delivered' || status === 'durable') return;
      if (status === 'timeout') continue;
      if (status === 'closed' || status === 'expired') throw new DeliveryError(`${this.name}: ${reason}`);
      throw new RefusedError(`${this.name} (${status}): ${reason}`);
    }
  }

  stats(): SinkStats {
    const { delivered, waiting, inFlight, dead, dropped } = this.#parts.relay.stats();
    const { status, ...rest } = this.#parts.relay.health() as { status: string; reason?: string };
    return {
      delivered,
      waiting: waiting + inFlight,
      dropped: { ...dropped, ...(this.#thrownAway > 0 && { down: this.#thrownAway }) },
      dead,
      leftOut: this.#leftOut,
      status,
      ...(rest.reason !== undefined && { reason: rest.reason }),
    };
  }

  async close(timeoutMs: number): Promise<void> {
    await this.#parts.relay.close({ timeoutMs });
  }
}
