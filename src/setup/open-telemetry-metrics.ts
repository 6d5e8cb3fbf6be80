import type { DriverStats } from '../delivery/accounting.js';
import type { Notifier } from '../notifier/notifier.js';

/** What is used of `@opentelemetry/api`: it is not imported, so that nobody needs it. */
interface ObservableResult {
  observe(value: number, attributes: Record<string, string>): void;
}

interface Observable {
  addCallback(callback: (result: ObservableResult) => void): void;
  removeCallback(callback: (result: ObservableResult) => void): void;
}

interface Meter {
  createObservableCounter(name: string, options: { description: string; unit: string }): Observable;
  createObservableUpDownCounter(name: string, options: { description: string; unit: string }): Observable;
}

interface OpenTelemetryGlobal {
  readonly metrics?: { getMeter(name: string): Meter };
}

type Observed = (name: string, stats: DriverStats, result: ObservableResult) => void;

const by =
  (read: (stats: DriverStats) => number): Observed =>
  (driver, stats, result) =>
    result.observe(read(stats), { driver });

const COUNTERS: readonly [string, string, Observed][] = [
  ['tidings.notifications.accepted', 'Notifications given to a driver', by(({ accepted }) => accepted)],
  ['tidings.notifications.recovered', 'Notifications taken over', by(({ recovered }) => recovered)],
  ['tidings.notifications.delivered', 'Notifications confirmed', by(({ delivered }) => delivered)],
  ['tidings.notifications.retried', 'Attempts after the first', by(({ retried }) => retried)],
  ['tidings.notifications.shortened', 'Sent without a payload that was too large', by(({ shortened }) => shortened)],
  [
    'tidings.notifications.dropped',
    'Notifications given up, by reason',
    (driver, { dropped }, result) => {
      for (const [reason, count] of Object.entries(dropped)) result.observe(count, { driver, reason });
    },
  ],
];

const GAUGES: readonly [string, string, Observed][] = [
  ['tidings.notifications.waiting', 'Notifications in the queue', by(({ waiting }) => waiting)],
  ['tidings.notifications.in_flight', 'Notifications handed to the driver', by(({ inFlight }) => inFlight)],
  ['tidings.notifications.dead', 'Dead letters', by(({ dead }) => dead)],
  ['tidings.notifications.on_disk', 'Notifications on disk', by(({ onDisk }) => onDisk)],
];

/**
 * Shows the account of every driver to OpenTelemetry, where the application has registered a MeterProvider before: one
 * instrument per number of `stats()`, read when metrics are collected. Returns what takes them away again.
 */
export function observeByOpenTelemetry(notifier: Pick<Notifier, 'stats'>): () => void {
  const api = (globalThis as Record<symbol, unknown>)[Symbol.for('opentelemetry.js.api.1')] as
    | OpenTelemetryGlobal
    | undefined;
  const undo: (() => void)[] = [];
  try {
    const meter = api?.metrics?.getMeter('tidings');
    if (meter === undefined) return () => {};
    const observe = (instrument: Observable, observed: Observed) => {
      const callback = (result: ObservableResult) => {
        for (const [driver, stats] of Object.entries(notifier.stats().drivers)) observed(driver, stats, result);
      };
      instrument.addCallback(callback);
      undo.push(() => instrument.removeCallback(callback));
    };
    const options = (description: string) => ({ description, unit: '{notification}' });
    for (const [name, text, observed] of COUNTERS)
      observe(meter.createObservableCounter(name, options(text)), observed);
    for (const [name, text, observed] of GAUGES) {
      observe(meter.createObservableUpDownCounter(name, options(text)), observed);
    }
  } catch {
    // Another version of the API than we know: metrics are not worth a service that does not start.
  }
  return () => {
    for (const each of undo) each();
  };
}
