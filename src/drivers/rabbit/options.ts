import type { ConnectionOptions } from 'node:tls';
import { bytes, duration, integer, knownKeys, oneOf, text } from '../../notification/configuration.js';
import { ConfigurationError } from '../../notification/errors.js';
import { compatMode, declareMode, exchangeName } from '../../transport/amqp/amqp-settings.js';
import { type AmqpUrlFunction, type UrlSource, urlSource } from '../../transport/amqp/url-source.js';
import { tlsOptions } from '../../transport/tls-options.js';

export interface RabbitOptions {
  /** Names the driver in statistics, receipts and warnings. Default: `rabbit`. */
  name?: string;
  /**
   * `amqp://user:password@host:port/vhost` or `amqps://…`; several (an array, or comma-separated) are brokers of one
   * cluster and tried in turn. A function gives them anew, at once or by a promise, whenever a connection is opened:
   * for credentials that change. What it throws is never shown, and it is asked again with backoff.
   * Default: `amqp://localhost:5672`, user and password `guest`.
   */
  url?: string | readonly string[] | AmqpUrlFunction;
  /** The topic exchange to publish to, at most 127 characters. Default: `tidings`, with `compat: 'oslo'` `openstack`. */
  exchange?: string;
  /**
   * `oslo`: exchange and queues exactly as oslo.messaging declares them (not durable, unbounded). RabbitMQ 4.3 permits such
   * queues only where it is configured so (`deprecated_features.permit.transient_nonexcl_queues = true`). Default: our own.
   */
  compat?: 'oslo' | undefined;
  /**
   * `auto`: what does not exist is declared, what exists is used as it is. `none`: nothing is declared. Default: `auto`.
   */
  declare?: 'auto' | 'none';
  /** For `amqps://` URLs, as Node's `tls.connect()` takes it: `ca`, `cert`, `key`, `servername` … */
  tls?: ConnectionOptions;
  /**
   * A silent connection is lost after two to three times this long: milliseconds or text (`10s`), 1 s to 1 h.
   * Default: 10 s.
   */
  heartbeat?: number | string;
  /**
   * How long connecting to one URL may take, and a function `url`: milliseconds or text, 100 ms to 10 min.
   * Default: 10 s.
   */
  connectTimeout?: number | string;
  /** The most notifications that wait for the broker's confirmation, 1 to 100,000. Default: 1,000. */
  window?: number;
  /** The most notifications in one batch, 1 to 10,000. Default: 64. */
  batchSize?: number;
  /**
   * What a queue that tidings declares may hold: bytes or text (`64MiB`); beyond, the broker refuses and the
   * notifications wait here. Queues that exist, and those of `compat: 'oslo'`, keep their own limits; so it is with
   * the three options below. Default: 1 GiB.
   */
  queueMaxBytes?: number | string;
  /** The most messages in a queue that tidings declares, 1 to 2^31-1; beyond, as above. Default: no such limit. */
  queueMaxMessages?: number;
  /**
   * How long the broker keeps a message that nobody consumes in a queue that tidings declares: milliseconds or text
   * (`7d`), 1 ms to 49 days; then it discards the message, which counts as delivered here. `quorum` queues know it from
   * RabbitMQ 3.10. Default: for ever.
   */
  messageTtl?: number | string;
  /**
   * The type of the queues that tidings declares. `quorum`: replicated over the nodes of a cluster, RabbitMQ 3.8 or
   * newer. Default: what the virtual host has as its default, `classic` unless an operator chose another.
   */
  queueType?: 'classic' | 'quorum';
}

/** The options, checked and complete. */
export interface RabbitSettings {
  readonly name: string;
  readonly urls: UrlSource;
  readonly exchange: string;
  readonly compat: 'oslo' | undefined;
  readonly declare: 'auto' | 'none';
  readonly tls: ConnectionOptions | undefined;
  readonly heartbeatMs: number;
  readonly connectTimeoutMs: number;
  readonly window: number;
  readonly batchSize: number;
  readonly queueMaxBytes: number;
  readonly queueMaxMessages: number | undefined;
  readonly messageTtlMs: number | undefined;
  readonly queueType: 'classic' | 'quorum' | undefined;
}

const OPTIONS = {
  name: text(),
  url: urlSource,
  exchange: exchangeName,
  compat: compatMode,
  declare: declareMode,
  tls: tlsOptions,
  heartbeat: duration(1_000, 3_600_000),
  connectTimeout: duration(100, 600_000),
  window: integer(1, 100_000),
  batchSize: integer(1, 10_000),
  queueMaxBytes: bytes(1, 2 ** 50),
  queueMaxMessages: integer(1, 2 ** 31 - 1),
  // RabbitMQ takes less than 2^32 ms.
  messageTtl: duration(1, 49 * 86_400_000),
  queueType: oneOf('classic', 'quorum'),
};

type Checked = { [Option in keyof typeof OPTIONS]?: ReturnType<(typeof OPTIONS)[Option]> };

/** Checks the options and fills in the defaults. Throws a ConfigurationError that names the option (`rabbit.window`). */
export function normaliseRabbitOptions(options: RabbitOptions = {}): RabbitSettings {
  knownKeys(options, Object.keys(OPTIONS), 'rabbit');
  const checked: Checked = {};
  for (const [option, check] of Object.entries(OPTIONS)) {
    const value = options[option as keyof RabbitOptions];
    if (value !== undefined) Object.assign(checked, { [option]: check(value, `rabbit.${option}`) });
  }
  const urls = checked.url ?? ['amqp://localhost:5672'];
  if (checked.tls !== undefined && typeof urls !== 'function' && !urls.some((url) => /^amqps:/i.test(url))) {
    throw new ConfigurationError('rabbit.tls', 'has no effect: no URL begins with amqps://');
  }
  return {
    name: checked.name ?? 'rabbit',
    urls,
    exchange: checked.exchange ?? (checked.compat === 'oslo' ? 'openstack' : 'tidings'),
    compat: checked.compat,
    declare: checked.declare ?? 'auto',
    tls: checked.tls,
    heartbeatMs: checked.heartbeat ?? 10_000,
    connectTimeoutMs: checked.connectTimeout ?? 10_000,
    window: checked.window ?? 1_000,
    batchSize: checked.batchSize ?? 64,
    queueMaxBytes: checked.queueMaxBytes ?? 1024 ** 3,
    queueMaxMessages: checked.queueMaxMessages,
    messageTtlMs: checked.messageTtl === undefined ? undefined : Math.max(1, Math.round(checked.messageTtl)),
    queueType: checked.queueType,
  };
}
