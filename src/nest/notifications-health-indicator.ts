import { Inject, Injectable } from '@nestjs/common';
import { Notifier } from '../notifier/notifier.js';
import type { NotifierHealth } from '../notifier/notifier-health.js';

/** In the form that every version of @nestjs/terminus takes. */
export type NotificationsHealth<Key extends string = string> = Record<
  Key,
  { readonly status: 'up' | 'down'; readonly notifier: NotifierHealth['status'] } & Pick<
    NotifierHealth,
    'reason' | 'drivers' | 'spool'
  >
>;

/**
 * Says how the notifier is, for @nestjs/terminus: `health.check([() => notifications.isHealthy()])`. It is down while a
 * driver cannot deliver; notifications wait then, and the service works as ever, so restart nothing for it.
 */
@Injectable()
export class NotificationsHealthIndicator {
  readonly #notifier: Notifier;

  constructor(@Inject(Notifier) notifier: Notifier) {
    this.#notifier = notifier;
  }

  /** `key`: its name in the answer. A notifier that is `degraded` is up. */
  isHealthy<const Key extends string = 'notifications'>(key?: Key): NotificationsHealth<Key> {
    return healthFor(key ?? ('notifications' as Key), this.#notifier);
  }
}

/** The same of any notifier: of one with a name, for instance. */
export function healthFor<const Key extends string>(key: Key, notifier: Notifier): NotificationsHealth<Key> {
  const { status, ...details } = notifier.health();
  const health = { status: status === 'down' ? ('down' as const) : ('up' as const), notifier: status, ...details };
  return { [key]: health } as NotificationsHealth<Key>;
}
