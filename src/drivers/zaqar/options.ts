import type { ConnectionOptions } from 'node:tls';
import { type Check, integer, knownKeys, text } from '../../notification/configuration.js';
import { ConfigurationError } from '../../notification/errors.js';
import { type HttpUrl, parseHttpUrl } from '../../transport/http/http-url.js';
import { tlsOptions } from '../../transport/tls-options.js';
import { projectId, queueName, zaqarToken, zaqarUrl } from './settings.js';

/** Gives a token. Asked at the first request, and again when the service has refused the last one (401). */
export type ZaqarTokenFunction = () => string | Promise<string>;

export interface ZaqarOptions {
  /** Names the driver in statistics, receipts and warnings. Default: `zaqar`. */
  name?: string;
  /** The service, as `https://host:port` or `http://…`; `/v2` is added. Default: `http://localhost:8888`. */
  url?: string;
  /** `[A-Za-z0-9_.-]{1,64}`; Zaqar makes it on first use. Default: `notifications`. */
  queue?: string;
  /**
   * How long Zaqar keeps a notification, in seconds, 60 to 1,209,600 (14 days). This is all that decides on persistence:
   * with a short time, what nobody listens for is thrown away soon; with a long one it is kept for consumers that come
   * later. Either way it counts as delivered here. Default: 3,600.
   */
  ttl?: number;
  /** `Client-ID`: the UUID that Zaqar knows this client by. Default: one for the process, made by chance. */
  clientId?: string;
  /** `X-Project-ID`, for a service without Keystone. */
  projectId?: string;
  /** `X-Auth-Token`, or a function that gives it, at once or by a promise. */
  token?: string | ZaqarTokenFunction;
  /** For `https://`, as Node's `tls.connect()` takes it: `ca`, `cert` and `key` of a client, `servername` … */
  tls?: ConnectionOptions;
  /** How long a request, and a function `token`, may take, 100 to 600,000 ms. Default: 10,000. */
  timeoutMs?: number;
  /** How many requests at the same time, 1 to 100. With more than one, the order may change. Default: 1. */
  concurrency?: number;
}

/** The options, checked and complete. */
export interface ZaqarSettings {
  readonly name: string;
  /** That of the queue's messages. */
  readonly url: HttpUrl;
  readonly queue: string;
  readonly ttl: number;
  readonly clientId: string | undefined;
  readonly projectId: string | undefined;
  readonly token: string | ZaqarTokenFunction | undefined;
  readonly tls: ConnectionOptions | undefined;
  readonly timeoutMs: number;
  readonly concurrency: number;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const OPTIONS = {
  name: text(),
  url: zaqarUrl,
  queue: queueName,
  ttl: integer(60, 1_209_600),
  clientId: text({ pattern: UUID, rule: 'a UUID' }),
  projectId,
  token: ((value, setting) => (typeof value === 'function' ? value : zaqarToken(value, setting))) as Check<
    string | ZaqarTokenFunction
  >,
  tls: tlsOptions,
  timeoutMs: integer(100, 600_000),
  concurrency: integer(1, 100),
};

type Checked = { [Option in keyof typeof OPTIONS]?: ReturnType<(typeof OPTIONS)[Option]> };

/** Checks the options and fills in the defaults. Throws a ConfigurationError that names the option (`zaqar.queue`). */
export function normaliseZaqarOptions(options: ZaqarOptions = {}): ZaqarSettings {
  knownKeys(options, Object.keys(OPTIONS), 'zaqar');
  const checked: Checked = {};
  for (const [option, check] of Object.entries(OPTIONS)) {
    const value = options[option as keyof ZaqarOptions];
    if (value !== undefined) Object.assign(checked, { [option]: check(value, `zaqar.${option}`) });
  }
  const queue = checked.queue ?? 'notifications';
  const url = messagesUrl(checked.url ?? 'http://localhost:8888', queue);
  if (checked.tls !== undefined && !url.isSecure) {
    throw new ConfigurationError('zaqar.tls', 'has no effect: the URL does not begin with https://');
  }
  return {
    name: checked.name ?? 'zaqar',
    url,
    queue,
    ttl: checked.ttl ?? 3_600,
    clientId: checked.clientId,
    projectId: checked.projectId,
    token: checked.token,
    tls: checked.tls,
    timeoutMs: checked.timeoutMs ?? 10_000,
    concurrency: checked.concurrency ?? 1,
  };
}

/** Some catalogs of Keystone list the service with its version, others without. */
function messagesUrl(service: string, queue: string): HttpUrl {
  const url = new URL(service);
  if (url.search !== '' || url.hash !== '') {
    throw new ConfigurationError('zaqar.url', 'has a query or a fragment; it takes https://host:port or http://…');
  }
  url.pathname = `${url.pathname.replace(/(\/v2)?\/*$/, '')}/v2/queues/${queue}/messages`;
  return parseHttpUrl(url.href, 'zaqar.url');
}
