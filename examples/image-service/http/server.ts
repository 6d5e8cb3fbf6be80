import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { withNotificationContext } from 'tidings';
import type { Caller } from '../caller.js';
import { HttpError } from '../errors.js';
import type { Running } from '../running.js';
import { callerOf, sendJson } from './exchange.js';
import { findRoute, type Route } from './router.js';

export function serverOf(routes: readonly Route[], running: Running): Server {
  return createServer((request, response) => {
    const caller = callerOf(request);
    response.setHeader('X-Request-Id', caller.requestId);
    // Whatever is told on behalf of this request says whose it was, without its code having to know.
    running.add(withNotificationContext(contextOf(caller), () => answer(routes, request, response, caller)));
  });
}

function contextOf({ requestId, userId, projectId }: Caller) {
  return {
    request_id: requestId,
    ...(userId !== null && { user_id: userId }),
    ...(projectId !== null && { project_id: projectId }),
  };
}

/** Never rejects: every error becomes an answer, or the end of the one that has begun. */
async function answer(routes: readonly Route[], request: IncomingMessage, response: ServerResponse, caller: Caller) {
  try {
    const [path = '/'] = request.url?.split('?') ?? [];
    await findRoute(routes, request.method ?? 'GET', path)({ request, response, caller });
  } catch (error) {
    if (response.headersSent) {
      response.destroy();
    } else if (error instanceof HttpError) {
      sendJson(response, error.status, { message: error.message }, error.headers);
    } else {
      console.error(error);
      sendJson(response, 500, { message: 'something is wrong with this service' });
    }
  }
}
