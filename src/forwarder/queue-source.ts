import type { Listener } from '../listener/index.js';
import type { Forward, Source, SourceStats } from './source.js';
import { LEFT_OUT } from './source.js';

/**
 * Notifications from the queues of a listener: acknowledged when they are forwarded, tried again and at last put aside
 * when not.
 */
export class QueueSource implements Source {
  readonly name: string;
  readonly ended = new Promise<never>(() => {});
  readonly #listener: Listener;
  #leftOut = 0;

  constructor(name: string, listener: Listener) {
    this.name = name;
    this.#listener = listener;
  }

  start(forward: Forward): Promise<void> {
    this.#listener.on(
      '*',
      async (notification) => {
        try {
          await forward(notification);
        } catch (error) {
          if (error !== LEFT_OUT) throw error;
          this.#leftOut += 1;
        }
      },
      { name: 'forward' },
    );
    return this.#listener.start();
  }

  stop(timeoutMs: number): Promise<void> {
    return this.#listener.stop({ timeoutMs });
  }

  stats(): SourceStats {
    const { received, handled, ignored, duplicates, retried, dead } = this.#listener.stats();
    const { status, error } = this.#listener.health();
    return {
      received,
      forwarded: handled - this.#leftOut,
      leftOut: this.#leftOut + ignored + duplicates,
      retried,
      dead: dead.malformed + dead.failed + dead.refused,
      status,
      ...(error !== undefined && { reason: error }),
    };
  }
}
