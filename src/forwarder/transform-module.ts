import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { shown } from '../notification/configuration.js';
import { ConfigurationError, errorText } from '../notification/errors.js';
import type { Notification } from '../notification/notification.js';
import { isPriority, PRIORITIES } from '../notification/priority.js';
import type { ThrottledReporter } from '../notification/reporter.js';
import type { ConfigurationDocument, DocumentPath } from '../setup/document/configuration-document.js';

/**
 * What a module of the user's exports as its default, or as `transform`: the notification to forward in place of the one
 * given, or nothing to leave it out. The message id stays whatever it returns. A throw, or no answer within `timeoutMs`:
 * the source gives it again.
 */
export type TransformFunction = (
  notification: Notification,
) => Notification | null | undefined | Promise<Notification | null | undefined>;

/** How often a module did not give what was asked of it, each time for one notification. */
export interface TransformStats {
  /** It threw, or gave what is no notification. */
  readonly failed: number;
  /** It gave nothing in time. */
  readonly timedOut: number;
}

/** As every wire format is decoded. */
const TIME = /^([+-]\d{6}|\d{4})-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(\d{3})?Z$/;

/** A module of the user's, which may be wrong, and may never answer. */
export class TransformModule {
  readonly #change: TransformFunction;
  readonly #timeoutMs: number;
  readonly #reporter: ThrottledReporter;
  #failed = 0;
  #timedOut = 0;

  constructor(change: TransformFunction, timeoutMs: number, reporter: ThrottledReporter) {
    this.#change = change;
    this.#timeoutMs = timeoutMs;
    this.#reporter = reporter;
  }

  /** Undefined: it is left out. */
  async run(notification: Notification): Promise<Notification | undefined> {
    let given: Notification | null | undefined | typeof TOO_LATE;
    try {
      const answer = this.#change(notification);
      // Most answer at once, and need no timer.
      given = isThenable(answer) ? await inTime(answer, this.#timeoutMs) : answer;
      if (given === undefined || given === null) return undefined;
      if (given !== TOO_LATE) return changed(notification, given);
    } catch (error) {
      this.#failed += 1;
      throw error;
    }
    // What it gives later is nobody's: the notification is the source's again.
    this.#timedOut += 1;
    const why = `the transform gave nothing in ${this.#timeoutMs} ms (timeoutMs)`;
    this.#reporter.warn('late', () => `${why} for ${notification.eventType}: see what its module waits for`);
    throw new Error(why);
  }

  stats(): TransformStats {
    return { failed: this.#failed, timedOut: this.#timedOut };
  }
}

const TOO_LATE = Symbol('too late');

function isThenable<T>(answer: T | PromiseLike<T>): answer is PromiseLike<T> {
  return typeof (answer as { then?: unknown } | null | undefined)?.then === 'function';
}

/** A rejection after that time is heard, and nobody's. */
async function inTime<T>(answer: PromiseLike<T>, timeoutMs: number): Promise<T | typeof TOO_LATE> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<typeof TOO_LATE>((settle) => {
    timer = setTimeout(settle, timeoutMs, TOO_LATE);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

function changed(notification: Notification, given: Notification): Notification {
  if (typeof given !== 'object') throw new TypeError('the transform gave no notification');
  // What it says of itself may be changed, but not that it is the same one.
  const { messageId } = notification;
  return checked({ ...notification, ...given, messageId });
}

/** What is none would be refused by no sink, and stand in the way of all that comes after it. */
function checked(notification: Notification): Notification {
  const { eventType, publisherId, priority, timestamp, context } = notification as Record<keyof Notification, unknown>;
  const refuse = (what: string): never => {
    throw new TypeError(`the transform gave a notification whose ${what}`);
  };
  if (typeof eventType !== 'string') refuse('eventType is no text');
  if (typeof publisherId !== 'string') refuse('publisherId is no text');
  if (!isPriority(priority)) refuse(`priority is none; there are ${PRIORITIES.join(', ')}`);
  const isTime = typeof timestamp === 'string' && TIME.test(timestamp) && !Number.isNaN(Date.parse(timestamp));
  if (!isTime) refuse('timestamp is no text such as 2026-11-20T07:18:08.114Z');
  if (typeof context !== 'object' || context === null || Array.isArray(context)) refuse('context is no object');
  return notification;
}

async function imported(file: string): Promise<{ default?: unknown; transform?: unknown }> {
  const { href } = pathToFileURL(file);
  try {
    return await import(href);
  } catch (error) {
    // Built as CommonJS, this is a `require`, which takes no URLs.
    const isRequire = (error as { code?: unknown }).code === 'MODULE_NOT_FOUND' && errorText(error).includes(href);
    if (isRequire) return createRequire(file)(file);
    throw error;
  }
}

/** The function itself, or the path of a module with it. Rejects with a ConfigurationError. */
export async function loadModule(
  document: ConfigurationDocument,
  path: DocumentPath,
  written: unknown,
): Promise<TransformFunction> {
  if (typeof written === 'function') return written as TransformFunction;
  if (typeof written !== 'string') throw document.error(path, `is ${shown(written)}; it takes the path of a module`);
  const file = resolve(written);
  let loaded: { default?: unknown; transform?: unknown };
  try {
    loaded = await imported(file);
  } catch (error) {
    throw new ConfigurationError(
      document.place(path),
      `names ${shown(file)}, which cannot be loaded: ${errorText(error)}`,
    );
  }
  // Compiled to CommonJS, a module has its default inside of its default.
  const inner = loaded.default as { default?: unknown } | undefined;
  const found = [loaded.transform, loaded.default, inner?.default].find((each) => typeof each === 'function');
  if (found === undefined) throw document.error(path, 'names a module that exports no function as its default');
  return found as TransformFunction;
}
