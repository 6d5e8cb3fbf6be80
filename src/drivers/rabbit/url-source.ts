import { askFunction } from '../../notification/ask-function.js';
import type { Check } from '../../notification/configuration.js';
import { DeliveryError, errorText } from '../../notification/errors.js';
import { amqpUrls } from './settings.js';

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
  const { timeoutMs, signal } = wait;
  const how = { option: 'rabbit.url', gives: 'URL', timeoutMs, timeoutOption: 'connectTimeout', signal };
  const answer = await askFunction({ ask: source, ...how });
  let urls: readonly string[];
  try {
    urls = amqpUrls(answer, 'what the function rabbit.url gives');
  } catch (error) {
    throw new DeliveryError(`${errorText(error)}; correct the function, it is asked again`);
  }
  if (wait.needsTls && !urls.some((url) => /^amqps:/i.test(url))) {
    throw new DeliveryError('the function rabbit.url gives no amqps:// URL, but rabbit.tls is set: correct either');
  }
  return urls;
}
