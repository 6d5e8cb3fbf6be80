import { types } from 'node:util';
import { withNotificationContext } from '../notification/context-store.js';
import type { EventPatterns } from '../notification/event-pattern.js';
import type { Notification, NotificationContext } from '../notification/notification.js';
import type { Priority } from '../notification/priority.js';
import { Batch } from './batch.js';
import type { Predicate } from './filter.js';
import type { BatchHandler, Handler } from './handler.js';
import { type Arrival, type HandlerCalls, HandlerDelivery } from './handler-calls.js';
import { GIVEN_BACK, type Limiter } from './limiter.js';
import { type Verdict, verdictOf, verdictOfError } from './verdict.js';

/** What was registered with `on()`, checked. */
export interface HandlerSettings {
  readonly name: string;
  readonly patterns: EventPatterns;
  readonly priorities: ReadonlySet<Priority>;
  readonly where: Predicate | undefined;
  readonly call:
    | { readonly handler: Handler<never> }
    | { readonly batchHandler: BatchHandler<never>; readonly size: number; readonly timeoutMs: number };
}

/** One handler of a listener that is started. */
export class HandlerEntry {
  readonly name: string;
  readonly #settings: HandlerSettings;
  readonly #limiter: Limiter;
  readonly #calls: HandlerCalls;
  readonly #batch: Batch | undefined;

  constructor(settings: HandlerSettings, limiter: Limiter, calls: HandlerCalls) {
    this.name = settings.name;
    this.#settings = settings;
    this.#limiter = limiter;
    this.#calls = calls;
    this.#batch = 'size' in settings.call ? new Batch(this.name, settings.call, limiter, calls) : undefined;
  }

  /** True where it is meant. Throws what a function of `where` throws. */
  takes(notification: Notification): boolean {
    const { patterns, priorities, where } = this.#settings;
    if (!priorities.has(notification.priority) || !patterns.matches(notification.eventType)) return false;
    if (where === undefined) return true;
    const isMeant: unknown = where(notification);
    if (!types.isPromise(isMeant)) return Boolean(isMeant);
    // Taken for true, it would let everything through; unheard, its rejection would end the process.
    isMeant.catch(() => {});
    throw new TypeError('where gave a promise, and must answer at once');
  }

  /** Never rejects but with {@link GIVEN_BACK}, when the listener stopped before the handler was called. */
  async run(notification: Notification, arrival: Arrival): Promise<Verdict> {
    if (this.#batch !== undefined) return this.#batch.add(notification, arrival);
    const { call } = this.#settings;
    const { handler } = call as { handler: Handler<unknown> };
    try {
      const context = handlerContext(notification.context);
      const delivery = new HandlerDelivery(arrival);
      const call = () => withNotificationContext(context, () => handler(notification, delivery));
      return verdictOf(await this.#limiter.run(() => this.#calls.run(this.name, [delivery], call)));
    } catch (error) {
      if (error === GIVEN_BACK) throw error;
      return verdictOfError(error);
    }
  }

  /** Gives back what waits for a batch to be full. */
  stop(): void {
    this.#batch?.stop();
  }
}

/**
 * What a handler's own notifications carry on: the ids of the request. The operation that told is the parent of what
 * the handler does, and how long it took is not how long the handler takes.
 */
function handlerContext(context: NotificationContext): NotificationContext {
  if (context.operation_id === undefined && context.duration_ms === undefined) return context;
  const { operation_id: operation, duration_ms: _, ...rest } = context;
  return operation === undefined ? rest : { ...rest, parent_operation_id: operation };
}
