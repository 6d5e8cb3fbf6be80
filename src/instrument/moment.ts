import { errorText } from '../notification/errors.js';
import type { AnyCall } from './call.js';

/** What left the returned object until now. */
export interface Taken {
  /** What the object gives out; `value` when it is complete as it was returned. */
  readonly kind: 'value' | 'bytes' | 'items';
  readonly bytes: number;
  readonly items: number;
}

/** How far a call has come; what a payload function is told of it is made from this. */
export interface Moment {
  readonly phase: AnyCall['phase'];
  readonly result?: unknown;
  readonly error?: unknown;
  readonly cancelled?: boolean;
  readonly taken?: Taken;
}

export const START: Moment = { phase: 'start' };
export const NOTHING_TAKEN: Taken = { kind: 'value', bytes: 0, items: 0 };

/** An error is told by its text, a byte stream that was cut off by how far it came, anything else by `{}`. */
export function defaultPayload({ phase, error, cancelled, taken }: Moment): unknown {
  if (cancelled && taken?.kind === 'bytes') return { bytes: taken.bytes };
  return phase === 'error' || error !== undefined ? describe(error) : undefined;
}

/** The default where a catalog declares the fields of the payload: those of the result, which is read now. */
export function declaredFields(moment: Moment, fields: readonly string[]): unknown {
  const { result, error, cancelled, taken } = moment;
  if (error !== undefined || cancelled || taken?.kind !== 'value') return defaultPayload(moment);
  if (typeof result !== 'object' || result === null) return undefined;
  const picked: Record<string, unknown> = {};
  for (const field of fields) if (field in result) picked[field] = (result as Record<string, unknown>)[field];
  return picked;
}

/** The text that an error is told by; an array of validation errors names the properties, never their values. */
function describe(error: unknown): string {
  if (!Array.isArray(error)) return errorText(error);
  try {
    return `invalid: ${error.map((each) => (each as { property?: unknown })?.property ?? errorText(each)).join(', ')}`;
  } catch {
    return errorText(error);
  }
}
