import type { Driver } from '../../delivery/driver.js';
import { list, shown, text } from '../../notification/configuration.js';
import { EventPatterns } from '../../notification/event-pattern.js';
import { isPriority, PRIORITIES, type Priority } from '../../notification/priority.js';
import type { Route } from '../../notifier/router.js';
import type { ConfigurationDocument, DocumentPath } from '../document/configuration-document.js';
import { DRIVER_NAMES, driverKind, isDriver } from '../driver-registry.js';
import type { DriverPool } from './driver-pool.js';

/** The routes of a document, checked. */
export interface Routes {
  /** All but the default route. */
  readonly routes: readonly Route[];
  /** The drivers of the default route; undefined where there is none. */
  readonly otherwise: readonly Driver[] | undefined;
  /** Drivers that are declared and that no route names. */
  readonly unused: readonly string[];
}

const ROUTE_KEYS = ['name', 'events', 'priorities', 'default', 'drivers'];

/**
 * Reads the drivers and the routes that are written in a document; the drivers are added to `pool`, whose drivers routes
 * may name too. Throws a ConfigurationError that says the place, in a file with its line.
 */
export function readRoutes(document: ConfigurationDocument, pool: DriverPool): Routes {
  const { value } = document;
  if (!isObject(value)) throw document.error([], 'holds no routes; it takes an object with drivers and routes');
  document.knownKeys([], value, ['drivers', 'routes']);
  const declared = declareDrivers(document, value.drivers, pool);
  const written = arrayAt(document, ['routes'], value.routes, 'an array of routes, at least one');
  const names = new Set<string>();
  const used = new Set<Driver>();
  const routes: Route[] = [];
  let otherwise: readonly Driver[] | undefined;
  for (const [index, entry] of written.entries()) {
    const path = ['routes', index];
    if (!isObject(entry)) throw document.error(path, 'is no route; it takes { events, priorities, drivers }');
    document.knownKeys(path, entry, ROUTE_KEYS);
    checkName(document, [...path, 'name'], entry.name, names);
    const drivers = driversOf(document, path, entry.drivers, pool);
    for (const driver of drivers) used.add(driver);
    if (!isDefault(document, path, entry)) {
      routes.push({ drivers: drivers.map(({ name }) => name), takes: conditionOf(document, path, entry) });
    } else if (otherwise === undefined) otherwise = drivers;
    else throw document.error(path, 'is the second default route; there is one, with all its drivers');
  }
  return { routes, otherwise, unused: declared.filter((driver) => !used.has(driver)).map(({ name }) => name) };
}

function declareDrivers(document: ConfigurationDocument, written: unknown, pool: DriverPool): Driver[] {
  if (written === undefined || written === null) return [];
  const entries = arrayAt(document, ['drivers'], written, 'an array of drivers, { driver, name, ...options }');
  return entries.map((entry, index) => declare(document, ['drivers', index], entry, pool));
}

/** What a driver says of its options (`rabbit.window`) is said of the place where they are written. */
function declare(document: ConfigurationDocument, path: DocumentPath, entry: unknown, pool: DriverPool): Driver {
  return document.at(
    path,
    () => pool.add(entry, ''),
    (setting) => {
      if (!isObject(entry) || isDriver(entry)) return undefined;
      if (setting === '') return undefined;
      const kind = driverKind(String(entry.driver ?? entry.name));
      const option = setting.startsWith(`${kind}.`) ? setting.slice(`${kind}.`.length) : setting;
      const key = /^\w+/.exec(option)?.[0] ?? '';
      return Object.hasOwn(entry, key) ? option : undefined;
    },
  );
}

function driversOf(document: ConfigurationDocument, path: DocumentPath, written: unknown, pool: DriverPool): Driver[] {
  const place = [...path, 'drivers'];
  const entries = typeof written === 'string' ? list()(written, '') : written;
  if (entries === undefined || entries === null || (Array.isArray(entries) && entries.length === 0)) {
    throw document.error(path, 'has no drivers; it takes at least one');
  }
  const drivers: Driver[] = [];
  for (const [index, entry] of arrayAt(document, place, entries, 'names of drivers, at least one').entries()) {
    const at = typeof written === 'string' ? place : [...place, index];
    const driver = driverOf(document, at, entry, pool);
    if (drivers.includes(driver)) throw document.error(at, `names the driver ${shown(driver.name)} twice`);
    drivers.push(driver);
  }
  return drivers;
}

function driverOf(document: ConfigurationDocument, path: DocumentPath, entry: unknown, pool: DriverPool): Driver {
  if (typeof entry !== 'string') return pool.has(entry) ? (entry as Driver) : declare(document, path, entry, pool);
  const name = entry.trim();
  const found = document.at(path, () => pool.find(name, ''));
  if (found !== undefined) return found;
  const declared = pool.names.length === 0 ? 'there is none' : pool.names.join(', ');
  throw document.error(
    path,
    `names the driver ${shown(name)}; it takes one that is declared (${declared}), or one of ${DRIVER_NAMES}`,
  );
}

function checkName(document: ConfigurationDocument, path: DocumentPath, name: unknown, names: Set<string>): void {
  if (name === undefined) return;
  const checked = document.at(path, () => text()(name, ''));
  if (names.has(checked)) throw document.error(path, `is ${shown(checked)}, as that of another route; names differ`);
  names.add(checked);
}

function isDefault(document: ConfigurationDocument, path: DocumentPath, route: Record<string, unknown>): boolean {
  const { default: written, events, priorities } = route;
  if (written !== undefined && typeof written !== 'boolean') {
    throw document.error([...path, 'default'], `is ${shown(written)}; it takes true or false`);
  }
  if (written !== true) return false;
  if (events === undefined && priorities === undefined) return true;
  throw document.error(
    [...path, 'default'],
    'is true beside events or priorities; a default route takes what no other route took',
  );
}

function conditionOf(
  document: ConfigurationDocument,
  path: DocumentPath,
  route: Record<string, unknown>,
): Route['takes'] {
  const { events, priorities } = route;
  if (events === undefined && priorities === undefined) {
    throw document.error(path, "takes nothing: it says neither events ('*' for all) nor priorities, nor default: true");
  }
  const patterns =
    events === undefined ? undefined : document.at([...path, 'events'], () => EventPatterns.parse(events, ''));
  const wanted = priorities === undefined ? undefined : prioritiesOf(document, [...path, 'priorities'], priorities);
  return (eventType, priority) =>
    wanted?.has(priority) !== false && (patterns === undefined || patterns.matches(eventType));
}

function prioritiesOf(document: ConfigurationDocument, path: DocumentPath, written: unknown): ReadonlySet<Priority> {
  const names = document.at(path, () => list()(written, ''));
  if (names.length === 0) throw document.error(path, `is empty; it takes ${PRIORITIES.join(', ')}`);
  const priorities = names.map((name, index) => {
    const priority = name.toUpperCase();
    if (isPriority(priority)) return priority;
    const place = Array.isArray(written) ? [...path, index] : path;
    throw document.error(place, `is ${shown(name)}; it takes ${PRIORITIES.join(', ')}`);
  });
  return new Set(priorities);
}

function arrayAt(
  document: ConfigurationDocument,
  path: DocumentPath,
  value: unknown,
  rule: string,
): readonly unknown[] {
  if (Array.isArray(value) && value.length > 0) return value;
  const found = value === undefined ? 'is missing' : Array.isArray(value) ? 'is empty' : 'is not an array';
  throw document.error(path, `${found}; it takes ${rule}`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
