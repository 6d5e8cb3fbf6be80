/**
 * An answer that is not a success. tidings looks at `status` too: an error with 4xx is the user's mistake, so it makes
 * no error notification.
 */
export class HttpError extends Error {
  readonly status: number;
  /** Sent with the answer. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.status = status;
    this.headers = headers;
  }
}

export class BadRequestError extends HttpError {
  constructor(message: string, options?: ErrorOptions) {
    super(400, message, {}, options);
  }
}

export class ForbiddenError extends HttpError {
  constructor(message: string) {
    super(403, message);
  }
}

export class NotFoundError extends HttpError {
  constructor(message: string) {
    super(404, message);
  }
}

export class MethodNotAllowedError extends HttpError {
  constructor(method: string, allowed: readonly string[]) {
    super(405, `${method} is not possible here`, { Allow: allowed.join(', ') });
  }
}

export class ConflictError extends HttpError {
  constructor(message: string) {
    super(409, message);
  }
}

export class TooLargeError extends HttpError {
  constructor(maxBytes: number) {
    super(413, `the body is larger than ${maxBytes} bytes`);
  }
}

export class RangeNotSatisfiableError extends HttpError {
  constructor(size: number) {
    super(416, `the image has ${size} bytes`, { 'Content-Range': `bytes */${size}` });
  }
}

/** The disk failed us, so nobody who calls us is to blame. The message has no path in it: callers must not learn it. */
export class StoreError extends HttpError {
  constructor(what: string, cause: unknown) {
    const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? 'unknown error';
    super(503, `${what} failed (${code})`, {}, { cause });
  }
}
