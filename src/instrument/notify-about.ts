import type { Receipt } from '../delivery/receipt.js';
import { surroundings } from '../notification/context-store.js';
import type { EventPayloads, EventType, OrText, PayloadOf, Told } from '../notification/event-payloads.js';
import type { RuleBook } from '../notification/event-rules.js';
import type { Priority } from '../notification/priority.js';
import { type NotifyOptions, priorityOf } from '../notifier/notify-options.js';
import { currentNotifier } from '../setup/current-notifier.js';
import { rememberTold } from './told-errors.js';

/** Tells at a fixed priority. `E`: the payloads of the event types that are known. */
export type NotifyAt<E = EventPayloads> = <T extends EventType<E>>(
  eventType: T,
  ...told: Told<PayloadOf<T, E>, NotifyOptions>
) => Receipt;

/** Tells that something went wrong: the payload, or what happened as text. */
export type NotifyTrouble<E = EventPayloads> = <T extends EventType<E>>(
  eventType: T,
  ...told: Told<OrText<PayloadOf<T, E>>, NotifyOptions>
) => Receipt;

/** `notifyAbout()` and its priorities. */
export interface NotifyAbout<E = EventPayloads> {
  <T extends EventType<E>>(
    eventType: T,
    payload: OrText<PayloadOf<T, E>> | (() => OrText<PayloadOf<T, E>>),
    options: NotifyOptions & { readonly priority: 'WARN' | 'ERROR' | 'CRITICAL' },
  ): Receipt;
  <T extends EventType<E>>(eventType: T, ...told: Told<PayloadOf<T, E>, NotifyOptions>): Receipt;
  readonly debug: NotifyAt<E>;
  readonly info: NotifyAt<E>;
  readonly warn: NotifyTrouble<E>;
  /** Takes an Error too: its text is told, and the decorator around this call does not tell the same error again. */
  readonly error: NotifyTrouble<E>;
  readonly critical: NotifyTrouble<E>;
  readonly audit: NotifyAt<E>;
  readonly sample: NotifyAt<E>;
}

/** `rules`: the catalog that speaks for what is told; undefined: those of the notifier. */
export function notifyAboutBy(rules: RuleBook | undefined): NotifyAbout<never> {
  const tell = (eventType: string, priority: Priority, payload: unknown, options: NotifyOptions | undefined) => {
    if (priority === 'ERROR') rememberTold(eventType, payload);
    const known = rules?.find(eventType);
    const none = undefined;
    return currentNotifier().tell(eventType, priority, payload, options, surroundings(), none, none, none, none, known);
  };
  const at = (priority: Priority) => (eventType: string, payload?: unknown, options?: NotifyOptions) =>
    tell(eventType, priority, payload, options);
  const about = (eventType: string, payload?: unknown, options?: NotifyOptions) =>
    tell(eventType, priorityOf(options), payload, options);
  return Object.assign(about, {
    debug: at('DEBUG'),
    info: at('INFO'),
    warn: at('WARN'),
    error: at('ERROR'),
    critical: at('CRITICAL'),
    audit: at('AUDIT'),
    sample: at('SAMPLE'),
  });
}

/**
 * Tells one notification from inside a method body or a `catch` block, through the process-wide notifier. Never throws
 * (but with `validation: 'throw'`, which is for tests), never rejects, never waits. `payload` is copied at once; a
 * function is called for it only if the event is enabled.
 */
export const notifyAbout: NotifyAbout = notifyAboutBy(undefined);
