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
  const answer = await answered(source, wait);
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

async function answered(source: AmqpUrlFunction, { timeoutMs, signal }: UrlWait): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort = () => {};
  const givenUp = new Promise<never>((_, reject) => {
    const after = `the function rabbit.url gave no URL in ${timeoutMs} ms (connectTimeout): see what it waits for`;
    timer = setTimeout(() => reject(new DeliveryError(after)), timeoutMs).unref();
    onAbort = () => reject(new DeliveryError('opening the connection was given up'));
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
  });
  try {
    return await Promise.race([callOf(source), givenUp]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

async function callOf(source: AmqpUrlFunction): Promise<unknown> {
  try {
    return await source();
  } catch (error) {
    throw new DeliveryError(
      `the function rabbit.url failed with ${kindOf(error)} and is asked again: catch and log the error in the function to see more (its text is not shown here: it may hold a secret)`,
    );
  }
}

/** The name and the code of an error, as far as they are what names and codes look like. */
function kindOf(error: unknown): string {
  const { name, code } = (typeof error === 'object' && error !== null ? error : {}) as Record<string, unknown>;
  const shownName = typeof name === 'string' && /^[A-Za-z]{1,60}$/.test(name) ? name : 'an error';
  return typeof code === 'string' && /^[A-Z][A-Z_]{1,39}$/.test(code) ? `${shownName} (${code})` : shownName;
}
