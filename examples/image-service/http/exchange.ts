import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller } from '../caller.js';
import { BadRequestError, TooLargeError } from '../errors.js';

/** One request and its answer. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly caller: Caller;
}

const MAX_JSON_BYTES = 1024 * 1024;
const REQUEST_ID = /^[\w-]{1,255}$/;

/** The headers that the identity service in front of this one sets; they are trusted, so it must strip a client's own. */
export function callerOf(request: IncomingMessage): Caller {
  const requestId = headerOf(request, 'x-request-id');
  return {
    requestId: requestId !== null && REQUEST_ID.test(requestId) ? requestId : `req-${randomUUID()}`,
    userId: headerOf(request, 'x-user-id'),
    projectId: headerOf(request, 'x-project-id'),
    address: request.socket.remoteAddress ?? null,
  };
}

function headerOf(request: IncomingMessage, name: string): string | null {
  const value = request.headers[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

/**
 * The body in chunks. A client that goes away in the middle is a wrong request like any other; and the request is not
 * destroyed when its reader gives up, because that would take the answer's connection with it.
 */
export async function* bodyOf(request: IncomingMessage): AsyncGenerator<Uint8Array> {
  try {
    yield* request.iterator({ destroyOnReturn: false });
  } catch (error) {
    throw new BadRequestError('the body was cut short', { cause: error });
  }
}

/** The length that the client has announced, if it has. */
export function announcedBytes(request: IncomingMessage): number | undefined {
  const length = request.headers['content-length'];
  return length === undefined ? undefined : Number(length);
}

export async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bodyOf(request)) {
    size += chunk.length;
    if (size > MAX_JSON_BYTES) throw new TooLargeError(MAX_JSON_BYTES);
    chunks.push(chunk);
  }
  const value = parse(Buffer.concat(chunks).toString());
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new BadRequestError('the body must be a JSON object');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new BadRequestError('the body is not JSON', { cause: error });
  }
}

export function sendJson(response: ServerResponse, status: number, body: unknown, headers = {}): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    ...headers,
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
  });
  response.end(text);
}
