import type { Driver } from '../../delivery/driver.js';
import { list, shown, text } from '../../notification/configuration.js';
import { ConfigurationError } from '../../notification/errors.js';
import type { Route } from '../../notifier/router.js';
import { ConfigurationDocument } from '../document/configuration-document.js';
import { readDocument } from '../document/read-document.js';
import { ENVIRONMENT_PREFIX, type Environment, environmentValue } from '../environment.js';
import type { NotificationOptions } from '../options.js';
import { DriverPool } from './driver-pool.js';
import { readRoutes } from './read-routes.js';

/** The drivers that are used, and which of them takes what. */
export interface Drivers {
  readonly drivers: readonly Driver[];
  /** Undefined: every driver takes everything. */
  readonly routing: Routing | undefined;
  /** What an operator should know of it, one line each. */
  readonly warnings: readonly string[];
}

/** Names of drivers, and when they take a notification. */
export interface Routing {
  readonly routes: readonly Route[];
  /** Take what no route took. */
  readonly otherwise: readonly string[];
  /** Take everything. */
  readonly always: readonly string[];
}

const ROUTES = `${ENVIRONMENT_PREFIX}ROUTES`;

/** Reads `drivers`, `extraDrivers` and `routes`, in code or in the environment. Throws a ConfigurationError. */
export function readDrivers(options: NotificationOptions, environment: Environment): Drivers {
  const pool = new DriverPool(environment);
  const { entries, setting } = driverEntries(options, environment);
  const base = entries.map((entry) => pool.add(entry, setting));
  const extra = extraEntries(options).map((entry) => pool.add(entry, 'extraDrivers'));
  const document = routesDocument(options, environment);
  if (document === undefined) return { drivers: pool.drivers, routing: undefined, warnings: [] };

  const { routes, otherwise, unused } = readRoutes(document, pool);
  const warnings = unused.map((name) => `${document.place(['drivers'])}: no route names the driver ${shown(name)}`);
  if (otherwise !== undefined && base.length > 0) {
    warnings.push(`${setting} has no effect where no route names it: the routes have a default route of their own`);
  }
  const names = (drivers: readonly Driver[]) => drivers.map(({ name }) => name);
  const routing = { routes, otherwise: names(otherwise ?? base), always: names(extra) };
  const used = new Set([...routes.flatMap(({ drivers }) => drivers), ...routing.otherwise, ...routing.always]);
  return { drivers: pool.drivers.filter(({ name }) => used.has(name)), routing, warnings };
}

function driverEntries({ drivers }: NotificationOptions, environment: Environment) {
  if (drivers === undefined) {
    const setting = `${ENVIRONMENT_PREFIX}DRIVERS`;
    return { setting, entries: list()(environmentValue(environment, 'DRIVERS') ?? '', setting) as readonly unknown[] };
  }
  const setting = 'drivers';
  if (typeof drivers !== 'string' && !Array.isArray(drivers)) {
    throw new ConfigurationError(setting, `is ${shown(drivers)}; it takes names or an array of drivers`);
  }
  const entries: readonly unknown[] = typeof drivers === 'string' ? list()(drivers, setting) : drivers;
  return { setting, entries };
}

function extraEntries({ extraDrivers = [] }: NotificationOptions): readonly unknown[] {
  if (Array.isArray(extraDrivers)) return extraDrivers;
  throw new ConfigurationError('extraDrivers', `is ${shown(extraDrivers)}; it takes an array of drivers`);
}

function routesDocument({ routes }: NotificationOptions, environment: Environment): ConfigurationDocument | undefined {
  if (routes === undefined) {
    const file = environmentValue(environment, 'ROUTES');
    return file === undefined ? undefined : readDocument(file, ROUTES, environment);
  }
  if (typeof routes === 'string') return readDocument(text()(routes, 'routes'), 'routes', environment);
  if (Array.isArray(routes)) return new ConfigurationDocument({ routes });
  if (typeof routes === 'object' && routes !== null) return new ConfigurationDocument(routes);
  throw new ConfigurationError(
    'routes',
    `is ${shown(routes)}; it takes an array of routes, { drivers, routes } or the path of a file with these`,
  );
}
