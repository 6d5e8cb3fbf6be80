import type { RunningCall } from '../running-call.js';
import { watchNodeStream } from './node-stream.js';
import { watchWebStream } from './web-stream.js';

/**
 * Watches the body of a fetch `Response`, of Node's own or of a package whose body is a Node stream: `text()`, `json()`,
 * `clone()` and the others read it. False when there is nothing to wait for.
 */
export function watchResponse(response: object, call: RunningCall): boolean {
  const { body, status } = response as { body: unknown; status?: unknown };
  // A Request has the same methods, and no status: whoever sends it reads it unseen.
  return status !== undefined && watchBody(body, response, call);
}

/** Watches the stream of Nest's `StreamableFile`, which is what the application's server sends. */
export function watchStreamableFile(file: object, call: RunningCall): boolean {
  return watchBody((file as { getStream(): unknown }).getStream(), file, call);
}

/** The stream may outlive what carries it, and must not keep it: fetch closes a connection whose Response is dropped. */
function watchBody(body: unknown, carrier: object, call: RunningCall): boolean {
  if (typeof body !== 'object' || body === null) return false;
  const reference = new WeakRef(carrier);
  const result = () => reference.deref();
  if (body instanceof ReadableStream) return watchWebStream(body, call, result);
  return watchNodeStream(body, call, result);
}
