import { isDeeper, Malformed } from './fields.js';

/**
 * Arrays and objects in each other, the message itself included. Deeper ones would end the stack of whoever walks
 * through them; ours are at most 32 levels of payload.
 */
export const MAX_DEPTH = 100;

/** Parses JSON, or says where it is none. `what` names the text. */
export function parseJson(text: string, what: string): unknown | Malformed {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return new Malformed(`${what} is not JSON${position(error)}`);
  }
  return isDeeper(value, MAX_DEPTH) ? new Malformed(`${what} is over ${MAX_DEPTH} levels deep`) : value;
}

/** Only the place: V8's message quotes the text, which is payload. */
function position(error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  const place = /at position (\d+)/.exec(message)?.[1];
  if (place !== undefined) return ` (at character ${Number(place) + 1})`;
  return /end of JSON input|Unterminated/.test(message) ? ' (it ends too early)' : '';
}
