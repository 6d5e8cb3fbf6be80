import { setMaxListeners } from 'node:events';

/** For a signal that each message in hand may wait for. More than ten who wait are no leak, as which Node tells them. */
export function sharedAbortController(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}
