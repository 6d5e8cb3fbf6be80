import type { MaskedPlaces } from '../notification/event-rules.js';
import type { JsonValue } from '../notification/json.js';
import { follow, followIndex, MASK, type Redaction } from '../notification/redaction.js';

const TOO_LARGE = '[too large]';
const NO_PATHS: readonly MaskedPlaces[] = Object.freeze([]);

/**
 * Turns a captured payload into what JSON can carry, and masks its secrets: the part that can wait for the background.
 * The captured objects are changed in place, since nobody else has them. `masks`: more places that are masked.
 */
export function finishPayload(captured: unknown, redaction: Redaction, masks?: MaskedPlaces): JsonValue {
  // A payload that is a text is a message, for instance that of an error.
  if (typeof captured === 'string') return wellFormed(redaction.text(captured));
  const payload = finish(captured, redaction, rootsOf(redaction, masks));
  return payload === undefined ? {} : payload;
}

function rootsOf(redaction: Redaction, masks: MaskedPlaces | undefined): readonly MaskedPlaces[] {
  const roots = [redaction.paths, redaction.isOff ? undefined : masks].filter((root) => root !== undefined);
  return roots.length === 0 ? NO_PATHS : roots;
}

/** Undefined for what JSON leaves out: undefined, functions, symbols. */
function finish(value: unknown, redaction: Redaction, paths: readonly MaskedPlaces[]): JsonValue | undefined {
  switch (typeof value) {
    case 'string':
      return wellFormed(value);
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : null;
    case 'bigint':
      // Writing down a number of a million digits would keep the service busy.
      return BigInt.asIntN(1024, value) === value ? String(value) : TOO_LARGE;
    case 'object':
      if (value === null) return null;
      if (Array.isArray(value)) return finishList(value, redaction, paths);
      return finishFields(value as Record<string, unknown>, redaction, paths);
    default:
      return undefined;
  }
}

function finishList(values: unknown[], redaction: Redaction, paths: readonly MaskedPlaces[]): JsonValue {
  for (let index = 0; index < values.length; index += 1) {
    const next = paths.length === 0 ? NO_PATHS : followIndex(paths, index);
    // Both nothing and null are null in a list.
    values[index] = next.some((node) => node.masked) ? MASK : (finish(values[index], redaction, next) ?? null);
  }
  return values as JsonValue[];
}

function finishFields(
  fields: Record<string, unknown>,
  redaction: Redaction,
  paths: readonly MaskedPlaces[],
): JsonValue {
  for (const key of Object.keys(fields)) {
    const field = fields[key];
    const next = paths.length === 0 ? NO_PATHS : follow(paths, key);
    const isMasked = holdsSecret(field) && (redaction.isSensitive(key) || next.some((node) => node.masked));
    const value = isMasked ? MASK : finish(field, redaction, next);
    if (!key.isWellFormed()) {
      delete fields[key];
      if (value !== undefined) fields[key.toWellFormed()] = value;
    } else if (value === undefined) delete fields[key];
    // What has not changed is not written: that would cost the copy its hidden class.
    else if (value !== field) fields[key] = value;
  }
  return fields as JsonValue;
}

function wellFormed(text: string): string {
  return text.isWellFormed() ? text : text.toWellFormed();
}

/** There is no secret in nothing, in yes or no, or in what is left out. */
function holdsSecret(value: unknown): boolean {
  return (
    value !== null && value !== undefined && typeof value !== 'boolean' && value !== '' && typeof value !== 'function'
  );
}
