import { duration, integer, knownKeys } from '../notification/configuration.js';
import { runAtRoot } from '../notification/context-store.js';
import { ConfigurationError, DeliveryError, errorText } from '../notification/errors.js';
import { EventPatterns } from '../notification/event-pattern.js';
import type { EventType } from '../notification/event-payloads.js';
import type { JsonValue } from '../notification/json.js';
import type { Priority } from '../notification/priority.js';
import { stderrReporter, ThrottledReporter } from '../notification/reporter.js';
import { waitLimit } from '../notification/wait-limit.js';
import { loadRhea } from '../transport/amqp1/rhea.js';
import { connectAmqp1 } from './connect-amqp1.js';
import { connectRabbit } from './connect-rabbit.js';
import { ListenerCounters, type ListenerStats } from './counters.js';
import { compileWhere, prioritiesOf } from './filter.js';
import type { BatchHandler, BatchOptions, Handler, HandlerOptions, ReceivedPayload } from './handler.js';
import { HandlerCalls } from './handler-calls.js';
import { HandlerEntry, type HandlerSettings } from './handler-entry.js';
import { Limiter } from './limiter.js';
import { notificationHandlersOf } from './on-notification.js';
import { type ListenerOptions, type ListenerSettings, normaliseListenerOptions } from './options.js';
import { Processor } from './processor.js';
import { ReconnectPace } from './reconnect-pace.js';
import type { Connect, Session } from './session.js';
import { sharedAbortController } from './shared-abort-controller.js';

/** What a listener says of its connection. */
export interface ListenerHealth {
  /** `idle`: not started. `down`: not connected, it is tried again. */
  readonly status: 'idle' | 'up' | 'down' | 'stopped';
  /** Why it is down. */
  readonly error?: string;
  /** So many handlers have not ended in their time (`handlerTimeout`), and still run. Absent: none. */
  readonly overdue?: number;
}

export interface StopOptions {
  /** How long handlers that run may take to finish, in milliseconds. Default: 30,000. */
  readonly timeoutMs?: number;
}

const DEFAULT_STOP_MS = 30_000;

/**
 * Consumes notifications from RabbitMQ, or by AMQP 1.0, and calls handlers. A message is acknowledged when all handlers
 * that it is for are done with it; one that fails is tried again later and at last goes to `<queue>.dead`. Made by
 * {@link createListener}.
 */
export class Listener {
  readonly #settings: ListenerSettings;
  readonly #connect: Connect;
  readonly #reporter: ThrottledReporter;
  readonly #counters = new ListenerCounters();
  readonly #limiter: Limiter;
  readonly #calls: HandlerCalls;
  readonly #handlers: HandlerSettings[] = [];
  readonly #stopping = sharedAbortController();
  #entries: readonly HandlerEntry[] = [];
  #session: Session | undefined;
  /** From when there is a connection: handlers run as soon as the first queue is listened to. */
  #opening: Promise<Session> | undefined;
  #running: Promise<void> | undefined;
  #started: { promise: Promise<void>; resolve: () => void; reject: (error: Error) => void } | undefined;
  #stopped: Promise<void> | undefined;
  #error: string | undefined;

  constructor(options: ListenerOptions = {}) {
    this.#settings = normaliseListenerOptions(options);
    const { amqp1 } = this.#settings;
    this.#connect = amqp1 === undefined ? connectRabbit : connectAmqp1(loadRhea('listener'), amqp1);
    this.#reporter = new ThrottledReporter(options.reporter ?? stderrReporter);
    this.#limiter = new Limiter(this.#settings.concurrency);
    this.#calls = new HandlerCalls(this.#settings.handlerTimeoutMs, (reason) =>
      this.#reporter.warn('overdue', () => `${reason}: the message is tried without it, and the handler still runs`),
    );
  }

  /**
   * Calls `handler` for every notification whose event type the patterns mean (`image.*`, `image.*,!image.send`, or an
   * array) and that the filters let through. Before `start()`. Throws a ConfigurationError.
   */
  on<const T extends EventType, P = JsonValue>(
    pattern: T | readonly T[],
    handler: Handler<ReceivedPayload<T, P>>,
    options?: HandlerOptions,
  ): this;
  on<const T extends EventType, P = JsonValue>(
    pattern: T | readonly T[],
    handler: BatchHandler<ReceivedPayload<T, P>>,
    options: HandlerOptions & { readonly batch: BatchOptions },
  ): this;
  on(
    pattern: string | readonly string[],
    handler: Handler<never> | BatchHandler<never>,
    options: HandlerOptions & { readonly batch?: BatchOptions } = {},
  ): this {
    this.#add(`listener.on(${JSON.stringify(pattern)})`, String(pattern), pattern, handler, options);
    return this;
  }

  /**
   * Registers the methods of an object, or the static ones of a class, that are decorated by `@OnNotification`. Before
   * `start()`. Throws a ConfigurationError, also where there are none.
   */
  register(instance: object): this {
    const found = notificationHandlersOf(instance);
    if (found.length === 0) {
      throw new ConfigurationError('listener.register()', 'was given an object without a method with @OnNotification');
    }
    for (const { name, pattern, options, call } of found) {
      this.#add(`@OnNotification on ${name}`, name, pattern, call, options);
    }
    return this;
  }

  /**
   * Begins to listen. Resolves when it does so for the first time: while the broker cannot be reached it is tried again
   * with backoff, and told. Rejects when it is stopped before. Keeps the process running until `stop()`. Throws a
   * ConfigurationError where there is no handler.
   */
  start(): Promise<void> {
    if (this.#started !== undefined) return this.#started.promise;
    if (this.#handlers.length === 0) throw new ConfigurationError('listener', 'has no handler; call on() first');
    if (this.#stopped !== undefined) throw new ConfigurationError('listener', 'was stopped; make another one');
    this.#entries = this.#handlers.map((handler) => new HandlerEntry(handler, this.#limiter, this.#calls));
    this.#started = promiseWithResolvers();
    // Of a start that nobody waits for, the reason is told anyway.
    this.#started.promise.catch(() => undefined);
    // Handlers must not run in the context of the request that happened to start the listener.
    this.#running = runAtRoot(() => this.#run());
    return this.#started.promise;
  }

  /**
   * Takes no more, lets the handlers that run finish, gives back everything else, and closes the connection. Never
   * rejects.
   */
  stop({ timeoutMs = DEFAULT_STOP_MS }: StopOptions = {}): Promise<void> {
    this.#stopped ??= this.#stop(waitLimit(timeoutMs, DEFAULT_STOP_MS));
    return this.#stopped;
  }

  stats(): ListenerStats {
    const { overdue, late, longestMs } = this.#calls;
    return this.#counters.stats({ running: this.#limiter.running, overdue, late, longestMs });
  }

  health(): ListenerHealth {
    if (this.#stopped !== undefined) return { status: 'stopped' };
    if (this.#started === undefined) return { status: 'idle' };
    const { overdue } = this.#calls;
    const isUp = this.#session !== undefined;
    return {
      status: isUp ? 'up' : 'down',
      ...(isUp || this.#error === undefined ? undefined : { error: this.#error }),
      ...(overdue === 0 ? undefined : { overdue }),
    };
  }

  #add(
    setting: string,
    defaultName: string,
    pattern: string | readonly string[],
    handler: Handler<never> | BatchHandler<never>,
    options: HandlerOptions & { readonly batch?: BatchOptions },
  ): void {
    if (this.#started !== undefined) throw new ConfigurationError(setting, 'comes after start()');
    if (typeof handler !== 'function') throw new ConfigurationError(setting, 'has no function as its handler');
    knownKeys(options, ['name', 'priority', 'where', 'batch'], setting);
    const { batch } = options;
    if (batch !== undefined) knownKeys(batch, ['size', 'timeout'], `${setting}.batch`);
    this.#handlers.push({
      name: this.#uniqueName(options.name ?? defaultName, options.name !== undefined, setting),
      patterns: EventPatterns.parse(pattern, setting),
      priorities: prioritiesOf(options, `${setting}.priority`),
      where: compileWhere(options.where, `${setting}.where`),
      call:
        batch === undefined
          ? { handler: handler as Handler<never> }
          : {
              batchHandler: handler as BatchHandler<never>,
              size: integer(1, this.#settings.prefetch)(batch.size, `${setting}.batch.size`),
              timeoutMs: duration(1, 600_000)(batch.timeout ?? 1_000, `${setting}.batch.timeout`),
            },
    });
  }

  #uniqueName(name: string, isGiven: boolean, setting: string): string {
    const taken = new Set(this.#handlers.map((handler) => handler.name));
    if (!taken.has(name)) return name;
    if (isGiven) throw new ConfigurationError(`${setting}.name`, `is ${JSON.stringify(name)}, as another handler's`);
    for (let number = 2; ; number += 1) if (!taken.has(`${name}#${number}`)) return `${name}#${number}`;
  }

  async #run(): Promise<void> {
    // Sockets keep nothing alive, but a program that only listens must go on.
    const alive = setInterval(() => undefined, 2 ** 30);
    const { retryDelaysMs, duplicates, maxMessageBytes, temporary } = this.#settings;
    const processor = new Processor(this.#entries, {
      maxMessageBytes,
      duplicates,
      retries: temporary ? 0 : retryDelaysMs.length,
    });
    const { signal } = this.#stopping;
    const pace = new ReconnectPace(this.#settings.reconnect);
    let isFirst = true;
    while (!signal.aborted) {
      let begun: number | undefined;
      try {
        const over = promiseWithResolvers<DeliveryError | undefined>();
        this.#session = await this.#open(processor, isFirst, over.resolve);
        this.#error = undefined;
        begun = performance.now();
        isFirst = false;
        this.#started?.resolve();
        const stop = () => over.resolve(undefined);
        signal.addEventListener('abort', stop);
        if (signal.aborted) stop();
        const cause = await over.promise;
        signal.removeEventListener('abort', stop);
        if (cause === undefined) break;
        this.#counters.lostConnections += 1;
        this.#tell(cause);
        await this.#session.close();
      } catch (error) {
        this.#tell(error);
      }
      this.#session = undefined;
      await pause(pace.next(begun === undefined ? 0 : performance.now() - begun), signal);
    }
    clearInterval(alive);
  }

  #tell(error: unknown): void {
    this.#error = errorText(error);
    if (this.#stopping.signal.aborted) return;
    this.#reporter.warn('down', () => `not listening, it is tried again: ${this.#error}`);
  }

  async #open(processor: Processor, isFirst: boolean, lost: (cause: DeliveryError) => void): Promise<Session> {
    const priorities = new Set<Priority>(this.#handlers.flatMap(({ priorities: taken }) => [...taken]));
    const parts = {
      settings: this.#settings,
      priorities,
      processor,
      counters: this.#counters,
      reporter: this.#reporter,
      isFirst,
    };
    const connected = await this.#connect(parts, this.#stopping.signal);
    try {
      this.#opening = connected.consume(lost);
      return await this.#opening;
    } catch (error) {
      await connected.close();
      throw error;
    } finally {
      this.#opening = undefined;
    }
  }

  async #stop(timeoutMs: number): Promise<void> {
    // Sockets keep nothing alive, but somebody waits for the end.
    const alive = setInterval(() => undefined, 2 ** 30);
    try {
      await this.#finish(timeoutMs);
    } finally {
      clearInterval(alive);
    }
  }

  async #finish(timeoutMs: number): Promise<void> {
    this.#started?.reject(new DeliveryError('the listener was stopped before it was connected'));
    const session = this.#session ?? (await this.#opened(timeoutMs));
    await session?.cancel();
    // What is not begun is given back at once, so that others can begin it.
    this.#limiter.stop();
    for (const entry of this.#entries) entry.stop();
    if (session !== undefined) {
      const timer = new AbortController();
      await Promise.race([session.idle(), pause(timeoutMs, timer.signal)]);
      timer.abort();
    }
    this.#calls.stop();
    this.#stopping.abort();
    await session?.close();
    await this.#running;
    await this.#session?.close();
  }

  /** The session that is being opened, if there is one, as soon as it is. */
  async #opened(timeoutMs: number): Promise<Session | undefined> {
    if (this.#opening === undefined) return undefined;
    const timer = new AbortController();
    const session = await Promise.race([this.#opening.catch(() => undefined), pause(timeoutMs, timer.signal)]);
    timer.abort();
    return session ?? undefined;
  }
}

/**
 * A listener for RabbitMQ, with `protocol: 'amqp1'` for any broker of AMQP 1.0. Throws a ConfigurationError for bad
 * options, and where `rhea` is needed and not installed; connects when it is started.
 */
export function createListener(options: ListenerOptions = {}): Listener {
  return new Listener(options);
}

/** Waits so long, or until the signal; never rejects. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}

function promiseWithResolvers<T = void>() {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
