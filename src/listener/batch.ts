import type { Notification } from '../notification/notification.js';
import type { BatchHandler } from './handler.js';
import { type Arrival, type HandlerCalls, HandlerDelivery } from './handler-calls.js';
import { GIVEN_BACK, type Limiter } from './limiter.js';
import { type Verdict, verdictOfError, verdictsOf } from './verdict.js';

interface Item {
  readonly notification: Notification;
  readonly delivery: HandlerDelivery;
  readonly resolve: (verdict: Verdict) => void;
  readonly reject: (reason: typeof GIVEN_BACK) => void;
}

export interface BatchSettings {
  readonly batchHandler: BatchHandler<never>;
  readonly size: number;
  readonly timeoutMs: number;
}

/** Gathers notifications until there are enough of them or the first has waited long enough. */
export class Batch {
  readonly #name: string;
  readonly #handler: BatchHandler<unknown>;
  readonly #size: number;
  readonly #timeoutMs: number;
  readonly #limiter: Limiter;
  readonly #calls: HandlerCalls;
  #items: Item[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(name: string, { batchHandler, size, timeoutMs }: BatchSettings, limiter: Limiter, calls: HandlerCalls) {
    this.#name = name;
    this.#handler = batchHandler as BatchHandler<unknown>;
    this.#size = size;
    this.#timeoutMs = timeoutMs;
    this.#limiter = limiter;
    this.#calls = calls;
  }

  add(notification: Notification, arrival: Arrival): Promise<Verdict> {
    return new Promise((resolve, reject) => {
      this.#items.push({ notification, delivery: new HandlerDelivery(arrival), resolve, reject });
      if (this.#items.length >= this.#size) this.#call();
      else this.#timer ??= setTimeout(() => this.#call(), this.#timeoutMs);
    });
  }

  stop(): void {
    for (const { reject } of this.#taken()) reject(GIVEN_BACK);
  }

  #taken(): Item[] {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return this.#items.splice(0);
  }

  #call(): void {
    const items = this.#taken();
    const notifications = items.map(({ notification }) => notification);
    const deliveries = items.map(({ delivery }) => delivery);
    this.#limiter
      .run(() => this.#calls.run(this.#name, deliveries, () => this.#handler(notifications, deliveries)))
      .then(
        (returned) => {
          const verdicts = verdictsOf(returned, items.length);
          for (const [index, { resolve }] of items.entries()) resolve(verdicts[index] as Verdict);
        },
        (error) => {
          for (const { resolve, reject } of items) {
            if (error === GIVEN_BACK) reject(GIVEN_BACK);
            else resolve(verdictOfError(error));
          }
        },
      );
  }
}
