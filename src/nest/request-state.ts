import type { IncomingMessage, ServerResponse } from 'node:http';
import type { NotificationContext } from '../notification/notification.js';

/** What is known of one HTTP request while it is served. */
export interface RequestState {
  /** Beside everything that is told in the request; `identify` adds to it behind the guards. */
  context: NotificationContext;
  /** The last error that a handler, a pipe or an interceptor threw, in a box: anything can be thrown. */
  thrown: { readonly error: unknown } | undefined;
  /** Called with each of those errors. */
  onThrown: (() => void) | undefined;
  /** Looks up a header of the answer, where Node's response does not know it: Fastify gives it all of them at the end. */
  responseHeader: ((name: string) => unknown) | undefined;
}

/** By Node's request, which every platform has below its own. */
const states = new WeakMap<object, RequestState>();

export function rememberRequest(request: IncomingMessage, state: RequestState): void {
  states.set(request, state);
}

/** `request`: Node's, Express's or Fastify's. Undefined where the module does not follow requests. */
export function requestState(request: unknown): RequestState | undefined {
  if (typeof request !== 'object' || request === null) return undefined;
  const { raw } = request as { raw?: unknown };
  return states.get(request) ?? (typeof raw === 'object' && raw !== null ? states.get(raw) : undefined);
}

/** Node's request and response, with what Express and Fastify add to them. */
export interface HttpExchange {
  readonly request: IncomingMessage & { readonly originalUrl?: string };
  readonly response: ServerResponse;
}
