import type { Notification } from '../notification/notification.js';
import { type DecodedFormat, decodeNotification } from '../wire/decode.js';
import type { DeadCause } from './counters.js';
import { DEAD, HANDLED, REQUEUE } from './handler.js';
import type { HandlerEntry } from './handler-entry.js';
import { GIVEN_BACK } from './limiter.js';
import { SeenIds } from './seen-ids.js';
import { reasonOf, type Verdict } from './verdict.js';

/** A message as a broker gave it. */
export interface Incoming {
  readonly content: Uint8Array;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly queue: string;
  /** How often it has failed. */
  readonly attempts: number;
  /** The handlers that are done with it. */
  readonly handled: readonly string[];
  readonly redelivered: boolean;
  /** True where the process that had it may have ended of it. */
  readonly isSuspect: boolean;
  /** Why it is not tried any more, unless it is in hand here or was handled. */
  readonly exhausted?: string;
  /** How often it has been suspect before. */
  readonly suspicions: number;
  /** Aborted when it is the broker's again: the connection that it came over is lost. */
  readonly lost: AbortSignal;
}

/** What is to become of a message. */
export type Fate =
  | { readonly kind: 'handled' | 'ignored' | 'duplicates' | 'givenBack' }
  | {
      readonly kind: 'retried';
      /** 1 for the first of the queues for retries. */
      readonly level: number;
      readonly attempts: number;
      readonly suspicions: number;
      readonly handled: readonly string[];
      readonly reason: string;
    }
  | { readonly kind: 'dead'; readonly cause: DeadCause; readonly attempts: number; readonly reason: string };

const HANDLED_FATE: Fate = { kind: 'handled' };
const IGNORED: Fate = { kind: 'ignored' };
const DUPLICATE: Fate = { kind: 'duplicates' };
const GIVEN_BACK_FATE: Fate = { kind: 'givenBack' };

/** So often a message may come from a process that has ended, without having been handled in between. */
const MAX_SUSPICIONS = 5;

export interface ProcessorOptions {
  readonly maxMessageBytes: number;
  /** How many message ids are remembered. */
  readonly duplicates: number;
  /** How often a message may fail before its attempts are used up. */
  readonly retries: number;
}

/** Decodes messages, finds the handlers they are for, and says what is to become of them. Knows no broker. */
export class Processor {
  readonly #handlers: readonly HandlerEntry[];
  readonly #options: ProcessorOptions;
  readonly #seen: SeenIds;
  /** By message id: a duplicate waits for what becomes of the one before it. */
  readonly #inProgress = new Map<string, Promise<Fate>>();

  constructor(handlers: readonly HandlerEntry[], options: ProcessorOptions) {
    this.#handlers = handlers;
    this.#options = options;
    this.#seen = new SeenIds(options.duplicates);
  }

  /** Never rejects. */
  async process(incoming: Incoming): Promise<Fate> {
    const { maxMessageBytes: maxBytes, duplicates } = this.#options;
    const decoded = decodeNotification(incoming.content, incoming.headers, { maxBytes });
    if ('reason' in decoded) return this.#dead(incoming, 'malformed', decoded.reason);
    const { notification, format } = decoded;
    if (duplicates === 0) return this.#decide(incoming, notification, format);
    const id = notification.messageId;
    for (let earlier = this.#inProgress.get(id); earlier !== undefined; earlier = this.#inProgress.get(id)) {
      await eitherOf(earlier, incoming.lost);
      // A handler may hold the one before for days, and each loss of the connection would add another that waits.
      if (incoming.lost.aborted) return GIVEN_BACK_FATE;
    }
    // Seen is only what was handled: one that failed must not hide its own retry.
    if (this.#seen.has(id)) return DUPLICATE;
    const deciding = this.#decideOnce(incoming, notification, format);
    this.#inProgress.set(id, deciding);
    return deciding;
  }

  /** When it resolves, what was handled is seen: a duplicate waits for this, and for nothing more. */
  async #decideOnce(incoming: Incoming, notification: Notification, format: DecodedFormat): Promise<Fate> {
    try {
      const fate = await this.#decide(incoming, notification, format);
      if (fate === HANDLED_FATE) this.#seen.add(notification.messageId);
      return fate;
    } finally {
      this.#inProgress.delete(notification.messageId);
    }
  }

  async #decide(incoming: Incoming, notification: Notification, format: DecodedFormat): Promise<Fate> {
    const { attempts, handled, redelivered, queue, isSuspect, exhausted } = incoming;
    if (exhausted !== undefined) return this.#dead(incoming, 'failed', exhausted);
    let found: readonly HandlerEntry[];
    try {
      found = this.#handlers.filter((handler) => handler.takes(notification) && !handled.includes(handler.name));
    } catch (error) {
      return this.#again(incoming, handled, `a filter failed: ${reasonOf(error)}`);
    }
    if (found.length === 0) return handled.length > 0 ? HANDLED_FATE : IGNORED;
    if (isSuspect) return this.#suspected(incoming);
    const arrival = { attempt: attempts + 1, redelivered: redelivered || attempts > 0, queue, format };
    try {
      const [only] = found;
      if (only !== undefined && found.length === 1) {
        const verdict = await only.run(notification, arrival);
        if (verdict.result === HANDLED) return HANDLED_FATE;
        return verdict.result === 'LEFT_OUT' ? IGNORED : this.#failed(incoming, handled, verdict);
      }
      const verdicts = await Promise.all(found.map((handler) => handler.run(notification, arrival)));
      const hasFailed = (verdict: Verdict | undefined) => verdict?.result === REQUEUE || verdict?.result === DEAD;
      const done = found.filter((_, index) => !hasFailed(verdicts[index])).map(({ name }) => name);
      // What may go well another time comes first: the refusal is told again then.
      const failure =
        verdicts.find(({ result }) => result === REQUEUE) ?? verdicts.find(({ result }) => result === DEAD);
      return failure === undefined ? HANDLED_FATE : this.#failed(incoming, [...handled, ...done], failure);
    } catch (error) {
      if (error === GIVEN_BACK) return GIVEN_BACK_FATE;
      throw error;
    }
  }

  #failed(incoming: Incoming, handled: readonly string[], { result, reason }: Verdict): Fate {
    return result === DEAD ? this.#dead(incoming, 'refused', reason) : this.#again(incoming, handled, reason);
  }

  #again(incoming: Incoming, handled: readonly string[], reason: string): Fate {
    const attempts = incoming.attempts + 1;
    if (attempts > this.#options.retries) return this.#dead(incoming, 'failed', reason);
    return { kind: 'retried', level: attempts, attempts, suspicions: 0, handled, reason };
  }

  /** Not an attempt: it may only have stood beside the one that ended the process, or the process was stopped. */
  #suspected(incoming: Incoming): Fate {
    const { attempts, handled } = incoming;
    const suspicions = incoming.suspicions + 1;
    const reason = `given back unfinished ${suspicions} times: the process that had it ended`;
    if (suspicions >= MAX_SUSPICIONS) return this.#dead(incoming, 'failed', reason);
    return { kind: 'retried', level: 1, attempts, suspicions, handled, reason };
  }

  #dead({ attempts }: Incoming, cause: DeadCause, reason: string): Fate {
    return { kind: 'dead', cause, attempts: cause === 'malformed' ? attempts : attempts + 1, reason };
  }
}

/** Resolves when the promise does, or at the signal. */
function eitherOf(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      signal.removeEventListener('abort', done);
      resolve();
    };
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', done);
    promise.then(done, done);
  });
}
