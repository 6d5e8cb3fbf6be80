import type { RunningCall } from '../running-call.js';
import { watchNodeStream } from './node-stream.js';
import { override } from './override.js';
import { followTee, watchWebStream } from './web-stream.js';

/**
 * Watches the body of a fetch `Response`, of Node's own or of a package whose body is a Node stream: `text()`, `json()`,
 * `clone()` and the others read it. False when there is nothing to wait for.
 */
export function watchResponse(response: object, call: RunningCall): boolean {
  const { body, status } = response as { body: unknown; status?: unknown };
  // A Request has the same methods, and no status: whoever sends it reads it unseen.
  const isWatched = status !== undefined && watchBody(body, response, call);
  if (isWatched && body instanceof ReadableStream) followClones(response);
  return isWatched;
}

const followed = new WeakSet<object>();

/** Newer versions of Node (26) clone a Response without calling its body's `tee`, and then both have a new body. */
function followClones(response: object): void {
  if (followed.has(response)) return;
  followed.add(response);
  override(
    response,
    'clone',
    (original) =>
      function clone(this: { body: unknown }, ...args: unknown[]) {
        const { body } = this;
        const cloned: { body: unknown } | undefined = Reflect.apply(original, this, args);
        const branches = [this.body, cloned?.body];
        if (cloned && body instanceof ReadableStream && branches.every((each) => each instanceof ReadableStream)) {
          followTee(body, branches as [ReadableStream, ReadableStream]);
          followClones(cloned);
        }
        return cloned;
      },
  );
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
