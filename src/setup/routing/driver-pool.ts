import type { Driver } from '../../delivery/driver.js';
import { shown } from '../../notification/configuration.js';
import { ConfigurationError } from '../../notification/errors.js';
import { createDriver, driverKind } from '../driver-registry.js';
import type { Environment } from '../environment.js';

/** The drivers of one notifier, each under a name of its own. */
export class DriverPool {
  readonly #environment: Environment;
  readonly #drivers = new Map<string, Driver>();
  readonly #entries = new Map<string, unknown>();

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** In the order in which they were added. */
  get drivers(): readonly Driver[] {
    return [...this.#drivers.values()];
  }

  get names(): readonly string[] {
    return [...this.#drivers.keys()];
  }

  /** Makes the driver of an entry and adds it. Throws a ConfigurationError, for a name that is taken too. */
  add(entry: unknown, setting: string): Driver {
    const driver = createDriver(entry, setting, this.#environment);
    const { name } = driver;
    if (this.#drivers.has(name)) {
      throw new ConfigurationError(setting, `has two drivers called ${shown(name)}; names differ`);
    }
    this.#drivers.set(name, driver);
    this.#entries.set(name, entry);
    return driver;
  }

  /**
   * The driver that a name stands for: one that was added, else one that is made from the environment. Undefined for a
   * name that is neither.
   */
  find(name: string, setting: string): Driver | undefined {
    const kind = driverKind(name);
    const found = this.#drivers.get(name) ?? (kind === undefined ? undefined : this.#drivers.get(kind));
    return found ?? (kind === undefined ? undefined : this.add(kind, setting));
  }

  /** What the driver of this name was made of. */
  entryOf(name: string): unknown {
    return this.#entries.get(name);
  }

  /** The very instance may be used in several places. */
  has(entry: unknown): boolean {
    return this.drivers.some((driver) => driver === entry);
  }
}
