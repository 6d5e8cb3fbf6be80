import type { Driver, OutgoingMessage } from '../delivery/driver.js';
import type { Notification } from '../notification/notification.js';

/** Keeps what it is given, for tests and for trying things out: it never forgets, so not for a service in production. */
export class MemoryDriver implements Driver {
  readonly name: string;
  readonly batchSize = 100;
  /** Everything delivered so far, oldest first; each a copy of its own, the payload as a consumer would parse it. */
  readonly notifications: Notification[] = [];

  /** `name`: to tell several of them apart. Default: `memory`. */
  constructor(options: { readonly name?: string } = {}) {
    this.name = options.name ?? 'memory';
  }

  async deliver(batch: readonly OutgoingMessage[]): Promise<void> {
    for (const { notification } of batch) {
      this.notifications.push(JSON.parse(JSON.stringify(notification)) as Notification);
    }
  }

  /** Forgets what was delivered. */
  clear(): void {
    this.notifications.length = 0;
  }
}
