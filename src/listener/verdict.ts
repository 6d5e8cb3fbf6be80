import { errorText, isTidingsError } from '../notification/errors.js';
import { Redaction } from '../notification/redaction.js';
import { DEAD, HANDLED, type HandlerResult, REQUEUE } from './handler.js';

/** What the forwarder's handler returns for what it forwards to nobody: it is done with it, as if it had no handler. */
export const LEFT_OUT = Symbol('left out');

/** What a handler made of a notification. */
export interface Verdict {
  readonly result: HandlerResult | 'LEFT_OUT';
  /** Why it is not handled; one line. */
  readonly reason: string;
}

const DONE: Verdict = { result: HANDLED, reason: '' };
const NOT_FOR_IT: Verdict = { result: 'LEFT_OUT', reason: '' };
const MAX_REASON = 1_000;
/** Other services read the headers of dead letters. */
const masking = new Redaction();

export function verdictOf(returned: unknown): Verdict {
  if (returned === REQUEUE) return { result: REQUEUE, reason: 'the handler returned REQUEUE' };
  if (returned === DEAD) return { result: DEAD, reason: 'the handler returned DEAD' };
  return returned === LEFT_OUT ? NOT_FOR_IT : DONE;
}

/**
 * Of what a handler of batches returned, one verdict each. An array of another length is one result for all, which is
 * done; but where it says REQUEUE or DEAD of some, nobody knows of which, and all come again.
 */
export function verdictsOf(returned: unknown, count: number): readonly Verdict[] {
  if (!Array.isArray(returned)) return new Array<Verdict>(count).fill(verdictOf(returned));
  if (returned.length === count) return returned.map(verdictOf);
  const isUnclear = returned.some((each) => each === REQUEUE || each === DEAD);
  const reason = `the handler returned ${returned.length} results for ${count} notifications`;
  return new Array<Verdict>(count).fill(isUnclear ? { result: REQUEUE, reason } : DONE);
}

/** A refusal (`RefusedError`, by its code) is final; anything else may go well another time. */
export function verdictOfError(error: unknown): Verdict {
  const isFinal = isTidingsError(error) && error.code === 'DELIVERY_REFUSED';
  return { result: isFinal ? DEAD : REQUEUE, reason: reasonOf(error) };
}

/** What went wrong, as one line of bounded length, for a header: what looks like a secret is masked. */
export function reasonOf(error: unknown): string {
  return shortened(masking.text(errorText(error)));
}

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > MAX_REASON ? `${line.slice(0, MAX_REASON - 3)}...` : line;
}
