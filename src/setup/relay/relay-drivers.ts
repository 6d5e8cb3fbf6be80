import type { Driver } from '../../delivery/driver.js';
import { shown } from '../../notification/configuration.js';
import type { ConfigurationDocument, DocumentPath } from '../document/configuration-document.js';
import { readDocument } from '../document/read-document.js';
import { createDriver, driverKind, isDriver } from '../driver-registry.js';
import type { Environment } from '../environment.js';
import { DriverPool } from '../routing/driver-pool.js';
import type { Drivers } from '../routing/read-drivers.js';
import { readRoutes } from '../routing/read-routes.js';

/** A driver as it is written down, or with what it is called only. */
export interface WrittenDriver {
  /** The name proper of its kind. */
  readonly kind: string;
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** The drivers of a relay, and which of them takes what. */
export interface RelayDrivers extends Drivers {
  /** But for those that are instances, of which nothing is known. */
  readonly written: readonly WrittenDriver[];
}

/** One driver, which takes everything. Throws a ConfigurationError. */
export function relayDriver(entry: unknown, environment: Environment): RelayDrivers {
  const driver = createDriver(entry, '', environment);
  return { drivers: [driver], routing: undefined, warnings: [], written: writtenAs(driver, entry) };
}

/**
 * The drivers of routes, alone: `routes` of the object at `path` is the path of a file as `TIDINGS_ROUTES` names it, or
 * holds the same. Throws a ConfigurationError with the place, in that file where it is in one.
 */
export function relayRoutes(
  document: ConfigurationDocument,
  path: DocumentPath,
  written: unknown,
  environment: Environment,
): RelayDrivers {
  const place = [...path, 'routes'];
  if (typeof written === 'string' && written.trim() !== '') {
    return routed(readDocument(written, document.place(place), environment), environment);
  }
  // An array has its own place, `routes`, in the object.
  if (Array.isArray(written)) return routed(document.part(path, { routes: written }), environment);
  if (typeof written === 'object' && written !== null) return routed(document.part(place, written), environment);
  throw document.error(
    place,
    `is ${shown(written)}; it takes the path of a file with routes, { drivers, routes } or an array of routes`,
  );
}

function routed(document: ConfigurationDocument, environment: Environment): RelayDrivers {
  const pool = new DriverPool(environment);
  const { routes, otherwise = [], unused } = readRoutes(document, pool);
  const routing = { routes, otherwise: otherwise.map(({ name }) => name), always: [] };
  const used = new Set([...routes.flatMap((route) => route.drivers), ...routing.otherwise]);
  const drivers = pool.drivers.filter(({ name }) => used.has(name));
  return {
    drivers,
    routing,
    warnings: unused.map((name) => `${document.place(['drivers'])}: no route names the driver ${shown(name)}`),
    written: drivers.flatMap((driver) => writtenAs(driver, pool.entryOf(driver.name))),
  };
}

function writtenAs({ name }: Driver, entry: unknown): WrittenDriver[] {
  if (isDriver(entry)) return [];
  const {
    driver,
    name: own,
    ...options
  } = (typeof entry === 'string' ? { driver: entry } : entry) as Record<'driver' | 'name', unknown>;
  return [{ kind: driverKind(String(driver ?? own).trim()) ?? '', name, options }];
}
