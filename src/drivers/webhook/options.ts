import type { ConnectionOptions } from 'node:tls';
import { bytes, type Check, integer, knownKeys, shown, text } from '../../notification/configuration.js';
import { ConfigurationError } from '../../notification/errors.js';
import { type BasicAuth, basicAuthOption, FRAMING_HEADERS, headerOptions } from '../../transport/http/http-options.js';
import { basicAuth, type HttpUrl, parseHttpUrl } from '../../transport/http/http-url.js';
import { tlsOptions } from '../../transport/tls-options.js';
import { secretKeys, type WebhookSecretFunction } from './secret.js';
import { webhookUrl } from './settings.js';

/** One place that notifications are posted to. */
export interface WebhookEndpoint {
  /**
   * `https://…` or `http://…`. A user and a password in it are sent by basic authentication. Path and query are never
   * shown: in many webhooks they are the secret.
   */
  url: string;
  /** `whsec_…`; two, comma-separated, while one is replaced: each request has a signature for each. Default: unsigned. */
  secret?: string;
  /** The same as an array, or a function that gives them for each request, at once or by a promise. */
  secrets?: readonly string[] | WebhookSecretFunction;
  /** More headers, for instance `authorization`. Not those that the driver sets itself. */
  headers?: Readonly<Record<string, string>>;
  /** Basic authentication. */
  auth?: BasicAuth;
  /** For `https://`, as Node's `tls.connect()` takes it: `ca`, `cert` and `key` of a client, `servername` … */
  tls?: ConnectionOptions;
  /** How long a request may take, from connecting to the last byte of the answer, 100 to 600,000 ms. Default: 10,000. */
  timeoutMs?: number;
}

export interface WebhookOptions extends Partial<WebhookEndpoint> {
  /** Names the driver in statistics, receipts and warnings. Default: `webhook`. */
  name?: string;
  /**
   * Several endpoints, in place of `url` and what belongs to it (but `timeoutMs`, which is the default of each). A
   * notification is delivered when every endpoint has it; see `WebhookDriver`.
   */
  endpoints?: readonly WebhookEndpoint[];
  /**
   * Posts JSON arrays of up to `size` notifications (1 to 1,000) in place of one notification for each request.
   * Default: one each.
   */
  batch?: { size: number };
  /**
   * How many requests an endpoint gets at the same time, 1 to 100. With more than one, notifications may come in another
   * order than they were told. Default: 1.
   */
  concurrency?: number;
  /** A longer request is not sent: bytes or text, 256 B to 128 MiB. Default: 2 MiB. */
  maxRequestBytes?: number | string;
}

/** Where the keys of an endpoint come from: none, fixed ones, or a function whose answers are checked each time. */
export type KeySource = readonly Buffer[] | WebhookSecretFunction;

/** An endpoint, checked and complete. */
export interface EndpointSettings {
  readonly url: HttpUrl;
  readonly keys: KeySource;
  /** The option to blame for a function's answers. */
  readonly keysOption: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: ConnectionOptions | undefined;
  readonly timeoutMs: number;
  /** True where credentials are sent as they are, for everybody on the way to read. */
  readonly isExposed: boolean;
}

/** The options, checked and complete. */
export interface WebhookSettings {
  readonly name: string;
  readonly endpoints: readonly EndpointSettings[];
  /** Undefined: one notification for each request. */
  readonly batchSize: number | undefined;
  readonly concurrency: number;
  readonly maxRequestBytes: number;
}

const OWN_HEADERS = [...FRAMING_HEADERS, 'content-type', 'webhook-'];

const ENDPOINT_OPTIONS = {
  url: webhookUrl,
  // Checked together, below; never shown.
  secret: (value: unknown) => value as string,
  secrets: (value: unknown) => value as readonly string[] | WebhookSecretFunction,
  headers: headerOptions(OWN_HEADERS),
  auth: basicAuthOption,
  tls: tlsOptions,
  timeoutMs: integer(100, 600_000),
};

const OPTIONS = {
  name: text(),
  endpoints: endpointList,
  batch: batchOption,
  concurrency: integer(1, 100),
  maxRequestBytes: bytes(256, 128 * 1024 ** 2),
};

/** Checks the options and fills in the defaults. Throws a ConfigurationError that names the option (`webhook.url`). */
export function normaliseWebhookOptions(options: WebhookOptions = {}): WebhookSettings {
  knownKeys(options, [...Object.keys(OPTIONS), ...Object.keys(ENDPOINT_OPTIONS)], 'webhook');
  const checked = checkedOptions(options, OPTIONS, 'webhook');
  return {
    name: checked.name ?? 'webhook',
    endpoints: endpointsOf(options, checked.endpoints),
    batchSize: checked.batch,
    concurrency: checked.concurrency ?? 1,
    maxRequestBytes: checked.maxRequestBytes ?? 2 * 1024 ** 2,
  };
}

function endpointsOf(options: WebhookOptions, endpoints: readonly object[] | undefined): EndpointSettings[] {
  if (endpoints === undefined) {
    const single = Object.fromEntries(Object.entries(options).filter(([name]) => name in ENDPOINT_OPTIONS));
    return [endpoint(single, 'webhook')];
  }
  const { timeoutMs } = options;
  if (timeoutMs !== undefined) ENDPOINT_OPTIONS.timeoutMs(timeoutMs, 'webhook.timeoutMs');
  for (const name of Object.keys(ENDPOINT_OPTIONS)) {
    if (name === 'timeoutMs' || options[name as keyof WebhookOptions] === undefined) continue;
    throw new ConfigurationError(`webhook.${name}`, 'stands beside webhook.endpoints; say it in each of them');
  }
  return endpoints.map((each, index) =>
    endpoint({ ...(timeoutMs === undefined ? {} : { timeoutMs }), ...each }, `webhook.endpoints[${index}]`),
  );
}

function endpoint(options: object, setting: string): EndpointSettings {
  knownKeys(options, Object.keys(ENDPOINT_OPTIONS), setting);
  const checked = checkedOptions(options, ENDPOINT_OPTIONS, setting);
  if (checked.url === undefined) {
    const variable = setting === 'webhook' ? ' (or TIDINGS_WEBHOOK_URL)' : '';
    throw new ConfigurationError(`${setting}.url`, `is missing${variable}; it takes https://host/path or http://…`);
  }
  const url = parseHttpUrl(checked.url, `${setting}.url`);
  if (checked.tls !== undefined && !url.isSecure) {
    throw new ConfigurationError(`${setting}.tls`, 'has no effect: the URL does not begin with https://');
  }
  const headers = { ...checked.headers };
  const credentials = [url.headers.authorization, checked.auth, headers.authorization];
  if (credentials.filter((each) => each !== undefined).length > 1) {
    throw new ConfigurationError(setting, 'has credentials in more than one of url, auth and headers.authorization');
  }
  if (checked.auth !== undefined) Object.assign(headers, basicAuth(checked.auth.username, checked.auth.password));
  const { keys, keysOption } = keySource(checked.secret, checked.secrets, setting);
  const hasCredentials = credentials.some((each) => each !== undefined);
  return {
    url,
    keys,
    keysOption,
    headers,
    tls: checked.tls,
    timeoutMs: checked.timeoutMs ?? 10_000,
    isExposed: hasCredentials && !url.isSecure && !url.isLoopback,
  };
}

function keySource(secret: string | undefined, secrets: unknown, setting: string) {
  if (secret !== undefined && secrets !== undefined) {
    throw new ConfigurationError(`${setting}.secrets`, `stands beside ${setting}.secret; only one of them`);
  }
  const keysOption = `${setting}.${secret === undefined ? 'secrets' : 'secret'}`;
  if (typeof secrets === 'function') return { keys: secrets as WebhookSecretFunction, keysOption };
  const fixed = secret ?? secrets;
  return { keys: fixed === undefined ? [] : secretKeys(fixed, keysOption), keysOption };
}

function endpointList(value: unknown, setting: string): readonly object[] {
  if (Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'object' && each !== null)) {
    return value;
  }
  throw new ConfigurationError(setting, 'holds no endpoints; it takes an array of { url, secret … }, at least one');
}

function batchOption(value: unknown, setting: string): number {
  if (typeof value !== 'object' || value === null) {
    throw new ConfigurationError(setting, `is ${shown(value)}; it takes { size }`);
  }
  knownKeys(value, ['size'], setting);
  return integer(1, 1_000)((value as { size?: unknown }).size, `${setting}.size`);
}

type Checks = Readonly<Record<string, Check<unknown>>>;
type Checked<T extends Checks> = { [Option in keyof T]?: ReturnType<T[Option]> };

/** Checks what is set of the options that the table knows. */
function checkedOptions<T extends Checks>(options: object, checks: T, setting: string): Checked<T> {
  const checked: Record<string, unknown> = {};
  for (const [option, check] of Object.entries(checks)) {
    const value = (options as Record<string, unknown>)[option];
    if (value !== undefined) checked[option] = check(value, `${setting}.${option}`);
  }
  return checked as Checked<T>;
}
