import { DeliveryError, RefusedError } from '../../notification/errors.js';
import type { HttpAnswer, HttpFailure } from './http-client.js';

/** What an exchange means for what was sent. */
export interface HttpVerdict {
  /** Undefined when the other end has taken it; a {@link RefusedError} when it never will; else: try again. */
  readonly outcome: Error | undefined;
  /**
   * What it says of the other end.
   * - `works`: it answers.
   * - `suspect`: it failed, which may be for what it was sent.
   * - `down`: it takes nothing now, whatever it is sent.
   */
  readonly server: 'works' | 'suspect' | 'down';
  /** True when a part of what was sent may be taken where the whole was not: it is too long, or a part of it is bad. */
  readonly isDivisible: boolean;
}

/** The other end did not understand what it was sent, or found it too long: 413, and where a batch has one bad part. */
const ABOUT_THE_CONTENT = new Set([400, 413, 422]);
/** An answer is obeyed for at most so long when it asks to wait, in milliseconds: a mistake must not stop it for days. */
const MAX_RETRY_AFTER_MS = 3_600_000;
/** Refusals that pass: too slow, too early, too many. */
const PASSING = new Set([408, 425, 429]);

const MEANINGS: Readonly<Record<number, string>> = {
  401: 'it wants credentials, or others: check auth, the URL and the headers',
  403: 'it does not permit it: check the credentials, and what they may do',
  404: 'there is nothing at this path: check the URL',
  405: 'it takes no POST at this path: check the URL',
  410: 'it is gone for good: take it out of the configuration',
  413: 'too large for it',
};

/** Judges an exchange by its status: 2xx is delivered; 408, 425, 429 and 5xx are tried again; all else is refused. */
export function verdictOf(result: HttpAnswer | HttpFailure, shown: string): HttpVerdict {
  if ('reason' in result) {
    const outcome = new DeliveryError(`${shown}: ${result.reason}`);
    return { outcome, server: result.isUnreachable ? 'down' : 'suspect', isDivisible: false };
  }
  const { status } = result;
  if (status >= 200 && status < 300) return { outcome: undefined, server: 'works', isDivisible: false };
  if (status >= 500 || PASSING.has(status)) {
    if (result.retryAfterMs === undefined) {
      const server = status === 429 ? 'down' : 'suspect';
      return { outcome: new DeliveryError(`${shown} answered ${status}`), server, isDivisible: false };
    }
    const retryAfterMs = Math.min(result.retryAfterMs, MAX_RETRY_AFTER_MS);
    const asks = `asks to wait for ${Math.ceil(result.retryAfterMs / 1_000)} s`;
    const outcome = new DeliveryError(`${shown} answered ${status}, and ${asks}`, { retryAfterMs });
    return { outcome, server: 'down', isDivisible: false };
  }
  const isRedirect = status >= 300 && status < 400;
  const meaning = isRedirect ? 'redirects are not followed: configure the URL that it leads to' : MEANINGS[status];
  return {
    outcome: new RefusedError(`${shown} answered ${status}${meaning === undefined ? '' : `: ${meaning}`}`),
    server: 'works',
    isDivisible: ABOUT_THE_CONTENT.has(status),
  };
}
