import type { Driver } from '../delivery/driver.js';
import type { DriverSetting } from '../delivery/driver-setting.js';
import { Amqp1Driver } from '../drivers/amqp1/index.js';
import { amqp1Settings } from '../drivers/amqp1/settings.js';
import { LogDriver } from '../drivers/log/index.js';
import { logSettings } from '../drivers/log/settings.js';
import { MemoryDriver } from '../drivers/memory.js';
import { NoopDriver } from '../drivers/noop.js';
import { RabbitDriver } from '../drivers/rabbit/index.js';
import { rabbitSettings } from '../drivers/rabbit/settings.js';
import { WebhookDriver } from '../drivers/webhook/index.js';
import { webhookSettings } from '../drivers/webhook/settings.js';
import { ZaqarDriver } from '../drivers/zaqar/index.js';
import { zaqarSettings } from '../drivers/zaqar/settings.js';
import { shown } from '../notification/configuration.js';
import { ConfigurationError } from '../notification/errors.js';
import { ENVIRONMENT_PREFIX, type Environment, environmentValue } from './environment.js';

/** How a driver is made from a name. This is the one place that knows all drivers. */
interface DriverKind {
  readonly name: string;
  /** Other names that configurations of OpenStack use. */
  readonly aliases: readonly string[];
  readonly settings: readonly DriverSetting[];
  create(options: Record<string, unknown>): Driver;
}

const KINDS: readonly DriverKind[] = [
  { name: 'amqp1', aliases: ['qpid'], settings: amqp1Settings, create: (options) => new Amqp1Driver(options) },
  { name: 'log', aliases: ['logging'], settings: logSettings, create: (options) => new LogDriver(options) },
  withoutOptions('memory', () => new MemoryDriver()),
  withoutOptions('noop', () => new NoopDriver()),
  { name: 'rabbit', aliases: [], settings: rabbitSettings, create: (options) => new RabbitDriver(options) },
  { name: 'webhook', aliases: [], settings: webhookSettings, create: (options) => new WebhookDriver(options) },
  { name: 'zaqar', aliases: [], settings: zaqarSettings, create: (options) => new ZaqarDriver(options) },
];

/** Every setting of every driver, for the documentation and to know which variables exist. */
export const DRIVER_SETTINGS: readonly { readonly driver: string; readonly setting: DriverSetting }[] = KINDS.flatMap(
  ({ name, settings }) => settings.map((setting) => ({ driver: name, setting })),
);

/**
 * Makes the drivers of a configuration. `setting` is blamed for what is wrong: the variable or the option that the
 * entries came from. Throws a ConfigurationError.
 */
export function createDrivers(entries: readonly unknown[], setting: string, environment: Environment): Driver[] {
  const drivers = entries.map((entry) => createDriver(entry, setting, environment));
  const seen = new Set<string>();
  for (const { name } of drivers) {
    if (seen.has(name)) throw new ConfigurationError(setting, `has two drivers called ${shown(name)}; names differ`);
    seen.add(name);
  }
  return drivers;
}

function createDriver(entry: unknown, setting: string, environment: Environment): Driver {
  if (typeof entry === 'string') return createByName(entry.trim(), {}, setting, environment);
  if (typeof entry === 'object' && entry !== null && typeof (entry as Driver).name === 'string') {
    if (typeof (entry as Partial<Driver>).deliver === 'function') return entry as Driver;
    const { name, ...options } = entry as { name: string };
    return createByName(name, options, setting, environment);
  }
  throw new ConfigurationError(
    setting,
    `has an entry that is no driver; it takes names, { name, ...options } or objects with a name and deliver()`,
  );
}

function createByName(name: string, options: object, setting: string, environment: Environment): Driver {
  const kind = KINDS.find((candidate) => candidate.name === name || candidate.aliases.includes(name));
  if (kind === undefined) {
    const names = KINDS.map((candidate) => candidate.name).join(', ');
    throw new ConfigurationError(setting, `names the driver ${shown(name)}; it takes one or more of ${names}`);
  }
  const merged: Record<string, unknown> = {};
  for (const { env, option, overriddenBy = [], check } of kind.settings) {
    const value = environmentValue(environment, env);
    // What code says wins, so what it overrides is not even looked at.
    const isOverridden = [option, ...overriddenBy].some((each) => each in options);
    if (value !== undefined && !isOverridden) merged[option] = check(value, ENVIRONMENT_PREFIX + env);
  }
  return kind.create(Object.assign(merged, options));
}

function withoutOptions(name: string, create: () => Driver): DriverKind {
  return {
    name,
    aliases: [],
    settings: [],
    create: (options) => {
      for (const key of Object.keys(options))
        throw new ConfigurationError(`${name}.${key}`, 'is not an option; it has none');
      return create();
    },
  };
}
