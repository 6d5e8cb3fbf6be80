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
import { shown, text } from '../notification/configuration.js';
import { ConfigurationError } from '../notification/errors.js';
import { ENVIRONMENT_PREFIX, type Environment, environmentValue } from './environment.js';
import { askForWireFormat } from './wire-formats.js';

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
  nameOnly('memory', (options) => new MemoryDriver(options)),
  nameOnly('noop', (options) => new NoopDriver(options)),
  { name: 'rabbit', aliases: [], settings: rabbitSettings, create: (options) => new RabbitDriver(options) },
  { name: 'webhook', aliases: [], settings: webhookSettings, create: (options) => new WebhookDriver(options) },
  { name: 'zaqar', aliases: [], settings: zaqarSettings, create: (options) => new ZaqarDriver(options) },
];

/** Every setting of every driver, for the documentation and to know which variables exist. */
export const DRIVER_SETTINGS: readonly { readonly driver: string; readonly setting: DriverSetting }[] = KINDS.flatMap(
  ({ name, settings }) => settings.map((setting) => ({ driver: name, setting })),
);

/** Every driver, for the documentation. */
export const DRIVER_KINDS: readonly { readonly name: string; readonly aliases: readonly string[] }[] = KINDS.map(
  ({ name, aliases }) => ({ name, aliases }),
);

/** The names that {@link createDriver} knows, for error messages. */
export const DRIVER_NAMES: string = KINDS.map(({ name }) => name).join(', ');

/** The name proper of a driver that is called by it or by another name (`logging`); undefined for what is none. */
export function driverKind(name: string): string | undefined {
  return kindOf(name)?.name;
}

/**
 * Makes the driver of one entry of a configuration: a name, `{ name, ...options }`, `{ driver, name, ...options }` where
 * the two differ, or an instance. What the options do not say is taken from the environment. `setting` is blamed for
 * what is wrong: the variable or the option that the entry came from. Throws a ConfigurationError.
 */
export function createDriver(entry: unknown, setting: string, environment: Environment): Driver {
  if (typeof entry === 'string') return createByName(entry.trim(), {}, setting, environment);
  if (typeof entry === 'object' && entry !== null) {
    if (isDriver(entry)) return entry;
    const { driver, name, wireFormat, ...options } = entry as Record<'driver' | 'name' | 'wireFormat', unknown>;
    const [kind, own] = typeof driver === 'string' ? [driver, name] : [driver === undefined ? name : driver, undefined];
    if (typeof kind === 'string') {
      const created = createByName(kind, own === undefined ? options : { ...options, name: own }, setting, environment);
      if (wireFormat !== undefined) askForWireFormat(created, wireFormat);
      return created;
    }
  }
  throw new ConfigurationError(
    setting,
    `has an entry that is no driver; it takes names, { name, ...options }, { driver, name, ...options } or objects with a name and deliver()`,
  );
}

/** True for an instance. */
export function isDriver(entry: unknown): entry is Driver {
  const { name, deliver } = (entry ?? {}) as Partial<Driver>;
  return typeof name === 'string' && typeof deliver === 'function';
}

function kindOf(name: string): DriverKind | undefined {
  return KINDS.find((candidate) => candidate.name === name || candidate.aliases.includes(name));
}

function createByName(name: string, options: object, setting: string, environment: Environment): Driver {
  const kind = kindOf(name);
  if (kind === undefined) {
    throw new ConfigurationError(setting, `names the driver ${shown(name)}; it takes one or more of ${DRIVER_NAMES}`);
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

/** A driver that has no option but its name, if that. */
function nameOnly(name: string, create: (options: { readonly name?: string }) => Driver): DriverKind {
  return {
    name,
    aliases: [],
    settings: [],
    create: (options) => {
      for (const key of Object.keys(options)) {
        if (key !== 'name') throw new ConfigurationError(`${name}.${key}`, 'is not an option; there is name');
      }
      const own = options.name === undefined ? {} : { name: text()(options.name, `${name}.name`) };
      return create(own);
    },
  };
}
