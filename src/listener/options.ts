import type { ConnectionOptions } from 'node:tls';
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
import type { Reporter } from '../notification/reporter.js';
import { compatMode, declareMode, exchangeName } from '../transport/amqp/amqp-settings.js';
import { type AmqpUrlFunction, type UrlSource, urlSource } from '../transport/amqp/url-source.js';
import type { AddressPreset } from '../transport/amqp1/address.js';
import type { SaslMechanism } from '../transport/amqp1/sasl.js';
import { tlsOptions } from '../transport/tls-options.js';
import { type Amqp1SourceSettings, amqp1SourceOptions, checkProtocol, normaliseAmqp1Source } from './amqp1-options.js';

export interface ListenerOptions {
  /**
   * `rabbit` (the default): AMQP 0-9-1. `amqp1`: AMQP 1.0, which needs the package `rhea`; it declares nothing, so it goes
   * without `compat`, `pool`, `declare` and `queueMaxBytes`, and takes `address`, `deadAddress`, `sasl`, `hostname` and
   * `containerId`.
   */
  readonly protocol?: 'rabbit' | 'amqp1';
  /**
   * `amqp://user:password@host:port/vhost` or `amqps://…`; several are brokers of one cluster; a function gives them
   * whenever a connection is opened. Default: `amqp://localhost:5672`, user and password `guest`, by AMQP 1.0 anonymous.
   */
  readonly url?: string | readonly string[] | AmqpUrlFunction;
  /** The topics to hear; an array or comma-separated. Default: `notifications`. */
  readonly topics?: string | readonly string[];
  /**
   * The exchange that notifications are published to; by AMQP 1.0 what `{exchange}` in addresses stands for. Default:
   * `tidings`, with `compat: 'oslo'` or `address: 'oslo'` `openstack`.
   */
  readonly exchange?: string;
  /**
   * AMQP 1.0: where to receive from, one address for each topic and priority: a preset or template as the driver amqp1
   * takes it (`queue`, `oslo`, `rabbitmq3-queue`, `rabbitmq4-queue`, `{topic}.{priority}` …), but no exchange, which
   * holds nothing. Default: `queue`.
   */
  readonly address?: AddressPreset | (string & {});
  /**
   * AMQP 1.0: where dead letters are sent to, a template as `address`; false: they are rejected with their reason, and the
   * broker does with them what it is told to. Default: the address and `.dead`; with `oslo` addresses false.
   */
  readonly deadAddress?: (string & {}) | false;
  /** AMQP 1.0: how to log in. Default: `plain` with a user in the URL, `external` with a certificate, else `anonymous`. */
  readonly sasl?: SaslMechanism;
  /** AMQP 1.0: the host to ask for, by which brokers choose a virtual host. Default: as the driver amqp1's. */
  readonly hostname?: string;
  /** AMQP 1.0: the name of the client, at most 255 characters. Default: `tidings-<host>-<process id>-<random>`. */
  readonly containerId?: string;
  /** `oslo`: exchange and queues as OpenStack's services declare them (`notifications.info`, not durable). */
  readonly compat?: 'oslo' | undefined;
  /**
   * A queue of that name of one's own, which gets a copy of everything: listeners of one pool share the work, and
   * nothing is taken from others. Default: the queues that the publishers declare, which all without a pool share.
   */
  readonly pool?: string;
  /**
   * True: a queue that exists as long as this connection, with a copy of everything from now on. No retries, no dead
   * letters. By AMQP 1.0 the addresses must be those of topics, and the broker must say that they are; not on RabbitMQ.
   */
  readonly temporary?: boolean;
  /** `auto`: what does not exist is declared, what exists is used as it is. `none`: nothing is declared. */
  readonly declare?: 'auto' | 'none';
  /** The most messages of one queue that are taken and not yet answered for, 1 to 65,535. Default: 100. */
  readonly prefetch?: number;
  /** The most calls of handlers at the same time, 1 to 10,000; 1: in the order of the queue. Default: 10. */
  readonly concurrency?: number;
  /**
   * How long a handler may take, its promise included: milliseconds or text, 1 ms to 24 h; `false`: for ever. After that
   * it has failed: what it was called with is tried again or goes to the dead letters, `signal` tells it to end, another
   * is called in its place, and what it returns is not heeded. Default: 15 min, by AMQP 1.0, where a message is held
   * through all of its attempts, 3 min: with the waits between them below the 30 min after which RabbitMQ closes the
   * channel of who does not acknowledge.
   */
  readonly handlerTimeout?: number | string | false;
  /**
   * How long a notification waits after each failure: milliseconds or text, 1 ms to 20 min each, at most 8 of them; one
   * attempt more than there are, then it goes to the dead letters. `[]`: there at once. Default: 1 s, 10 s, 1 min, 10 min.
   */
  readonly retryDelays?: readonly (number | string)[];
  /** How many message ids are remembered to know duplicates by, 0 to 10,000,000 (about 150 bytes each). Default: 10,000. */
  readonly duplicates?: number;
  /** A longer message is malformed, as it comes or decompressed: bytes or text, 1 KiB to 128 MiB. Default: 16 MiB. */
  readonly maxMessageBytes?: number | string;
  /** What a queue that the listener declares may hold (not with `compat`): bytes or text. Default: 1 GiB. */
  readonly queueMaxBytes?: number | string;
  /** For `amqps://` URLs, as Node's `tls.connect()` takes it. */
  readonly tls?: ConnectionOptions;
  /** A silent connection is lost after two to three times this long: 1 s to 1 h. Default: 10 s. */
  readonly heartbeat?: number | string;
  /** How long connecting to one URL may take, and a function `url`: 100 ms to 10 min. Default: 10 s. */
  readonly connectTimeout?: number | string;
  /** The waits between attempts to connect: from this long, doubling, to at most `reconnectMax`. Default: 200 ms. */
  readonly reconnectMin?: number | string;
  /** Default: 10 s. */
  readonly reconnectMax?: number | string;
  /** Where the listener says what an operator should know. Default: one line each on standard error. */
  readonly reporter?: Reporter;
}

/** The options, checked and complete. */
export interface ListenerSettings {
  readonly urls: UrlSource;
  /** Absent with RabbitMQ's own protocol. */
  readonly amqp1: Amqp1SourceSettings | undefined;
  readonly topics: readonly string[];
  readonly exchange: string;
  readonly compat: 'oslo' | undefined;
  readonly pool: string | undefined;
  readonly temporary: boolean;
  readonly declare: 'auto' | 'none';
  readonly prefetch: number;
  readonly concurrency: number;
  /** Infinity: for ever. */
  readonly handlerTimeoutMs: number;
  readonly retryDelaysMs: readonly number[];
  readonly duplicates: number;
  readonly maxMessageBytes: number;
  readonly queueMaxBytes: number;
  readonly tls: ConnectionOptions | undefined;
  readonly heartbeatMs: number;
  readonly connectTimeoutMs: number;
  readonly reconnect: { readonly minMs: number; readonly maxMs: number };
}

export const MAX_RETRY_LEVELS = 8;

const TOPIC = text({
  pattern: /^[A-Za-z0-9_.-]{1,200}$/,
  rule: 'a name of A-Z, a-z, 0-9, "_", "-" and ".", at most 200',
});

const topics: Check<readonly string[]> = (value, setting) => {
  const names = [...new Set(list()(value, setting))];
  if (names.length === 0) throw new ConfigurationError(setting, 'is empty; it takes at least one topic');
  return names.map((name) => TOPIC(name, setting));
};

const retryDelays: Check<readonly number[]> = (value, setting) => {
  if (!Array.isArray(value) || value.length > MAX_RETRY_LEVELS) {
    throw new ConfigurationError(setting, `is ${shown(value)}; it takes an array of at most ${MAX_RETRY_LEVELS} times`);
  }
  // A broker closes the channel of a consumer that holds a message for half an hour.
  return value.map((delay, index) => duration(1, 20 * 60_000)(delay, `${setting}[${index}]`));
};

const handlerTime = duration(1, 86_400_000);
const handlerTimeout: Check<number> = (value, setting) =>
  value === false ? Number.POSITIVE_INFINITY : handlerTime(value, setting);

const OPTIONS = {
  protocol: oneOf('rabbit', 'amqp1'),
  ...amqp1SourceOptions,
  url: urlSource,
  topics,
  exchange: exchangeName,
  compat: compatMode,
  pool: text({ pattern: /^(?!amq\.)[^\p{Cc}]{1,200}$/u, rule: 'a name of a queue, at most 200 characters' }),
  temporary: trueOrFalse,
  declare: declareMode,
  prefetch: integer(1, 65_535),
  concurrency: integer(1, 10_000),
  handlerTimeout,
  retryDelays,
  duplicates: integer(0, 10_000_000),
  maxMessageBytes: bytes(1_024, 128 * 1024 ** 2),
  queueMaxBytes: bytes(1, 2 ** 50),
  tls: tlsOptions,
  heartbeat: duration(1_000, 3_600_000),
  connectTimeout: duration(100, 600_000),
  reconnectMin: duration(1, 600_000),
  reconnectMax: duration(1, 3_600_000),
};

type Checked = { [Option in keyof typeof OPTIONS]?: ReturnType<(typeof OPTIONS)[Option]> };

/** Checks the options and fills in the defaults. Throws a ConfigurationError that names the option (`listener.pool`). */
export function normaliseListenerOptions({ reporter: _, ...options }: ListenerOptions): ListenerSettings {
  knownKeys(options, [...Object.keys(OPTIONS), 'reporter'], 'listener');
  const checked: Checked = {};
  for (const [option, check] of Object.entries(OPTIONS)) {
    const value = options[option as keyof typeof options];
    if (value !== undefined) Object.assign(checked, { [option]: check(value, `listener.${option}`) });
  }
  checkProtocol(checked.protocol ?? 'rabbit', options);
  const urls = checked.url ?? ['amqp://localhost:5672'];
  if (checked.tls !== undefined && typeof urls !== 'function' && !urls.some((url) => /^amqps:/i.test(url))) {
    throw new ConfigurationError('listener.tls', 'has no effect: no URL begins with amqps://');
  }
  if (checked.temporary === true && checked.pool !== undefined) {
    throw new ConfigurationError('listener.temporary', 'goes without a pool: it is a queue that nobody shares');
  }
  const amqp1 =
    checked.protocol === 'amqp1' ? normaliseAmqp1Source(checked, urls, checked.temporary ?? false) : undefined;
  const isOslo = checked.compat === 'oslo' || amqp1?.template.kind === 'oslo';
  const minMs = checked.reconnectMin ?? 200;
  return {
    urls,
    amqp1,
    topics: checked.topics ?? ['notifications'],
    exchange: checked.exchange ?? (isOslo ? 'openstack' : 'tidings'),
    compat: checked.compat,
    pool: checked.pool,
    temporary: checked.temporary ?? false,
    declare: checked.declare ?? 'auto',
    prefetch: checked.prefetch ?? 100,
    concurrency: checked.concurrency ?? 10,
    handlerTimeoutMs: checked.handlerTimeout ?? (amqp1 === undefined ? 15 : 3) * 60_000,
    retryDelaysMs: checked.retryDelays ?? [1_000, 10_000, 60_000, 600_000],
    duplicates: checked.duplicates ?? 10_000,
    maxMessageBytes: checked.maxMessageBytes ?? 16 * 1024 ** 2,
    queueMaxBytes: checked.queueMaxBytes ?? 1024 ** 3,
    tls: checked.tls,
    heartbeatMs: checked.heartbeat ?? 10_000,
    connectTimeoutMs: checked.connectTimeout ?? 10_000,
    reconnect: { minMs, maxMs: Math.max(minMs, checked.reconnectMax ?? 10_000) },
  };
}
