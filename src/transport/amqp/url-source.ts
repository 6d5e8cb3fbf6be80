import { askFunction } from '../../notification/ask-function.js';
import type { Check } from '../../notification/configuration.js';
import { ConfigurationError, DeliveryError, errorText } from '../../notification/errors.js';
import { AMQP_URL_RULE, parseAmqpUrl } from './amqp-url.js';

/**
 * One AMQP URL or several of one cluster: comma-separated text or an array of texts. What is refused is never shown:
 * any part of a mistyped URL may be the password.
 */
export const amqpUrls: Check<readonly string[]> = (value, setting) => {
  const entries = typeof value === 'string' ? value.split(',').map((entry) => entry.trim()) : value;
  const urls = Array.isArray(entries) ? entries.filter((entry) => entry !== '') : [];
  if (urls.length === 0 || urls.some((url) => typeof url !== 'string')) {
    throw new ConfigurationError(setting, `holds no URL; it takes ${AMQP_URL_RULE}, comma-separated for a cluster`);
  }
  for (const [index, url] of urls.entries()) {
    parseAmqpUrl(url, urls.length === 1 ? setting : `${setting} (entry ${index + 1} of ${urls.length})`);
  }
  return urls;
};

/**
 * Gives the URL or URLs of the broker, for credentials that change (a rotated password, a short-lived token). Asked
 * whenever a connection is opened, so after a refused login too; may be called again while an earlier call is pending.
 */
export type AmqpUrlFunction = () => string | readonly string[] | Promise<string | readonly string[]>;

/** Where URLs come from: fixed ones, checked, or a function whose answers are checked each time. */
export type UrlSource = readonly string[] | AmqpUrlFunction;

export const urlSource: Check<UrlSource> = (value, setting) =>
  typeof value === 'function' ? (value as AmqpUrlFunction) : amqpUrls(value, setting);

export interface UrlWait {
  /** The driver, whose options `url` and `tls` are named in errors. */
  readonly driver: string;
  /** True where options for TLS were given, which a URL without TLS would leave without effect. */
  readonly needsTls: boolean;
  /** How long a function may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Gives up waiting. */
  readonly signal: AbortSignal;
}

/** The URLs as of now. Rejects with a DeliveryError that holds nothing a function gave or threw but its name and code. */
export async function currentUrls(source: UrlSource, wait: UrlWait): Promise<readonly string[]> {
  if (typeof source !== 'function') return source;
  const { driver, timeoutMs, signal } = wait;
  const how = { option: `${driver}.url`, gives: 'URL', timeoutMs, timeoutOption: 'connectTimeout', signal };
  const answer = await askFunction({ ask: source, ...how });
  let urls: readonly string[];
  try {
    urls = amqpUrls(answer, `what the function ${driver}.url gives`);
  } catch (error) {
    throw new DeliveryError(`${errorText(error)}; correct the function, it is asked again`);
  }
  if (wait.needsTls && !urls.some((url) => /^amqps:/i.test(url))) {
    throw new DeliveryError(
      `the function ${driver}.url gives no amqps:// URL, but ${driver}.tls is set: correct either`,
    );
  }
  return urls;
}
