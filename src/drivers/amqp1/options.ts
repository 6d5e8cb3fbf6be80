import type { ConnectionOptions } from 'node:tls';
import { duration, integer, knownKeys, oneOf, text, trueOrFalse } from '../../notification/configuration.js';
import { type AmqpUrlFunction, type UrlSource, urlSource } from '../../transport/amqp/url-source.js';
import { type AddressPreset, type AddressTemplate, addressTemplate } from '../../transport/amqp1/address.js';
import { type Amqp1Identity, identityOf, identityOptions } from '../../transport/amqp1/identity.js';
import type { SaslMechanism } from '../../transport/amqp1/sasl.js';
import { tlsOptions } from '../../transport/tls-options.js';

export interface Amqp1Options {
  /** Names the driver in statistics, receipts and warnings. Default: `amqp1`. */
  name?: string;
  /**
   * `amqp://user:password@host:port/vhost` or `amqps://…`; several (an array, or comma-separated) are tried in turn. A
   * function gives them anew, at once or by a promise, whenever a connection is opened: for credentials that change.
   * What it throws is never shown, and it is asked again with backoff. Default: `amqp://localhost:5672`, anonymous.
   */
  url?: string | readonly string[] | AmqpUrlFunction;
  /**
   * Where notifications are sent to: a preset, or a template of one's own in which `{topic}`, `{priority}` (lower case),
   * `{event_type}`, `{exchange}` and `{vhost}` stand for what they say, and `{/vhost}` for a slash and the virtual host,
   * or for nothing where the URL names none. At most 500 characters.
   *
   * - `queue` (the default): `{topic}.{priority}`, a queue or topic of a broker that knows them by plain names.
   * - `oslo`: `openstack.org/om/notify/anycast{/vhost}/{exchange}/{topic}.{priority}`, the routable addresses of
   *   oslo.messaging's amqp1 driver.
   * - `rabbitmq3`: `/exchange/{exchange}/{topic}.{priority}`, `rabbitmq3-queue`: `/amq/queue/{topic}.{priority}`, for
   *   RabbitMQ 3 with its plugin rabbitmq_amqp1_0.
   * - `rabbitmq4`: `/exchanges/{exchange}/{topic}.{priority}`, `rabbitmq4-queue`: `/queues/{topic}.{priority}`. From 4.3
   *   on RabbitMQ takes no others, unless configured.
   *
   * What is filled into an address of RabbitMQ 4 is percent-encoded, with RabbitMQ 3 slashes are. Exchanges and queues
   * must exist. RabbitMQ 4 gives back what an exchange leads to no queue, which is tried again. RabbitMQ 3 accepts, and
   * throws away, what its exchange leads to no queue (bind one, or give the exchange an alternate exchange), and what is
   * sent to an `/amq/queue/…` that does not exist; of a plain name or `/queue/…` it declares the queue when the driver
   * first sends to it, and takes no queue that exists with arguments of its own.
   */
  address?: AddressPreset | (string & {});
  /** What `{exchange}` stands for, at most 127 characters. Default: `openstack` with `address: 'oslo'`, else `tidings`. */
  exchange?: string;
  /**
   * `value`: the body is a string; `data`: bytes, with their content type. Default: `value` with addresses that begin
   * with `openstack.org/om/`, as oslo.messaging's amqp1 driver sends it, else `data`.
   *
   * With such addresses the body is also wrapped as that driver does, `{"request": …, "context": {…}}`, whatever the
   * wire format. The wire format is `oslo` by default there and with addresses of RabbitMQ, where OpenStack's listeners
   * read it, and `plain` with all others.
   */
  body?: 'value' | 'data';
  /**
   * How to log in: `plain` by user and password of the URL, `anonymous`, or `external` by the client's TLS certificate.
   * Default: `plain` where the URL has a user, else `external` where `tls` has a certificate, else `anonymous`.
   */
  sasl?: SaslMechanism;
  /**
   * The host that the client asks for when the connection opens, by which many brokers choose a virtual host, at most
   * 255 characters. Default: with addresses of RabbitMQ `vhost:` and the virtual host of the URL; else, unless it is
   * part of the address, the virtual host; without one the host of the URL.
   */
  hostname?: string;
  /**
   * The name of the client, which must be the only one of that name, at most 255 characters. Default:
   * `tidings-<hostname>-<process id>-<random>`.
   */
  containerId?: string;
  /** For `amqps://` URLs, as Node's `tls.connect()` takes it: `ca`, `cert`, `key`, `servername` … */
  tls?: ConnectionOptions;
  /** A silent connection is lost after twice this long: milliseconds or text (`10s`), 1 s to 1 h. Default: 10 s. */
  heartbeat?: number | string;
  /**
   * How long connecting to one URL may take, a function `url`, and attaching to one address: milliseconds or text,
   * 100 ms to 10 min. RabbitMQ answers for a wrong password after 3 s. Default: 10 s.
   */
  connectTimeout?: number | string;
  /**
   * How long notifications wait in the driver for a broker that gives no credit, before they are tried again with backoff
   * and health says so: milliseconds or text, 1 s to 1 h. Default: 30 s.
   */
  creditTimeout?: number | string;
  /**
   * How long the broker may answer for none of the notifications that it was sent, before the connection is given up and
   * they are sent again on another one: milliseconds or text, 1 s to 24 h. Default: 5 min.
   */
  answerTimeout?: number | string;
  /** The most notifications handed over and not yet settled, 1 to 100,000. Default: 1,000. */
  window?: number;
  /** The most notifications in one batch, 1 to 10,000. Default: 64. */
  batchSize?: number;
  /**
   * The most addresses that have a link (and a session) at a time, 1 to 1,000; the one used longest ago is closed for
   * another. RabbitMQ 4 allows for 64 sessions. Default: 32.
   */
  maxLinks?: number;
  /** Whether the broker is to keep the messages on disk, and queues that RabbitMQ 3 declares. Default: true. */
  durable?: boolean;
  /**
   * How long the broker keeps a message that nobody consumes: milliseconds or text (`7d`), 1 ms to 49 days; then it
   * discards the message, which counts as delivered here. Default: for ever.
   */
  messageTtl?: number | string;
}

/** The options, checked and complete. */
export interface Amqp1Settings extends Amqp1Identity {
  readonly name: string;
  readonly urls: UrlSource;
  readonly template: AddressTemplate;
  readonly exchange: string;
  readonly body: 'value' | 'data';
  readonly tls: ConnectionOptions | undefined;
  readonly heartbeatMs: number;
  readonly connectTimeoutMs: number;
  readonly creditTimeoutMs: number;
  readonly answerTimeoutMs: number;
  readonly window: number;
  readonly batchSize: number;
  readonly maxLinks: number;
  readonly durable: boolean;
  readonly messageTtlMs: number | undefined;
}

const name127 = text({ pattern: /^[^\p{Cc}]{1,127}$/u, rule: 'a name of at most 127 characters' });

const OPTIONS = {
  name: text(),
  url: urlSource,
  address: addressTemplate,
  exchange: name127,
  body: oneOf('value', 'data'),
  ...identityOptions,
  tls: tlsOptions,
  heartbeat: duration(1_000, 3_600_000),
  connectTimeout: duration(100, 600_000),
  creditTimeout: duration(1_000, 3_600_000),
  answerTimeout: duration(1_000, 86_400_000),
  window: integer(1, 100_000),
  batchSize: integer(1, 10_000),
  maxLinks: integer(1, 1_000),
  durable: trueOrFalse,
  // AMQP 1.0 counts it in 32 bits.
  messageTtl: duration(1, 49 * 86_400_000),
};

type Checked = { [Option in keyof typeof OPTIONS]?: ReturnType<(typeof OPTIONS)[Option]> };

/** Checks the options and fills in the defaults. Throws a ConfigurationError that names the option (`amqp1.window`). */
export function normaliseAmqp1Options(options: Amqp1Options = {}): Amqp1Settings {
  knownKeys(options, Object.keys(OPTIONS), 'amqp1');
  const checked: Checked = {};
  for (const [option, check] of Object.entries(OPTIONS)) {
    const value = options[option as keyof Amqp1Options];
    if (value !== undefined) Object.assign(checked, { [option]: check(value, `amqp1.${option}`) });
  }
  const template = checked.address ?? addressTemplate('queue', 'amqp1.address');
  const urls = checked.url ?? ['amqp://localhost:5672'];
  const window = checked.window ?? 1_000;
  return {
    name: checked.name ?? 'amqp1',
    urls,
    template,
    exchange: checked.exchange ?? (template.kind === 'oslo' ? 'openstack' : 'tidings'),
    body: checked.body ?? (template.kind === 'oslo' ? 'value' : 'data'),
    ...identityOf('amqp1', checked, template, urls),
    tls: checked.tls,
    heartbeatMs: checked.heartbeat ?? 10_000,
    connectTimeoutMs: checked.connectTimeout ?? 10_000,
    creditTimeoutMs: checked.creditTimeout ?? 30_000,
    answerTimeoutMs: checked.answerTimeout ?? 300_000,
    window,
    batchSize: Math.min(checked.batchSize ?? 64, window),
    maxLinks: checked.maxLinks ?? 32,
    durable: checked.durable ?? true,
    messageTtlMs: checked.messageTtl === undefined ? undefined : Math.max(1, Math.round(checked.messageTtl)),
  };
}
