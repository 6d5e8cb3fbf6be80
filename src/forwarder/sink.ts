import { types } from 'node:util';
import { DeliveryError, RefusedError } from '../notification/errors.js';
import type { Notification } from '../notification/notification.js';
import type { Relay } from '../setup/relay/relay.js';
import type { Filter } from './filter.js';
import { type SinkStats, SinkTally } from './sink-stats.js';
import type { Transform } from './transform.js';

export interface SinkParts {
  readonly name: string;
  /** True where routes choose among drivers, each of which is an end of its own. */
  readonly isRouted: boolean;
  readonly persist: boolean;
  readonly filter: Filter;
  readonly transform: Transform;
  readonly relay: Relay;
}

/** One of the places that notifications are forwarded to, or several behind routes. */
export class Sink {
  readonly name: string;
  readonly persist: boolean;
  readonly transform: Transform;
  readonly #parts: SinkParts;
  readonly #tally: SinkTally;

  constructor(parts: SinkParts) {
    this.name = parts.name;
    this.persist = parts.persist;
    this.transform = parts.transform;
    this.#parts = parts;
    this.#tally = new SinkTally(parts.relay.drivers);
  }

  /** False while what is persistent waits for it. */
  get isHealthy(): boolean {
    return !this.persist || Object.values(this.#parts.relay.health()).every(({ status }) => status !== 'down');
  }

  start(): void {
    this.#parts.relay.start();
  }

  /**
   * Resolves when the source may forget the notification: at once where nothing has to be kept, else when every driver
   * that it is for, or the spool, has it; with false where it is for none. Rejects with a RefusedError where one never
   * will, with another error where it may go well another time.
   */
  async forward(notification: Notification): Promise<boolean> {
    const { filter, transform, relay } = this.#parts;
    const made = filter(notification) ? transform.apply(notification) : undefined;
    // Who waits for what is there pays for it each time.
    const transformed = types.isPromise(made) ? await made : made;
    const recipients = transformed === undefined ? undefined : relay.recipients(transformed);
    this.#tally.decided(recipients?.names ?? []);
    if (transformed === undefined || recipients === undefined || recipients.names.length === 0) return false;
    if (!this.persist) this.#pass(transformed, recipients.names);
    else await this.#keep(relay.accept(transformed, recipients));
    return true;
  }

  /** Drivers that are down do not get it, nor does any what is too long. */
  #pass(notification: Notification, names: readonly string[]): void {
    const { relay } = this.#parts;
    const health = relay.health();
    const down = names.filter((name) => health[name]?.status === 'down');
    this.#tally.thrownAway(down, 'down');
    if (down.length === names.length) return;
    const up = names.filter((name) => !down.includes(name));
    try {
      relay.accept(notification, relay.only(up));
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      this.#tally.thrownAway(up, 'too_large');
    }
  }

  async #keep(receipt: ReturnType<Relay['accept']>): Promise<void> {
    for (;;) {
      // As long as it takes; a limit of one's own would be a timer for each.
      const { status, drivers } = await receipt.durable();
      if (status === 'delivered' || status === 'durable') return;
      const reports = Object.entries(drivers).map(([name, report]) => ({ name, ...report }));
      if (reports.some((report) => report.status === 'timeout')) continue;
      // What may go well another time comes first: nothing may be a dead letter while a driver still lacks it.
      const again = reports.find((report) => report.status === 'closed' || report.status === 'expired');
      if (again !== undefined) throw new DeliveryError(`${this.#endOf(again.name)}: ${again.reason ?? ''}`);
      const refusal = reports.find((report) => report.status !== 'delivered' && report.status !== 'durable');
      const { name = '', reason = '' } = refusal ?? {};
      throw new RefusedError(`${this.#endOf(name)} (${refusal?.status ?? status}): ${reason}`);
    }
  }

  /** By the names of its ends: the sink's, or `<sink>.<driver>` for each driver behind routes. */
  stats(): Record<string, SinkStats> {
    const { relay } = this.#parts;
    const [stats, health] = [relay.stats(), relay.health()];
    return Object.fromEntries(
      relay.drivers.map((driver) => [
        this.#endOf(driver),
        this.#tally.stats(driver, stats[driver] as (typeof stats)[string], health[driver] as (typeof health)[string]),
      ]),
    );
  }

  async close(timeoutMs: number): Promise<void> {
    await this.#parts.relay.close({ timeoutMs });
  }

  #endOf(driver: string): string {
    return this.#parts.isRouted ? `${this.name}.${driver}` : this.name;
  }
}
