import { types } from 'node:util';
import type { RunningCall } from './running-call.js';

/**
 * Watches what a method returned until it is really complete, and gives back what the caller gets: the same value, or
 * for a promise a derived one, so that a rejection nobody handles stays visible.
 */
export function watchReturn(returned: unknown, call: RunningCall): unknown {
  if (!types.isPromise(returned)) {
    call.complete(returned);
    return returned;
  }
  return returned.then(
    (result) => {
      call.complete(result);
      return result;
    },
    (error) => {
      call.fail(error);
      throw error;
    },
  );
}
