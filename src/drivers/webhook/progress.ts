import type { DeliveryOutcome } from '../../delivery/driver.js';
import { DeliveryError, errorText, RefusedError } from '../../notification/errors.js';

/** Of so many notifications it is kept in mind which endpoints have had them; beyond, all endpoints get one again. */
const MAX_REMEMBERED = 50_000;

/**
 * How the endpoints have taken one notification. It is delivered when all have it, and refused when each has it or has
 * refused it: until then it is tried again at those that have done neither.
 */
export class Progress<Endpoint> {
  readonly #endpoints: readonly Endpoint[];
  /** The last outcome at each endpoint that had it. */
  readonly #outcomes = new Map<Endpoint, DeliveryOutcome>();

  constructor(endpoints: readonly Endpoint[]) {
    this.#endpoints = endpoints;
  }

  isSettled(endpoint: Endpoint): boolean {
    return this.#outcomes.has(endpoint) && !isTemporary(this.#outcomes.get(endpoint));
  }

  note(endpoint: Endpoint, outcome: DeliveryOutcome): void {
    this.#outcomes.set(endpoint, outcome);
  }

  /** What to say of the notification as of now. */
  get outcome(): DeliveryOutcome {
    const errors = [...this.#outcomes.values()].filter((each) => each !== undefined);
    const temporary = errors.filter(isTemporary);
    if (temporary.length > 0) return soonest(temporary);
    const count = this.#endpoints.length;
    if (errors.length === 0 || count === 1) return errors[0];
    return new RefusedError(
      `refused by ${errors.length} of ${count} endpoints (the others have it): ${errors.map(errorText).join('; ')}`,
    );
  }
}

/** Remembers, over several attempts, how far each notification has come. */
export class ProgressBook<Endpoint> {
  readonly #endpoints: readonly Endpoint[];
  readonly #unsettled = new Map<string, Progress<Endpoint>>();

  constructor(endpoints: readonly Endpoint[]) {
    this.#endpoints = endpoints;
  }

  of(messageId: string): Progress<Endpoint> {
    return this.#unsettled.get(messageId) ?? new Progress(this.#endpoints);
  }

  /** After an attempt: remembers what is to be tried again, and forgets the rest. */
  keep(messageId: string, progress: Progress<Endpoint>): void {
    this.#unsettled.delete(messageId);
    // A single endpoint has had it, or not: there is nothing to remember.
    if (this.#endpoints.length === 1 || !isTemporary(progress.outcome)) return;
    // Those that were given up elsewhere stay; they are the oldest some day.
    const [oldest] = this.#unsettled.keys();
    if (this.#unsettled.size >= MAX_REMEMBERED && oldest !== undefined) this.#unsettled.delete(oldest);
    this.#unsettled.set(messageId, progress);
  }
}

/** Several errors that pass as one: it asks to wait for as long as the one that asks for least. */
export function soonest(errors: readonly Error[]): Error {
  const [first] = errors;
  if (first !== undefined && errors.length === 1) return first;
  const asked = errors.map((error) => (error as { retryAfterMs?: number }).retryAfterMs ?? 0);
  const retryAfterMs = Math.min(...asked);
  const reasons = [...new Set(errors.map(errorText))].join('; ');
  return new DeliveryError(reasons, { cause: first, ...(retryAfterMs > 0 ? { retryAfterMs } : {}) });
}

function isTemporary(outcome: DeliveryOutcome): boolean {
  return outcome !== undefined && !(outcome instanceof RefusedError);
}
