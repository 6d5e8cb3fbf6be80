import type { ExecutionContext } from '@nestjs/common';
import { v4 as uuid } from 'uuid';
import type { NotificationContext } from '../notification/notification.js';

export interface RequestContextOptions {
  /**
   * The headers that a request id is taken from, the first that holds a proper one. Default: `x-request-id`,
   * `x-openstack-request-id`. Without any, each request gets a new id, `req-<UUID>`.
   */
  readonly requestIdHeaders?: readonly string[];
  /**
   * Says who makes the request: `{ user_id, project_id }`, or any other keys of the context. Over HTTP `request` is what
   * Nest gives to handlers, and the function is called when the request arrives, and again behind the guards, which may
   * know more; `execution` is there the second time. In a microservice `request` is the context of the transport, in a
   * gateway the client. Must not wait. When it throws, that is counted and told, and the request goes on.
   */
  // biome-ignore lint/suspicious/noExplicitAny: each platform has a type of its own.
  readonly identify?: (request: any, execution?: ExecutionContext) => NotificationContext | undefined;
}

/** Looks up a header, or what a transport has in the place of headers. */
export type HeaderLookup = (name: string) => unknown;

const DEFAULT_HEADERS = ['x-request-id', 'x-openstack-request-id'];

/** What the ids of proxies, browsers and OpenStack are made of: anything else, or longer, is not passed on. */
const REQUEST_ID = /^[A-Za-z0-9][\w.:@=+/-]{0,127}$/;

/** The id that the headers give; undefined where there is none, or none that is one. */
export function givenRequestId(header: HeaderLookup, { requestIdHeaders }: RequestContextOptions): string | undefined {
  for (const name of requestIdHeaders ?? DEFAULT_HEADERS) {
    const value = header(name);
    if (typeof value === 'string' && REQUEST_ID.test(value)) return value;
  }
  return undefined;
}

/** In the form that OpenStack's services give their requests. */
export function newRequestId(): string {
  return `req-${uuid()}`;
}
