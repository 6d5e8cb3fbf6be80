import { knownKeys, list, shown, trueOrFalse } from '../notification/configuration.js';
import { ConfigurationError } from '../notification/errors.js';
import { Redaction } from '../notification/redaction.js';

/** What is told of HTTP requests themselves; all of it is off by default. */
export interface HttpNotificationsOptions {
  /**
   * `http.error` at ERROR, once for each request that is answered with 5xx: the fault was not handled, or handled as one.
   * Default: `false`.
   */
  readonly errors?: boolean;
  /** `http.request` and `http.response` at INFO, as oslo.messaging's middleware tells them. Default: `false`. */
  readonly requests?: boolean;
  /**
   * The headers that are told, of requests and responses. Cookies, authorization and the like never are: naming one is a
   * ConfigurationError. Default: none.
   */
  readonly headers?: readonly string[];
  /** Paths that nothing is told of, with all below them: `/health`. Default: none. */
  readonly ignorePaths?: readonly string[];
}

const HEADER = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Throws a ConfigurationError for what is wrong. */
export function checkHttpOptions(options: HttpNotificationsOptions): void {
  if (typeof options !== 'object' || options === null) {
    throw new ConfigurationError('http', `is ${shown(options)}; it takes { errors, requests, headers, ignorePaths }`);
  }
  knownKeys(options, ['errors', 'requests', 'headers', 'ignorePaths'], 'http');
  for (const setting of ['errors', 'requests'] as const) {
    const value = options[setting];
    if (value !== undefined) trueOrFalse(value, `http.${setting}`);
  }
  const redaction = new Redaction();
  for (const name of list()(options.headers ?? [], 'http.headers')) {
    if (!HEADER.test(name))
      throw new ConfigurationError('http.headers', `has ${shown(name)}; it takes names of headers`);
    if (redaction.isSensitive(name)) {
      throw new ConfigurationError('http.headers', `has ${shown(name)}; credentials never leave the process`);
    }
  }
  for (const path of list()(options.ignorePaths ?? [], 'http.ignorePaths')) {
    if (path.startsWith('/')) continue;
    throw new ConfigurationError('http.ignorePaths', `has ${shown(path)}; it takes paths that begin with /`);
  }
}
