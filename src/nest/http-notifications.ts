import { finished } from 'node:stream';
import { isUserError } from '../instrument/user-errors.js';
import { errorText } from '../notification/errors.js';
import type { Notifier } from '../notifier/notifier.js';
import type { HttpNotificationsOptions } from './http-options.js';
import type { HttpExchange, RequestState } from './request-state.js';

const MAX_TEXT = 1_024;

/** What is told of a request. Neither query nor fragment, which may hold secrets. */
interface RequestPayload {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Tells `http.request`, `http.response` and `http.error`. */
export class HttpNotifications {
  readonly #notifier: Notifier;
  readonly #options: HttpNotificationsOptions;
  readonly #headers: readonly string[];

  constructor(notifier: Notifier, options: HttpNotificationsOptions) {
    this.#notifier = notifier;
    this.#options = options;
    this.#headers = (options.headers ?? []).map((name) => name.toLowerCase());
  }

  get isOn(): boolean {
    return this.#options.errors === true || this.#options.requests === true;
  }

  /** From the arrival of a request to the end of its answer. */
  follow(exchange: HttpExchange, state: RequestState): void {
    const { request, response } = exchange;
    const path = pathOf(exchange);
    if (this.#isIgnored(path)) return;
    const { errors = false, requests = false } = this.#options;
    const began = performance.now();
    const told: RequestPayload = {
      method: request.method ?? '',
      path: path.slice(0, MAX_TEXT),
      headers: this.#allowed((name) => request.headers[name]),
    };
    const context = () => ({ ...state.context, duration_ms: Math.round((performance.now() - began) * 1_000) / 1_000 });
    if (requests) this.#notifier.info('http.request', { request: told }, { context: state.context });

    let isErrorTold = false;
    const tellError = () => {
      if (!errors || isErrorTold) return;
      isErrorTold = true;
      this.#notifier.error('http.error', () => ({ ...this.#answered(told, exchange, state), ...exceptionOf(state) }), {
        context: context(),
      });
    };
    finished(response, { readable: false }, (cutOff) => {
      if (requests) {
        const cancelled = cutOff === undefined || cutOff === null ? {} : { cancelled: true };
        const priority = cutOff ? 'WARN' : 'INFO';
        const payload = () => ({ ...this.#answered(told, exchange, state), ...cancelled });
        this.#notifier.notify('http.response', payload, { priority, context: context() });
      }
      if (response.headersSent && response.statusCode >= 500) tellError();
      // The client has gone, so no status says whether what is thrown now, or was, is a fault.
      else if (!response.headersSent) {
        state.onThrown = () => {
          if (!isUserError(state.thrown?.error)) tellError();
        };
        if (state.thrown !== undefined) state.onThrown();
      }
    });
  }

  #answered(request: RequestPayload, { response }: HttpExchange, state: RequestState): object {
    const headers = this.#allowed(state.responseHeader ?? ((name) => response.getHeader(name)));
    return { request, response: { status: response.headersSent ? response.statusCode : null, headers } };
  }

  #allowed(header: (name: string) => unknown): Record<string, string> {
    const found: Record<string, string> = {};
    for (const name of this.#headers) {
      const value = header(name);
      if (value !== undefined && value !== null) found[name] = String(value).slice(0, MAX_TEXT);
    }
    return found;
  }

  #isIgnored(path: string): boolean {
    return (this.#options.ignorePaths ?? []).some((each) => {
      const folder = each.replace(/\/+$/, '');
      return path === folder || path.startsWith(`${folder}/`);
    });
  }
}

function pathOf({ request }: HttpExchange): string {
  const url = request.originalUrl ?? request.url ?? '';
  return url.split(/[?#]/, 1)[0] ?? '';
}

/** A fault that no interceptor sees, in a guard or a middleware, is known by its status only. */
function exceptionOf({ thrown }: RequestState): object {
  if (thrown === undefined) return {};
  const { error } = thrown;
  // Of an Error its name, message, code and cause are told; of anything else that was thrown only what it says.
  return { exception: error instanceof Error ? error : { message: errorText(error) } };
}
