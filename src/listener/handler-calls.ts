import type { Delivery } from './handler.js';

/** What of a delivery is the same for every handler. */
export type Arrival = Omit<Delivery, 'signal'>;

/** A delivery with a signal of its own, which is made for who asks for it: most handlers do not. */
export class HandlerDelivery implements Delivery {
  readonly attempt: number;
  readonly redelivered: boolean;
  readonly queue: string;
  readonly format: Delivery['format'];
  #controller: AbortController | undefined;
  #aborted: { readonly reason: unknown } | undefined;

  constructor({ attempt, redelivered, queue, format }: Arrival) {
    this.attempt = attempt;
    this.redelivered = redelivered;
    this.queue = queue;
    this.format = format;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#aborted !== undefined) this.#controller.abort(this.#aborted.reason);
    return this.#controller.signal;
  }

  /** Tells the signal, also one that is asked for later. */
  static abort(delivery: HandlerDelivery, reason?: unknown): void {
    delivery.#aborted ??= { reason };
    delivery.#controller?.abort(reason);
  }
}

interface Call {
  readonly name: string;
  readonly begun: number;
  readonly deliveries: readonly HandlerDelivery[];
  readonly giveUp: (reason: unknown) => void;
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
  run<T>(name: string, deliveries: readonly HandlerDelivery[], handler: () => T | PromiseLike<T>): T | PromiseLike<T> {
    const returned = handler();
    if ((typeof returned !== 'object' && typeof returned !== 'function') || returned === null) return returned;
    return new Promise<T>((resolve, reject) => {
      const call = { name, begun: performance.now(), deliveries, giveUp: reject };
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
    for (const { deliveries } of this.#inTime) for (const each of deliveries) HandlerDelivery.abort(each);
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
    for (const each of deliveries) HandlerDelivery.abort(each, error);
    giveUp(error);
    this.#warn(reason);
  }
}
