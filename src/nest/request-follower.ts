import { types } from 'node:util';
import type { ExecutionContext, HttpServer } from '@nestjs/common';
import { surroundings, withNotificationContext } from '../notification/context-store.js';
import type { NotificationContext } from '../notification/notification.js';
import type { Notifier } from '../notifier/notifier.js';
import { HttpNotifications } from './http-notifications.js';
import type { ModuleSettings } from './module-options.js';
import { givenRequestId, newRequestId, type RequestContextOptions } from './request-context.js';
import { type HttpExchange, type RequestState, rememberRequest, requestState } from './request-state.js';
import { handshakeHeaders, httpHeaders, rpcHeaders } from './transport-headers.js';

/** As much of Fastify as is needed here. */
interface FastifyLike {
  readonly use?: unknown;
  addHook(
    name: 'onRequest' | 'preValidation',
    hook: (request: FastifyRequestLike, reply: FastifyReplyLike, done: () => void) => void,
  ): unknown;
}

interface FastifyRequestLike {
  readonly raw: HttpExchange['request'];
}

interface FastifyReplyLike {
  readonly raw: HttpExchange['response'];
  getHeader(name: string): unknown;
}

/** Gives each request its context, and tells of it where that is wanted. One for each application. */
export class RequestFollower {
  readonly #notifier: Notifier;
  readonly #options: RequestContextOptions | undefined;
  readonly #http: HttpNotifications;

  constructor(notifier: Notifier, settings: Pick<ModuleSettings, 'requestContext' | 'http'>) {
    this.#notifier = notifier;
    this.#options = settings.requestContext;
    this.#http = new HttpNotifications(notifier, settings.http);
  }

  /** Follows the requests of an HTTP server from before its first middleware. Called once, before its routes are made. */
  attach(server: HttpServer): void {
    if (this.#options === undefined && !this.#http.isOn) return;
    if (server.getType?.() !== 'fastify') {
      server.use((request: HttpExchange['request'], response: HttpExchange['response'], next: () => void) => {
        const state = this.#begin({ request, response });
        state.context = { ...state.context, ...this.#identify(request) };
        this.#run(state, next);
      });
      return;
    }
    const fastify = server.getInstance() as FastifyLike;
    // Nest's middleware runs in a hook that was added before, so that is where to be first.
    if (typeof fastify.use === 'function') {
      server.use((request: HttpExchange['request'], response: HttpExchange['response'], next: () => void) =>
        this.#run(this.#begin({ request, response }), next),
      );
    } else {
      fastify.addHook('onRequest', (request, reply, done) =>
        this.#run(this.#begin({ request: request.raw, response: reply.raw }), done),
      );
    }
    // Fastify goes on from an event of the connection when it has read the body, and there the context is lost.
    fastify.addHook('preValidation', (request, reply, done) => {
      const state = requestState(request);
      if (state === undefined) return done();
      state.responseHeader = (name) => reply.getHeader(name);
      state.context = { ...state.context, ...this.#identify(request) };
      this.#run(state, done);
    });
  }

  /** The context that a handler runs in; undefined where it already stands in it. */
  contextOf(execution: ExecutionContext): NotificationContext | undefined {
    if (this.#options === undefined) return undefined;
    switch (execution.getType<string>()) {
      case 'rpc': {
        const context: unknown = execution.switchToRpc().getContext();
        const given = givenRequestId(rpcHeaders(context), this.#options);
        return { request_id: given ?? newRequestId(), ...this.#identify(context, execution) };
      }
      case 'ws': {
        const client: unknown = execution.switchToWs().getClient();
        // One connection makes many requests.
        const given = givenRequestId(handshakeHeaders(client), this.#options);
        const outer = given === undefined ? {} : { global_request_id: given };
        return { request_id: newRequestId(), ...outer, ...this.#identify(client, execution) };
      }
      default:
        return this.#contextOfRequest(execution);
    }
  }

  /** Remembers what a handler, a pipe or an interceptor threw. */
  thrown(execution: ExecutionContext, error: unknown): void {
    const state = requestState(requestOf(execution));
    if (state === undefined) return;
    state.thrown = { error };
    state.onThrown?.();
  }

  #contextOfRequest(execution: ExecutionContext): NotificationContext | undefined {
    const request = requestOf(execution);
    const state = requestState(request);
    const identity = this.#identify(request, execution);
    // Without a state nobody followed the request from its arrival: a gateway's adapter of its own, for instance.
    const context = { ...(state?.context ?? this.#arrived(request)), ...identity };
    if (state !== undefined) state.context = context;
    const current = surroundings()?.context;
    const isKnown = Object.entries(context).every(([key, value]) => current?.[key] === value);
    return isKnown ? undefined : context;
  }

  #begin({ request, response }: HttpExchange): RequestState {
    const state: RequestState = {
      context: this.#arrived(request),
      thrown: undefined,
      onThrown: undefined,
      responseHeader: undefined,
    };
    rememberRequest(request, state);
    if (this.#http.isOn) this.#http.follow({ request, response }, state);
    return state;
  }

  #arrived(request: unknown): NotificationContext {
    if (this.#options === undefined) return {};
    const { headers } = (request ?? {}) as { headers?: unknown };
    return { request_id: givenRequestId(httpHeaders(headers), this.#options) ?? newRequestId() };
  }

  #run(state: RequestState, next: () => void): void {
    if (this.#options === undefined) next();
    else withNotificationContext(state.context, next);
  }

  #identify(request: unknown, execution?: ExecutionContext): NotificationContext | undefined {
    const identify = this.#options?.identify;
    if (identify === undefined) return undefined;
    // Spread where it is read, so that nothing of it is read later.
    const ask = () => {
      const identity = identify(request, execution);
      return types.isPromise(identity) ? (identity as NotificationContext) : { ...identity };
    };
    return this.#notifier.guard('requestContext.identify', 'a request', ask, request, undefined);
  }
}

/** Of a GraphQL resolver the one in its context. */
function requestOf(execution: ExecutionContext): unknown {
  if (execution.getType<string>() !== 'graphql') return execution.switchToHttp().getRequest();
  const context = execution.getArgByIndex<{ req?: unknown; request?: unknown } | undefined>(2);
  return context?.req ?? context?.request;
}
