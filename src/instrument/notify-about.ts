import type { Receipt } from '../delivery/receipt.js';
import { type NotifyOptions, priorityOf } from '../notifier/notifier.js';
import { currentNotifier } from '../setup/current-notifier.js';
import { rememberTold } from './told-errors.js';

/** Tells at a fixed priority. */
export type NotifyAt = (eventType: string, payload?: unknown, options?: NotifyOptions) => Receipt;

/** `notifyAbout()` and its priorities. */
export interface NotifyAbout extends NotifyAt {
  readonly debug: NotifyAt;
  readonly info: NotifyAt;
  readonly warn: NotifyAt;
  /** Takes an Error too: its text is told, and the decorator around this call does not tell the same error again. */
  readonly error: NotifyAt;
  readonly critical: NotifyAt;
  readonly audit: NotifyAt;
  readonly sample: NotifyAt;
}

/**
 * Tells one notification from inside a method body or a `catch` block, through the process-wide notifier. Never throws,
 * never rejects, never waits. `payload` is copied at once; a function is called for it only if the event is enabled.
 */
export const notifyAbout: NotifyAbout = Object.assign(
  (eventType: string, payload?: unknown, options?: NotifyOptions) => {
    if (priorityOf(options) === 'ERROR') rememberTold(eventType, payload);
    return currentNotifier().notify(eventType, payload, options);
  },
  {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: (eventType: string, payload?: unknown, options?: NotifyOptions) => {
      rememberTold(eventType, payload);
      return currentNotifier().error(eventType, payload, options);
    },
    critical: at('critical'),
    audit: at('audit'),
    sample: at('sample'),
  },
);

function at(priority: 'debug' | 'info' | 'warn' | 'critical' | 'audit' | 'sample'): NotifyAt {
  return (eventType, payload, options) => currentNotifier()[priority](eventType, payload, options);
}
