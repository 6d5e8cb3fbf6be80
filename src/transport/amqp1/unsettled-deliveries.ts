import type { RheaDeliveries, RheaIncoming } from './rhea.js';

/** Transfers that the peer may send at least before it is told of more room. */
const LEAST_WINDOW = 2_048;

/**
 * What a session has received and not settled. rhea's own keeps everything from the oldest on, so that one message that
 * is held for long would stop the rest.
 */
export class UnsettledDeliveries implements RheaDeliveries {
  readonly #capacity: number;
  readonly #deliveries = new Map<number, RheaIncoming>();

  constructor(prefetch: number) {
    this.#capacity = Math.max(LEAST_WINDOW, 2 * prefetch);
  }

  get size(): number {
    return this.#deliveries.size;
  }

  available(): number {
    return this.#capacity - this.#deliveries.size;
  }

  push(delivery: RheaIncoming): void {
    this.#deliveries.set(delivery.id, delivery);
  }

  by_id(id: number): RheaIncoming | undefined {
    return this.#deliveries.get(id);
  }

  /** Each is taken out when it is settled. */
  pop_if(): void {}

  delete(id: number): void {
    this.#deliveries.delete(id);
  }
}
