import { channel as diagnosticsChannel } from 'node:diagnostics_channel';
import { connect as connectSocket, Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { Channel, ChannelModel, ConfirmChannel, SocketOptions } from 'amqplib';
import { DeliveryError, errorText } from '../../notification/errors.js';
import { gatherWrites } from '../gather-writes.js';
import { parseAmqpUrl } from './amqp-url.js';
import { explainAmqpError } from './explain-amqp-error.js';

export interface AmqpConnectionOptions {
  /** Brokers of one cluster, tried in turn; at least one. */
  readonly urls: readonly string[];
  /** How the connection is called in the broker's list of connections. */
  readonly connectionName: string;
  /** A connection is lost after two to three of these without a sign of life, in milliseconds. Default: 10 s. */
  readonly heartbeatMs?: number;
  /** How long one URL may take until the connection is open, in milliseconds. Default: 10 s. */
  readonly connectTimeoutMs?: number;
  /** For `amqps://` URLs, as `tls.connect()` takes it. */
  readonly tls?: ConnectionOptions;
  /** Gives up opening. */
  readonly signal?: AbortSignal;
  /** Called once when the connection is lost; not after {@link AmqpConnection.close}. */
  readonly lost?: (cause: DeliveryError) => void;
  /** Called when the broker takes nothing more, with its address (without the password) and its reason. */
  readonly blocked?: (address: string, reason: string) => void;
  /** Called when it does again, or the connection is lost. */
  readonly unblocked?: () => void;
}

const DEFAULT_HEARTBEAT_MS = 10_000;
const DEFAULT_CONNECT_TIMEOUT_MS = 10_000;
/** The broker has this long to answer a close, in milliseconds. */
const CLOSE_TIMEOUT_MS = 2_000;

/**
 * A connection to an AMQP 0-9-1 broker. Nothing of it keeps a process alive: whoever waits for something must do so
 * itself. Has no reconnecting: a lost connection is over, open another one.
 */
export class AmqpConnection {
  /** The address in use, without the password. */
  readonly address: string;
  readonly #url: string;
  readonly #model: ChannelModel;
  readonly #socket: Socket;
  readonly #ended: Promise<void>;
  #isClosed = false;
  #closing = false;
  #cause: unknown;
  #unblocked: { promise: Promise<void>; resolve: () => void } | undefined;
  readonly #onUnblocked: (() => void) | undefined;

  private constructor(url: string, model: ChannelModel, socket: Socket, options: AmqpConnectionOptions) {
    const { lost, blocked, unblocked } = options;
    this.#onUnblocked = unblocked;
    this.#url = url;
    this.address = parseAmqpUrl(url).shown;
    this.#model = model;
    this.#socket = socket;
    model.on('error', (error) => {
      this.#cause ??= error;
    });
    model.on('blocked', (reason) => {
      this.#unblocked ??= withResolver();
      blocked?.(this.address, reason);
    });
    model.on('unblocked', () => this.#unblock());
    this.#ended = new Promise((resolve) => {
      model.on('close', (error) => {
        this.#isClosed = true;
        this.#cause ??= error;
        this.#unblock();
        // amqplib only ends its side; a broker that is gone would never end the other one.
        setTimeout(() => socket.destroy(), CLOSE_TIMEOUT_MS).unref();
        resolve();
        if (!this.#closing) lost?.(this.explain(this.#cause ?? new Error('Unexpected close')));
      });
    });
  }

  /** Connects to the first of the URLs that answers. Rejects with a DeliveryError that says what to do for each. */
  static async open(options: AmqpConnectionOptions): Promise<AmqpConnection> {
    const failures: DeliveryError[] = [];
    for (const url of options.urls) {
      try {
        return await AmqpConnection.#openOne(url, options);
      } catch (error) {
        failures.push(explainAmqpError(error, url));
        if (options.signal?.aborted) break;
      }
    }
    const [first] = failures;
    if (first !== undefined && failures.length === 1) throw first;
    const reasons = failures.map(errorText).join('; ');
    throw new DeliveryError(`none of the ${failures.length} brokers can be used: ${reasons}`, { cause: first });
  }

  static async #openOne(url: string, options: AmqpConnectionOptions): Promise<AmqpConnection> {
    const parsed = parseAmqpUrl(url);
    const { connect, credentials } = await loadAmqplib();
    const socketOptions: SocketOptions & { socket?: Socket } = {
      ...(parsed.protocol === 'amqps'
        ? { ...(options.tls as SocketOptions), socket: connectSocket({ host: parsed.hostname, port: parsed.port }) }
        : undefined),
      noDelay: true,
      // amqplib's own parsing of URLs garbles what is not ASCII.
      credentials: credentials.plain(parsed.user, parsed.password),
      clientProperties: { connection_name: options.connectionName },
    };
    const { protocol, hostname, port, vhost } = parsed;
    const heartbeat = Math.max(1, Math.round((options.heartbeatMs ?? DEFAULT_HEARTBEAT_MS) / 1_000));
    const target = { protocol, hostname, port, vhost: encodeURIComponent(vhost), heartbeat };
    const { result, socket } = capturingSocket(() => connect(target, socketOptions), socketOptions.socket);
    const stop = giveUpOn(socket, options);
    try {
      const model = await result;
      unrefHeartbeat(model);
      gatherWrites(socket);
      return new AmqpConnection(url, model, socket, options);
    } catch (error) {
      socket.destroy();
      throw error;
    } finally {
      stop();
    }
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Why the connection was lost; undefined while it is open. */
  get cause(): unknown {
    return this.#cause;
  }

  /** True while the broker takes nothing more (it is short of memory or disk). */
  get isBlocked(): boolean {
    return this.#unblocked !== undefined;
  }

  /** Resolves when the broker takes messages again, and when the connection is over. */
  unblocked(): Promise<void> {
    return this.#unblocked?.promise ?? Promise.resolve();
  }

  openChannel(): Promise<Channel> {
    return this.#opened(this.#model.createChannel());
  }

  openConfirmChannel(): Promise<ConfirmChannel> {
    return this.#opened(this.#model.createConfirmChannel());
  }

  /** What an error of this connection or of one of its channels means; see {@link explainAmqpError}. */
  explain(error: unknown): DeliveryError {
    return explainAmqpError(error, this.#url);
  }

  /** Closes in order, at most two seconds long. May be called at any time; never rejects. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    // Not unref'd: a process that ends with this call must get to the end of it.
    const timer = setTimeout(() => this.#socket.destroy(new Error('the broker did not answer')), CLOSE_TIMEOUT_MS);
    if (!this.#closing) {
      this.#closing = true;
      this.#model.close().catch(() => undefined);
    }
    await this.#ended;
    clearTimeout(timer);
  }

  async #opened<T extends Channel>(opening: Promise<T>): Promise<T> {
    const channel = await opening;
    // An error without a listener would end the process.
    channel.on('error', () => undefined);
    return channel;
  }

  #unblock(): void {
    if (this.#unblocked === undefined) return;
    this.#unblocked.resolve();
    this.#unblocked = undefined;
    this.#onUnblocked?.();
  }
}

/** Loaded with the first connection: importing tidings must not load a broker's client. */
async function loadAmqplib(): Promise<typeof import('amqplib')> {
  const loaded = await import('amqplib');
  // A loader that finds no named exports in CommonJS has them all in the default one.
  return 'connect' in loaded ? loaded : (loaded as unknown as { default: typeof import('amqplib') }).default;
}

/**
 * amqplib shows its socket to nobody, but Node does: the socket is opened while `connect` runs. It is unref'd from the
 * start, else a broker that does not answer would keep a finished process alive.
 */
function capturingSocket<T>(connect: () => T, given: Socket | undefined): { result: T; socket: Socket } {
  let socket = given;
  const onSocket = (message: unknown) => {
    socket ??= (message as { socket: Socket }).socket;
  };
  const sockets = diagnosticsChannel('net.client.socket');
  sockets.subscribe(onSocket);
  try {
    const result = connect();
    // A stand-in where amqplib opened none: `result` says why.
    return { result, socket: (socket ?? new Socket()).unref() };
  } finally {
    sockets.unsubscribe(onSocket);
  }
}

/** Ends the opening when its time is up or it is aborted. Call what it returns when the opening is over. */
function giveUpOn(socket: Socket, { signal, connectTimeoutMs = DEFAULT_CONNECT_TIMEOUT_MS }: AmqpConnectionOptions) {
  const abort = () => socket.destroy(new DeliveryError('opening the connection was given up'));
  const timer = setTimeout(() => {
    socket.destroy(Object.assign(new Error(`no answer in ${connectTimeoutMs} ms`), { code: 'ETIMEDOUT' }));
  }, connectTimeoutMs).unref();
  signal?.addEventListener('abort', abort);
  if (signal?.aborted) abort();
  return () => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  };
}

/** amqplib's heartbeat runs on two intervals that would keep the process alive for ever. */
function unrefHeartbeat(model: ChannelModel): void {
  const { heartbeater } = model.connection as {
    heartbeater?: { sendTimer?: NodeJS.Timeout; recvTimer?: NodeJS.Timeout };
  };
  heartbeater?.sendTimer?.unref();
  heartbeater?.recvTimer?.unref();
}

function withResolver(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
