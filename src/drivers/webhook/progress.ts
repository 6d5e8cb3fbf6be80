import type { DeliveryOutcome } from '../../delivery/driver.js';
import { DeliveryError, errorText, RefusedError } from '../../notification/errors.js';

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
