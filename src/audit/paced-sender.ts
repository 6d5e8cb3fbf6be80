import type { NotificationContext } from '../notification/notification.js';
import type { Priority } from '../notification/priority.js';
import { LONGEST_WAIT_MS } from '../notification/wait-limit.js';
import type { Notifier } from './exists-options.js';

/** Others take room too, and give it back, of which nobody is told. */
const LOOK_MS = 100;

export interface Message {
  readonly eventType: string;
  readonly priority: Priority;
  readonly payload: unknown;
  readonly context: NotificationContext | undefined;
  /** About how large it is. */
  readonly bytes: number;
}

/** What became of the messages so far. */
export interface SentCounts {
  /** Confirmed by every driver, or on the spool's disk. */
  safe: number;
  /** Given up, by status and reason: `refused`, `dropped: …`. */
  readonly lost: Record<string, number>;
}

/**
 * Tells one message after the other, each only when the queues have room: nothing is dropped because a queue is full,
 * and what the service itself tells meanwhile finds at least half of it free.
 */
export class PacedSender {
  readonly counts: SentCounts = { safe: 0, lost: {} };
  readonly #notifier: Notifier;
  readonly #signal: AbortSignal;
  #open = 0;
  #wake: (() => void) | undefined;

  constructor(notifier: Notifier, signal: AbortSignal) {
    this.#notifier = notifier;
    this.#signal = signal;
  }

  /** Resolves when it is accepted. Rejects with the reason of the signal when that is aborted. */
  async send({ eventType, priority, payload, context, bytes }: Message): Promise<void> {
    this.#signal.throwIfAborted();
    while (!this.#notifier.hasRoom(eventType, priority, bytes)) await this.#changed();
    const receipt = this.#notifier.notify(eventType, payload, { priority, ...(context && { context }) });
    this.#open += 1;
    void receipt.durable({ timeoutMs: LONGEST_WAIT_MS }).then(({ status, reason }) => {
      if (status === 'delivered' || status === 'durable') this.counts.safe += 1;
      else {
        const why = reason === undefined ? status : `${status}: ${reason}`;
        this.counts.lost[why] = (this.counts.lost[why] ?? 0) + 1;
      }
      this.#open -= 1;
      this.#wake?.();
    });
  }

  /** Resolves when it is known what became of all. Rejects with the reason of the signal when that is aborted. */
  async settled(): Promise<void> {
    while (this.#open > 0) await this.#changed();
  }

  /** Somebody waits for this, so its timer holds the process. */
  async #changed(): Promise<void> {
    this.#signal.throwIfAborted();
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#signal.removeEventListener('abort', done);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, LOOK_MS);
      this.#signal.addEventListener('abort', done);
      this.#wake = done;
    });
    this.#signal.throwIfAborted();
  }
}
