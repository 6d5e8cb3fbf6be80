/**
 * Stable codes of the errors of tidings.
 * - `CONFIGURATION`: a setting, an option or a decorator argument is wrong; correct it, nothing was started.
 * - `DELIVERY_FAILED`: a driver could not deliver now; delivery tries again by itself.
 * - `DELIVERY_REFUSED`: the other end will never take this notification; it is not tried again.
 * - `VERIFICATION_FAILED`: what was received is not signed by whom it should be; do not look at it.
 * - `INVALID_PAYLOAD`: a payload breaks the rules that its catalog has for it; correct what tells it, or the catalog.
 */
export type TidingsErrorCode =
  | 'CONFIGURATION'
  | 'DELIVERY_FAILED'
  | 'DELIVERY_REFUSED'
  | 'VERIFICATION_FAILED'
  | 'INVALID_PAYLOAD';

const BRAND = Symbol.for('tidings.error');

/** The base of every error that tidings makes. Tell them apart by `code`, which works across copies of the package. */
export class TidingsError extends Error {
  readonly code: TidingsErrorCode;

  constructor(code: TidingsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TidingsError';
    this.code = code;
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** True for the errors of any loaded copy of tidings (ES module, CommonJS, another version). */
export function isTidingsError(value: unknown): value is TidingsError {
  return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[BRAND] === true;
}

/**
 * A setting is wrong. Thrown by `configureNotifications()`, by the constructors of drivers and by decorators, never
 * later. The message names the setting, what it held (never a secret) and what it accepts.
 */
export class ConfigurationError extends TidingsError {
  /** The variable or option at fault, for instance `TIDINGS_QUEUE_MESSAGES` or `queueMessages`. */
  readonly setting: string;

  constructor(setting: string, problem: string, options?: ErrorOptions) {
    super('CONFIGURATION', `${setting} ${problem}`, options);
    this.name = 'ConfigurationError';
    this.setting = setting;
  }
}

export interface DeliveryErrorOptions extends ErrorOptions {
  /** How long the other end asks not to be tried again, in milliseconds. The delivery waits for at most one hour. */
  readonly retryAfterMs?: number;
}

/** Thrown by a driver that may succeed later (as any error that is not a {@link RefusedError} is taken to be). */
export class DeliveryError extends TidingsError {
  /** How long the other end asks not to be tried again, in milliseconds; undefined where it does not ask. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options?: DeliveryErrorOptions) {
    super('DELIVERY_FAILED', message, options);
    this.name = 'DeliveryError';
    this.retryAfterMs = options?.retryAfterMs;
  }
}

/** Thrown by a driver when the notification can never be delivered: it is counted as `refused` and not tried again. */
export class RefusedError extends TidingsError {
  constructor(message: string, options?: ErrorOptions) {
    super('DELIVERY_REFUSED', message, options);
    this.name = 'RefusedError';
  }
}

/**
 * A payload breaks the rules of its catalog. Thrown to who tells it with `validation: 'throw'` only, which is for tests.
 * The message names the event type, the places and the rules; never what the payload holds.
 */
export class InvalidPayloadError extends TidingsError {
  readonly eventType: string;

  constructor(eventType: string, problem: string) {
    super('INVALID_PAYLOAD', `${eventType}: ${problem}`);
    this.name = 'InvalidPayloadError';
    this.eventType = eventType;
  }
}

/** The text of anything thrown, for a log line or a payload: its message, else its name, else what it says as a string. */
export function errorText(error: unknown): string {
  try {
    if (typeof error === 'object' && error !== null && 'message' in error) {
      const { message, name } = error as { message?: unknown; name?: unknown };
      if (typeof message === 'string' && message !== '') return message;
      if (typeof name === 'string' && name !== '') return name;
    }
    return String(error);
  } catch {
    return 'an error that cannot be read';
  }
}
