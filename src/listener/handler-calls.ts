import type { Delivery } from './handler.js';

/** What of a delivery is the same for every handler. */
export type Arrival = Omit<Delivery, 'signal'>;

/** A delivery whose signal can be aborted. */
export interface AbortableDelivery {
  readonly delivery: Delivery;
  abort(reason?: unknown): void;
}

interface Call {
  readonly name: string;
  readonly begun: number;
  readonly deliveries: readonly AbortableDelivery[];
  readonly giveUp: (reason: unknown) => void;
}

/** A signal is made for who asks for one: most handlers do not. */
export function abortable(arrival: Arrival): AbortableDelivery {
  let controller: AbortController | undefined;
  let aborted: { readonly reason: unknown } | undefined;
  const delivery = {
    ...arrival,
    get signal() {
      controller ??= new AbortController();
      if (aborted !== undefined) controller.abort(aborted.reason);
      return controller.signal;
    },
  };
  return {
    delivery,
    abort(reason) {
      aborted ??= { reason };
      controller?.abort(reason);
    },
  };
}

/** The calls of handlers that have not ended. One that takes too long is given up: it goes on, and nobody waits for it. */
export class HandlerCalls {
  readonly #timeoutMs: number;
  readonly #warn: (reason: string) => void;
  /** All are given the same time: the first of each is the one that has run for longest. */
  readonly #inTime = new Set<Call>();
  readonly #overdue = new Set<Call>();
  #timer: NodeJS.Timeout | undefined;
  #late = 0;

  /** `timeoutMs` may be Infinity. `warn` is told what was given up. */
  constructor(timeoutMs: number, warn: (reason: string) => void) {
    this.#timeoutMs = timeoutMs;
    this.#warn = warn;
  }

  /** Calls given up that have not ended yet. */
  get overdue(): number {
    return this.#overdue.size;
  }

  /** Calls that ended after they were given up. */
  get late(): number {
    return this.#late;
  }

  /** How long the oldest call has been running, in milliseconds. */
  get longestMs(): number {
    const [overdue] = this.#overdue;
    const [inTime] = this.#inTime;
    const begun = Math.min(overdue?.begun ?? Number.POSITIVE_INFINITY, inTime?.begun ?? Number.POSITIVE_INFINITY);
    return begun === Number.POSITIVE_INFINITY ? 0 : Math.round(performance.now() - begun);
  }

  /**
   * Calls a handler, for what it returns or throws; a TimeoutError when its time is up, of which the signals of the
   * deliveries are told too.
   */
  run<T>(
    name: string,
    deliveries: readonly AbortableDelivery[],
    handler: () => T | PromiseLike<T>,
  ): T | PromiseLike<T> {
    const begun = performance.now();
    const returned = handler();
    if ((typeof returned !== 'object' && typeof returned !== 'function') || returned === null) return returned;
    return new Promise<T>((resolve, reject) => {
      const call = { name, begun, deliveries, giveUp: reject };
      this.#inTime.add(call);
      this.#watch();
      Promise.resolve(returned).then(
        (value) => {
          this.#ended(call);
          resolve(value);
        },
        (error) => {
          this.#ended(call);
          reject(error);
        },
      );
    });
  }

  /** Tells the calls that have not ended that their time is up, and leaves them. */
  stop(): void {
    clearTimeout(this.#timer);
    for (const { deliveries } of this.#inTime) for (const each of deliveries) each.abort();
  }

  #ended(call: Call): void {
    if (!this.#inTime.delete(call) && this.#overdue.delete(call)) this.#late += 1;
  }

  /** One timer, for the oldest. */
  #watch(): void {
    const [oldest] = this.#inTime;
    if (oldest === undefined || this.#timer !== undefined || this.#timeoutMs === Number.POSITIVE_INFINITY) return;
    const left = oldest.begun + this.#timeoutMs - performance.now();
    this.#timer = setTimeout(() => this.#check(), Math.max(1, Math.ceil(left)));
    this.#timer.unref();
  }

  #check(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const call of this.#inTime) {
      if (call.begun + this.#timeoutMs > now) break;
      this.#inTime.delete(call);
      this.#overdue.add(call);
      this.#giveUp(call);
    }
    this.#watch();
  }

  #giveUp({ name, deliveries, giveUp }: Call): void {
    const reason = `the handler '${name}' has not ended in ${this.#timeoutMs} ms`;
    const error = new DOMException(reason, 'TimeoutError');
    for (const each of deliveries) each.abort(error);
    giveUp(error);
    this.#warn(reason);
  }
}
