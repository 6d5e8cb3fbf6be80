import { connect as connectSocket, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { DeliveryError, errorText } from '../../notification/errors.js';
import { gatherWrites } from '../gather-writes.js';
import { type Amqp1Url, parseAmqp1Url } from './amqp1-url.js';
import { explainAmqp1Error, UNOPENED } from './explain-amqp1-error.js';
import type { Rhea, RheaConnection, RheaContext, RheaSession } from './rhea.js';
import { type SaslMechanism, saslMechanisms } from './sasl.js';

export interface Amqp1ConnectionOptions {
  readonly rhea: Rhea;
  /** Peers that are as good as each other, tried in turn; at least one. */
  readonly urls: readonly string[];
  /** How the client is called by the peer; no other connection may have the same name. */
  readonly containerId: string;
  /** What the `hostname` of the open frame is, by which peers choose a virtual host. */
  readonly hostname: (url: Amqp1Url) => string;
  readonly sasl: (url: Amqp1Url) => SaslMechanism;
  /** The most deliveries that one link has under way. */
  readonly window: number;
  /** A connection is lost after two of these without a sign of life, in milliseconds. */
  readonly heartbeatMs: number;
  /** How long one URL may take until the connection is open, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** For `amqps://` URLs, as `tls.connect()` takes it. */
  readonly tls?: ConnectionOptions | undefined;
  /** Gives up opening. */
  readonly signal?: AbortSignal;
  /** Called once when an open connection is lost; not after {@link Amqp1Connection.close}. */
  readonly lost?: (cause: DeliveryError) => void;
}

/** The peer has this long to answer a close, in milliseconds. */
const CLOSE_TIMEOUT_MS = 2_000;
/**
 * From its oldest delivery that is not settled, rhea keeps all those after it, this many: one that the peer is slow to
 * answer for holds up the others only when so many have followed it.
 */
const SESSION_BUFFER = 2_048;
/** Else rhea ends the process with an error, or writes to the console. What they tell is looked at elsewhere. */
const EVENTS_OF_OTHERS = [
  'disconnected',
  'session_error',
  'session_close',
  'sender_error',
  'sender_close',
  'receiver_error',
  'receiver_close',
];

/**
 * A connection to an AMQP 1.0 peer, on rhea. Nothing of it keeps a process alive: whoever waits for something must do so
 * itself. Has no reconnecting: a lost connection is over, open another one.
 */
export class Amqp1Connection {
  readonly url: Amqp1Url;
  readonly #url: string;
  readonly #rhea: RheaConnection;
  readonly #socket: Socket;
  readonly #options: Amqp1ConnectionOptions;
  readonly #onOver = new Set<(cause: DeliveryError) => void>();
  #state: 'opening' | 'open' | 'closing' | 'over' = 'opening';
  #cause: unknown;
  #explained: DeliveryError | undefined;

  private constructor(url: string, options: Amqp1ConnectionOptions) {
    this.#url = url;
    this.url = parseAmqp1Url(url);
    this.#options = options;
    // Not a socket of rhea's own: it would neither be unref'd nor tell when it is destroyed.
    this.#socket = openSocket(this.url, options.tls).unref();
    this.#socket.on('error', (error) => this.#over(error));
    this.#socket.on('close', () => this.#over(new Error('closed')));
    this.#rhea = options.rhea.create_container({ id: options.containerId }).create_connection({
      connection_details: () => ({ connect: (...args: unknown[]) => this.#connected(args.at(-1) as () => void) }),
      reconnect: false,
      container_id: options.containerId,
      host: this.url.hostname,
      hostname: options.hostname(this.url),
      idle_time_out: Math.round(options.heartbeatMs),
      sasl_mechanisms: saslMechanisms(options.sasl(this.url), this.url),
    });
    this.#listen();
  }

  /** Connects to the first of the URLs that answers. Rejects with a DeliveryError that says what to do for each. */
  static async open(options: Amqp1ConnectionOptions): Promise<Amqp1Connection> {
    const failures: DeliveryError[] = [];
    for (const url of options.urls) {
      try {
        return await Amqp1Connection.#openOne(url, options);
      } catch (error) {
        failures.push(explainAmqp1Error(error, url));
        if (options.signal?.aborted) break;
      }
    }
    const [first] = failures;
    if (first !== undefined && failures.length === 1) throw first;
    const reasons = failures.map(errorText).join('; ');
    throw new DeliveryError(`none of the ${failures.length} brokers can be used: ${reasons}`, { cause: first });
  }

  static async #openOne(url: string, options: Amqp1ConnectionOptions): Promise<Amqp1Connection> {
    const connection = new Amqp1Connection(url, options);
    const { signal, connectTimeoutMs } = options;
    const abort = () => connection.destroy(new DeliveryError('opening the connection was given up'));
    const timer = setTimeout(() => {
      connection.destroy(Object.assign(new Error(`no answer in ${connectTimeoutMs} ms`), { code: 'ETIMEDOUT' }));
    }, connectTimeoutMs).unref();
    signal?.addEventListener('abort', abort);
    if (signal?.aborted) abort();
    try {
      await connection.#opened();
      return connection;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    }
  }

  get isClosed(): boolean {
    return this.#state === 'over';
  }

  /** What the peer calls itself, for instance `RabbitMQ`. */
  get product(): string | undefined {
    const product = this.#rhea.remote.open?.properties?.product;
    return typeof product === 'string' ? product : undefined;
  }

  /** True for RabbitMQ 3 with its plugin, which knows no outcome `modified`. */
  get isRabbitmq3(): boolean {
    const version = this.#rhea.remote.open?.properties?.version;
    return this.product === 'RabbitMQ' && typeof version === 'string' && version.startsWith('3.');
  }

  /** Begins a session; whoever did must end it. */
  beginSession(): RheaSession {
    const outgoing = Math.max(SESSION_BUFFER, 2 * this.#options.window);
    const session = this.#rhea.create_session({ outgoing, incoming: SESSION_BUFFER });
    session.begin();
    return session;
  }

  /** Calls back once, when the connection is over; returns what takes it back. At once where it is over already. */
  whenOver(callback: (cause: DeliveryError) => void): () => void {
    if (this.#explained !== undefined) callback(this.#explained);
    else this.#onOver.add(callback);
    return () => void this.#onOver.delete(callback);
  }

  /** Why the connection is over, always the same error; undefined while it is not. */
  get cause(): DeliveryError | undefined {
    return this.#explained;
  }

  /** What an error of this connection means; see {@link explainAmqp1Error}. */
  explain(error: unknown): DeliveryError {
    return explainAmqp1Error(error, this.#url);
  }

  /** Ends it at once, for a reason. */
  destroy(cause: Error): void {
    this.#cause ??= cause;
    this.#socket.destroy();
    this.#over(cause);
  }

  /** Closes in order, at most two seconds long. May be called at any time; never rejects. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    const isOver = new Promise<void>((resolve) => this.#onOver.add(() => resolve()));
    // Not unref'd: a process that ends with this call must get to the end of it.
    const timer = setTimeout(() => this.destroy(new Error('closed')), CLOSE_TIMEOUT_MS);
    this.#state = 'closing';
    this.#cause ??= new DeliveryError('the connection was closed on this side');
    this.#rhea.close();
    await isOver;
    clearTimeout(timer);
  }

  #connected(proceed: () => void): Socket {
    this.#socket.once(this.url.protocol === 'amqps' ? 'secureConnect' : 'connect', () => {
      gatherWrites(this.#socket);
      proceed();
    });
    return this.#socket;
  }

  #listen(): void {
    const rhea = this.#rhea;
    unrefTimers(rhea);
    // Before the connection is open its own time limit holds: a login may take longer than a sign of life.
    rhea.idle = () => {
      if (this.#state !== 'opening') this.destroy(new Error('Heartbeat timeout'));
    };
    rhea.on('connection_error', ({ error }) => {
      this.#cause ??= error;
    });
    rhea.on('connection_close', () => this.#over(new Error('closed by the broker')));
    const broken = (error: RheaContext) => this.#over((error as { error?: unknown }).error ?? error);
    rhea.on('protocol_error', broken);
    rhea.on('error', broken);
    for (const event of EVENTS_OF_OTHERS) rhea.on(event, () => undefined);
  }

  /** Resolves when the peer has begun a session too: RabbitMQ refuses a virtual host no earlier. */
  #opened(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.whenOver(reject);
      this.#rhea.on('connection_open', () => {
        const session = this.beginSession();
        session.on('session_open', () => {
          session.close();
          if (this.#state !== 'opening') return;
          this.#state = 'open';
          resolve();
        });
      });
      this.#rhea.connect();
    });
  }

  /** True where the peer has taken the login, and has not answered the open frame, which names the virtual host. */
  get #isUnanswered(): boolean {
    const { amqp_transport: transport, remote } = this.#rhea;
    return this.#state === 'opening' && transport?.header_received !== undefined && remote.open === undefined;
  }

  #over(cause: unknown): void {
    if (this.#state === 'over') return;
    const wasOpen = this.#state === 'open';
    this.#cause ??= this.#isUnanswered ? Object.assign(new Error(errorText(cause)), { code: UNOPENED }) : cause;
    this.#state = 'over';
    // The rest of a close in order; a peer that is gone would never end its side.
    if (!this.#socket.destroyed) setTimeout(() => this.#socket.destroy(), CLOSE_TIMEOUT_MS).unref();
    const explained = this.explain(this.#cause);
    this.#explained = explained;
    for (const callback of [...this.#onOver]) callback(explained);
    this.#onOver.clear();
    if (wasOpen) this.#options.lost?.(explained);
  }
}

function openSocket({ protocol, hostname, port }: Amqp1Url, tls: ConnectionOptions | undefined): Socket {
  const place = { host: hostname, port, noDelay: true };
  if (protocol === 'amqp') return connectSocket(place);
  // What an address has no name for is not asked for by name.
  const servername = isIP(hostname) === 0 ? { servername: hostname } : undefined;
  return connectTls({ ...servername, ...tls, ...place });
}

/** rhea's timers would keep the process alive for ever. */
function unrefTimers(connection: RheaConnection): void {
  for (const name of ['heartbeat_in', 'heartbeat_out', 'abort_idle']) {
    let timer: NodeJS.Timeout | undefined;
    const set = (value: NodeJS.Timeout | undefined) => {
      timer = value?.unref();
    };
    Object.defineProperty(connection, name, { get: () => timer, set });
  }
}
