import { surroundings } from '../notification/context-store.js';
import type { Operation } from '../notification/operation.js';

const MAX_CAUSES = 16;

/** Remembers that `notifyAbout.error` was given this error, for the operations that it was told in. */
export function rememberTold(eventType: string, payload: unknown): void {
  const operation = surroundings()?.operation;
  if (operation === undefined) return;
  const errors = errorsIn(payload);
  for (let each: Operation | undefined = operation; each !== undefined; each = each.parent) {
    for (const error of errors) {
      each.told ??= new Map();
      const types = each.told.get(error) ?? new Map<string, boolean>();
      each.told.set(error, types.set(eventType, each === operation || types.get(eventType) === true));
    }
  }
}

/**
 * Whether this error, or one that caused it, was already told under this type: in this very operation (`here`), in one
 * that it called (`below`), or not.
 */
export function whereTold({ told }: Operation, eventType: string, error: unknown): 'here' | 'below' | undefined {
  if (told === undefined) return undefined;
  let cause = error;
  for (let depth = 0; depth < MAX_CAUSES && isObject(cause); depth += 1) {
    const here = told.get(cause)?.get(eventType);
    if (here !== undefined) return here ? 'here' : 'below';
    try {
      cause = (cause as { cause?: unknown }).cause;
    } catch {
      return undefined;
    }
  }
  return undefined;
}

/** The error itself, or the errors that are fields of a payload. */
function errorsIn(payload: unknown): unknown[] {
  if (!isObject(payload)) return [];
  try {
    if (payload instanceof Error) return [payload];
    return Object.values(payload).filter((value) => value instanceof Error);
  } catch {
    return [];
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
