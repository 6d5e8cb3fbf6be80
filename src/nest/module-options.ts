import type { ListenerOptions } from '../listener/index.js';
import { normaliseListenerOptions } from '../listener/options.js';
import { duration, knownKeys, list, shown } from '../notification/configuration.js';
import { ConfigurationError } from '../notification/errors.js';
import type { NotificationOptions } from '../setup/options.js';
import { checkHttpOptions, type HttpNotificationsOptions } from './http-options.js';
import type { RequestContextOptions } from './request-context.js';

/** The options of `NotificationsModule`: those of `configureNotifications()`, and what belongs to a Nest application. */
export interface NotificationsModuleOptions extends NotificationOptions {
  /**
   * Request ids, and what `identify` says of the user, beside everything that is told in a request. `false`: none.
   * Default: `true`.
   */
  readonly requestContext?: boolean | RequestContextOptions;
  /** Notifications of the HTTP requests themselves. Default: none. */
  readonly http?: HttpNotificationsOptions;
  /**
   * Where the methods with `@OnNotification` of providers and controllers get their notifications from: the options of
   * `createListener()`. It is made where there are such methods, started when the application has been, and stopped before
   * anything is destroyed. `false`: none. Default: `{}`.
   */
  readonly listener?: ListenerOptions | false;
  /**
   * How long the application waits when it shuts down, in milliseconds: for handlers that run, and at the end for what is
   * pending. Default: 10,000.
   */
  readonly closeTimeoutMs?: number;
}

/** What of the options is the module's; the rest is the notifier's, which checks it. */
export interface ModuleSettings {
  readonly notifier: NotificationOptions;
  /** Undefined: there is none. */
  readonly requestContext: RequestContextOptions | undefined;
  readonly http: HttpNotificationsOptions;
  /** Undefined: there is none. */
  readonly listener: ListenerOptions | undefined;
  readonly closeTimeoutMs: number;
}

/** Throws a ConfigurationError for what is wrong. `name`: that of the module. */
export function readModuleOptions(
  options: NotificationsModuleOptions | undefined,
  name: string | undefined,
): ModuleSettings {
  const given = options ?? {};
  if (typeof given !== 'object') {
    throw new ConfigurationError('NotificationsModule', `has the options ${shown(given)}; it takes an object`);
  }
  const { requestContext = true, http = {}, listener = {}, closeTimeoutMs = 10_000, ...notifier } = given;
  // There is one context of a request, one account of it and one listener, whatever notifiers there are.
  for (const setting of ['requestContext', 'http', 'listener'] as const) {
    if (name !== undefined && given[setting] !== undefined) {
      throw new ConfigurationError(setting, `is for the NotificationsModule without a name, not for ${shown(name)}`);
    }
  }
  checkHttpOptions(http);
  if (listener !== false) normaliseListenerOptions(listener);
  return {
    notifier,
    requestContext: readRequestContext(requestContext),
    http,
    listener: listener === false ? undefined : listener,
    closeTimeoutMs: duration(0, 3_600_000)(closeTimeoutMs, 'closeTimeoutMs'),
  };
}

function readRequestContext(value: boolean | RequestContextOptions): RequestContextOptions | undefined {
  if (typeof value === 'boolean') return value ? {} : undefined;
  if (typeof value !== 'object' || value === null) {
    throw new ConfigurationError('requestContext', `is ${shown(value)}; it takes true, false, or its options`);
  }
  knownKeys(value, ['requestIdHeaders', 'identify'], 'requestContext');
  const { requestIdHeaders, identify } = value;
  if (identify !== undefined && typeof identify !== 'function') {
    throw new ConfigurationError('requestContext.identify', `is ${shown(identify)}; it takes a function`);
  }
  if (requestIdHeaders === undefined) return value;
  const names = list()(requestIdHeaders, 'requestContext.requestIdHeaders').map((name) => name.toLowerCase());
  return { ...value, requestIdHeaders: names };
}
