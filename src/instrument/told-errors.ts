import { type Operation, surroundings } from '../notification/context-store.js';

const MAX_CAUSES = 16;

/** Remembers that `notifyAbout.error` was given this error, for the operations that it was told in. */
export function rememberTold(eventType: string, payload: unknown): void {
  const operation = surroundings()?.operation;
  if (operation === undefined) return;
  const errors = errorsIn(payload);
  for (let each: Operation | undefined = operation; each !== undefined; each = each.parent) {
    for (const error of errors) {
      each.told ??= new Map();
      const types = each.told.get(error);
      if (types === undefined) each.told.set(error, new Set([eventType]));
      else types.add(eventType);
    }
  }
}

/** True when this error, or one that caused it, was already told under this type in this operation. */
export function wasTold({ told }: Operation, eventType: string, error: unknown): boolean {
  if (told === undefined) return false;
  let cause = error;
  for (let depth = 0; depth < MAX_CAUSES && isObject(cause); depth += 1) {
    if (told.get(cause)?.has(eventType) === true) return true;
    try {
      cause = (cause as { cause?: unknown }).cause;
    } catch {
      return false;
    }
  }
  return false;
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
