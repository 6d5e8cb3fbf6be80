/** Errors that client libraries make carry one of these: their status is another service's answer, not ours. */
const CLIENT_ERROR_MARKS = ['response', 'request', 'config', '$metadata', 'meta'];

/** Says whether an error is the user's (true), the system's (false), or leaves it to the built-in rules (undefined). */
export type UserErrorRule = (error: unknown) => boolean | undefined;

/**
 * True for an error that the user of the service made: a wrong request makes no error notification. These are HTTP
 * errors 4xx of the service itself and class-validator's ValidationErrors.
 */
export function isUserError(error: unknown): boolean {
  try {
    if (Array.isArray(error)) return error.length > 0 && error.every(isValidationError);
    if (typeof error !== 'object' || error === null) return false;
    return hasUserStatus(error) || isValidationError(error);
  } catch {
    // An error that cannot be read is a fault.
    return false;
  }
}

function hasUserStatus(error: object): boolean {
  const { getStatus, status, statusCode } = error as { getStatus?: unknown; status?: unknown; statusCode?: unknown };
  if (typeof getStatus === 'function') return isClientError(getStatus.call(error));
  if (!isClientError(status) && !isClientError(statusCode)) return false;
  return !CLIENT_ERROR_MARKS.some((mark) => mark in error);
}

function isClientError(status: unknown): boolean {
  return typeof status === 'number' && status >= 400 && status < 500;
}

/** By its shape: the application may have another copy of class-validator. */
function isValidationError(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { property, constraints, children } = error as Record<string, unknown>;
  return typeof property === 'string' && (isObject(constraints) || (Array.isArray(children) && 'target' in error));
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

const CANCELLED_CODES: ReadonlySet<unknown> = new Set([
  'ABORT_ERR',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_DESTROYED',
]);

/** True for what an aborted operation throws. */
export function isCancellation(error: unknown): boolean {
  try {
    if (typeof error !== 'object' || error === null) return false;
    const { name, code } = error as { name?: unknown; code?: unknown };
    return name === 'AbortError' || CANCELLED_CODES.has(code);
  } catch {
    return false;
  }
}
