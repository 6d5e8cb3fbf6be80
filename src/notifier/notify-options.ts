import type { NotificationContext } from '../notification/notification.js';
import type { Priority } from '../notification/priority.js';

export interface NotifyOptions {
  /** Default: `INFO`, or what the method's name says. */
  readonly priority?: Priority;
  /** Default: the notifier's. */
  readonly publisherId?: string;
  /** Default: the notifier's. */
  readonly topics?: readonly string[];
  /** Added to the context that surrounds the call. */
  readonly context?: NotificationContext;
}

/** What a child notifier of `with()` fixes. */
export type NotifierDefaults = Pick<NotifyOptions, 'publisherId' | 'topics' | 'context'>;

/** The priority that a call asks for; nothing that it is given may throw. */
export function priorityOf(options: NotifyOptions | undefined): Priority {
  try {
    return options?.priority ?? 'INFO';
  } catch {
    return 'INFO';
  }
}

/** Undefined unless it names at least one topic. */
export function named(topics: readonly string[] | undefined): readonly string[] | undefined {
  return Array.isArray(topics) && topics.length > 0 ? topics : undefined;
}
