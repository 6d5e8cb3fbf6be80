import type { Listener } from '../listener/index.js';
import { LEFT_OUT } from '../listener/verdict.js';
import type { Notification } from '../notification/notification.js';
import type { Forward, Source, SourceStats } from './source.js';

/**
 * Notifications from the queues of a listener: acknowledged when they are forwarded, tried again and at last put aside
 * when not.
 */
export class QueueSource implements Source {
  readonly name: string;
  readonly ended = new Promise<never>(() => {});
  readonly #listener: Listener;

  constructor(name: string, listener: Listener) {
    this.name = name;
    this.#listener = listener;
  }

  start(forward: Forward): Promise<void> {
    const toldBy = (isForwarded: boolean) => (isForwarded ? undefined : LEFT_OUT);
    const handler = (notification: Notification) => forward(notification).then(toldBy);
    this.#listener.on('*', handler, { name: 'forward' });
    return this.#listener.start();
  }

  stop(timeoutMs: number): Promise<void> {
    return this.#listener.stop({ timeoutMs });
  }

  stats(): SourceStats {
    const { received, handled, ignored, duplicates, retried, dead, givenBack, pending } = this.#listener.stats();
    const { status, error } = this.#listener.health();
    return {
      received,
      forwarded: handled,
      leftOut: ignored,
      duplicates,
      retried,
      dead: dead.malformed + dead.failed + dead.refused,
      givenBack,
      pending,
      status,
      ...(error !== undefined && { reason: error }),
    };
  }
}
