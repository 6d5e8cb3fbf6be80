import { DeliveryError } from '../../notification/errors.js';
import type { HttpAnswer, HttpFailure } from '../../transport/http/http-client.js';
import { type HttpVerdict, verdictOf } from '../../transport/http/http-verdict.js';

/** Refusals that are about the client or the queue, and not about what was sent: an operator corrects them. */
const MEANINGS: Readonly<Record<number, string>> = {
  401: 'it wants a token, or another one: check token (TIDINGS_ZAQAR_TOKEN)',
  403: 'it does not permit it: check token, projectId and what they may do',
  404: 'there is no Zaqar at this URL, or no queue of this name can be made: check url and queue',
  405: 'there is no Zaqar at this URL: check url',
};

/**
 * Judges an answer of Zaqar. What is wrong with the credentials, the project or the URL is no fault of a notification: it
 * waits until that is corrected.
 */
export function zaqarVerdictOf(result: HttpAnswer | HttpFailure, shown: string): HttpVerdict {
  const verdict = verdictOf(result, shown);
  if ('reason' in result || verdict.outcome === undefined) return verdict;
  const waits = (meaning: string): HttpVerdict => ({
    outcome: new DeliveryError(`${shown} answered ${result.status}: ${meaning}`),
    server: 'down',
    isDivisible: false,
  });
  // Without Keystone it answers 400 to a request without a project, whatever is in it.
  if (result.status === 400 && /X-PROJECT-ID/i.test(result.body)) {
    return waits('it wants a project: set projectId (TIDINGS_ZAQAR_PROJECT_ID)');
  }
  const meaning = MEANINGS[result.status];
  return meaning === undefined ? verdict : waits(meaning);
}

/** How many of `count` messages an answer of 2xx says were taken, from the first on; all, unless it lists fewer. */
export function takenOf({ body }: HttpAnswer, count: number): number {
  try {
    const { resources } = JSON.parse(body) as { resources?: unknown };
    return Array.isArray(resources) ? Math.min(resources.length, count) : count;
  } catch {
    return count;
  }
}
