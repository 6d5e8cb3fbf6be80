import {
  bytes,
  type Check,
  duration,
  integer,
  knownKeys,
  list,
  oneOf,
  shown,
  text,
  trueOrFalse,
} from '../notification/configuration.js';
import { ConfigurationError } from '../notification/errors.js';
import type { Oversized } from '../notification/oversized.js';
import type { RedactOptions } from '../notification/redaction.js';
import { VALIDATION_MODES, type ValidationMode } from '../notifier/validation.js';
import { ENVIRONMENT_PREFIX, type Environment, environmentValue } from './environment.js';
import type { NotificationOptions } from './options.js';
import { WIRE_FORMATS } from './wire-formats.js';

/** The settings of a notifier, checked and complete. Those of drivers stand with the drivers. */
export interface Settings {
  readonly disabledNotifications: readonly string[];
  readonly service: string;
  readonly publisherId: string | undefined;
  readonly topics: readonly string[];
  readonly wireFormat: string | undefined;
  readonly queueMessages: number;
  readonly queueBytes: number;
  readonly maxMessageBytes: number;
  readonly oversized: Oversized;
  readonly maxAge: number;
  readonly redact: RedactOptions | false;
  readonly validation: ValidationMode;
  readonly strictCatalog: boolean;
  readonly overflow: 'drop-newest' | 'drop-oldest';
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
  readonly exitTimeoutMs: number;
  readonly contextKeys: readonly string[];
  readonly spoolDir: string | undefined;
  readonly spoolMaxBytes: number;
  readonly spoolScanMs: number;
}

/** One setting: where it comes from, what it accepts, what it is when nobody sets it. */
export interface Setting<T> {
  /** What it takes, for the documentation, where its check does not say it. */
  readonly takes?: string;
  /** The variable without its prefix; undefined for what only code may set. */
  readonly env?: string;
  readonly check: Check<T>;
  readonly default: T;
  /** One line for the documentation. */
  readonly description: string;
}

const MIB = 1024 ** 2;
const DAY_MS = 86_400_000;
const TOPIC = { pattern: /^[A-Za-z0-9_.-]{1,200}$/, rule: 'a name of A-Z, a-z, 0-9, "_", "-" and ".", at most 200' };
const PRINTABLE = { pattern: /^[\x21-\x7e]{1,200}$/, rule: 'printable ASCII without spaces, at most 200 characters' };

/** Every setting once; the environment, the options in code and the documentation are read from this table. */
export const SETTINGS: { readonly [K in keyof Settings]: Setting<Settings[K]> } = {
  disabledNotifications: {
    env: 'DISABLED_NOTIFICATIONS',
    check: list(),
    default: [],
    description: 'Event types, or beginnings of them, that are turned off: `metadef_tag,metadef_property.delete`',
  },
  service: {
    env: 'SERVICE',
    check: text(PRINTABLE),
    default: 'app',
    description: 'The first part of the publisher id `<service>.<hostname>`',
  },
  publisherId: {
    env: 'PUBLISHER_ID',
    check: text(PRINTABLE),
    default: undefined,
    description: 'The whole publisher id',
  },
  topics: {
    env: 'TOPICS',
    check: (value, setting) => {
      const topics = list()(value, setting);
      if (topics.length === 0) throw new ConfigurationError(setting, 'is empty; it takes at least one topic');
      return topics.map((topic) => text(TOPIC)(topic, setting));
    },
    takes: 'a comma-separated list of names',
    default: ['notifications'],
    description: 'Where notifications are published',
  },
  wireFormat: {
    env: 'WIRE_FORMAT',
    check: oneOf(...WIRE_FORMATS.keys()),
    default: undefined,
    description: "How notifications are written down; each driver's own unless it is set",
  },
  queueMessages: {
    env: 'QUEUE_MESSAGES',
    check: integer(1, 10_000_000),
    default: 10_000,
    description: 'The most notifications that wait for one driver',
  },
  queueBytes: {
    env: 'QUEUE_BYTES',
    check: bytes(1024, 2 ** 40),
    default: 64 * MIB,
    description: 'The most memory that notifications waiting for one driver hold',
  },
  maxMessageBytes: {
    env: 'MAX_MESSAGE_BYTES',
    check: bytes(256, 128 * MIB),
    default: MIB,
    description: 'A longer notification is dropped as `too_large`',
  },
  oversized: {
    env: 'OVERSIZED',
    check: oneOf('drop', 'marker'),
    default: 'drop',
    description: 'What is done with a longer one: `drop`, or `marker` to send it without its payload',
  },
  maxAge: {
    env: 'MAX_AGE',
    check: duration(1, 365 * DAY_MS),
    default: DAY_MS,
    description: 'How long delivery is tried, for instance `24h`',
  },
  redact: {
    env: 'REDACT',
    takes: 'a comma-separated list, or `off`',
    check: redact,
    default: {},
    description: 'More keys (`email`) and places (`owner.name`, `members.*.name`) to mask, `!key` not to, or `off`',
  },
  validation: {
    env: 'VALIDATION',
    check: oneOf(...VALIDATION_MODES),
    default: 'warn',
    description: 'What is done with a payload that breaks the rules of its catalog: `off`, `warn`, `drop` or `throw`',
  },
  strictCatalog: {
    check: trueOrFalse,
    default: false,
    description: 'An event type that no catalog has is treated as a payload that breaks the rules',
  },
  overflow: {
    check: oneOf('drop-newest', 'drop-oldest'),
    default: 'drop-newest',
    description: 'What is dropped when the queue is full',
  },
  retryMinMs: {
    check: integer(1, 60_000),
    default: 200,
    description: 'The wait before the second attempt, in milliseconds; it doubles with each further one',
  },
  retryMaxMs: {
    check: integer(1, 3_600_000),
    default: 10_000,
    description: 'The longest wait between two attempts, in milliseconds',
  },
  exitTimeoutMs: {
    check: integer(0, 600_000),
    default: 5_000,
    description: 'How long a process that has nothing else to do is held for what is pending, in milliseconds',
  },
  contextKeys: {
    check: list(),
    default: [],
    description: 'More context keys that go out',
  },
  spoolDir: {
    env: 'SPOOL_DIR',
    check: text(),
    default: undefined,
    description:
      'A directory on a local disk: what is accepted is written there until it is delivered (needs the package `classic-level`)',
  },
  spoolMaxBytes: {
    env: 'SPOOL_MAX_BYTES',
    check: bytes(1024, 2 ** 50),
    default: 1024 * MIB,
    description:
      'The most that undelivered notifications take in the spool; what comes beyond it is kept in memory only',
  },
  spoolScanMs: {
    check: integer(10, 86_400_000),
    default: 10_000,
    description: 'How often the spool is searched for what dead processes left, in milliseconds',
  },
};

/** Reads every setting: the options in code, else the environment, else the default. Throws a ConfigurationError. */
export function readSettings(options: NotificationOptions, environment: Environment): Settings {
  knownKeys(options, ['drivers', 'extraDrivers', 'routes', 'reporter', ...Object.keys(SETTINGS), 'catalogs'], '');
  const settings: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(SETTINGS) as [keyof Settings, Setting<unknown>][]) {
    settings[name] = readSetting(setting, name, options[name], environment);
  }
  // A kill switch wins everywhere: what either side turns off is off.
  const inEnvironment = readSetting(SETTINGS.disabledNotifications, 'disabledNotifications', undefined, environment);
  settings.disabledNotifications = [...(settings.disabledNotifications as string[]), ...inEnvironment];
  return settings as unknown as Settings;
}

function readSetting<T>(setting: Setting<T>, name: string, option: unknown, environment: Environment): T {
  if (option !== undefined) return setting.check(option, name);
  const value = setting.env === undefined ? undefined : environmentValue(environment, setting.env);
  return value === undefined ? setting.default : setting.check(value, `${ENVIRONMENT_PREFIX}${setting.env}`);
}

function redact(value: unknown, setting: string): RedactOptions | false {
  if (value === false || value === 'off') return false;
  if (value === true) return {};
  if (typeof value === 'string' || Array.isArray(value)) {
    const entries = list()(value, setting);
    return {
      keys: entries.filter((entry) => !entry.startsWith('!') && !entry.includes('.')),
      paths: entries.filter((entry) => !entry.startsWith('!') && entry.includes('.')),
      except: entries.filter((entry) => entry.startsWith('!')).map((entry) => entry.slice(1)),
    };
  }
  if (typeof value === 'object' && value !== null) {
    knownKeys(value, ['keys', 'paths', 'except'], setting);
    const { keys = [], paths = [], except = [] } = value as Record<string, unknown>;
    return {
      keys: list()(keys, `${setting}.keys`),
      paths: list()(paths, `${setting}.paths`),
      except: list()(except, `${setting}.except`),
    };
  }
  throw new ConfigurationError(setting, `is ${shown(value)}; it takes { keys, paths, except }, a list, or false`);
}
