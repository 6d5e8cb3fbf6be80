import { loadOptionalPackage } from '../../notification/optional-package.js';

/** What of rhea is used; its own types are not needed to compile a service. */
export interface Rhea {
  create_container(options: { readonly id: string }): {
    create_connection(options: object): RheaConnection;
  };
  readonly message: {
    encode(message: RheaMessage): Buffer;
    data_section(data: Buffer): unknown;
  };
}

/** A message; header and properties side by side. */
export interface RheaMessage {
  durable: boolean;
  /** In milliseconds. */
  ttl?: number;
  message_id: string;
  subject: string;
  content_type?: string;
  body: unknown;
}

/** What AMQP calls an error: why something was closed, ended, detached or rejected. */
export interface AmqpCondition {
  readonly condition?: string;
  readonly description?: string;
}

export interface RheaContext {
  readonly error?: unknown;
  readonly delivery?: RheaDelivery;
}

interface RheaEndpoint {
  readonly error?: AmqpCondition;
  on(event: string, listener: (context: RheaContext) => void): unknown;
  close(): void;
}

export interface RheaConnection extends RheaEndpoint {
  readonly remote: {
    readonly open?: { readonly properties?: Readonly<Record<string, unknown>>; readonly max_frame_size?: number };
  };
  connect(): unknown;
  /** How many deliveries it has under way at most, in each direction. */
  create_session(buffer: { readonly outgoing: number; readonly incoming: number }): RheaSession;
  is_open(): boolean;
  /** Called when the peer has been silent for twice our idle time-out. */
  idle(): void;
}

export interface RheaSession extends RheaEndpoint {
  /** Deliveries that were handed over: those from `next_pending_delivery` on are not written yet. */
  readonly outgoing: { available(): number; next_delivery_id: number; next_pending_delivery: number };
  begin(): void;
  open_sender(options: object): RheaSender;
}

export interface RheaSender extends RheaEndpoint {
  /** How many deliveries the peer takes; not reduced before they are written. */
  credit: number;
  /** What the peer takes at most, in bytes; 0 or absent: no limit. */
  readonly max_message_size?: unknown;
  readonly target?: { readonly address?: unknown } | null;
  /** With a format the message is taken as it is: encoded. */
  send(encoded: Buffer, tag: undefined, format: number): RheaDelivery;
  set_drained(isDrained: boolean): void;
}

export interface RheaDelivery {
  remote_settled: boolean;
  readonly remote_state?: {
    readonly error?: AmqpCondition | null;
    readonly undeliverable_here?: boolean | null;
  };
  update(isSettled: boolean): void;
}

/** Loads rhea; a ConfigurationError that blames `setting` where it is not installed. */
export function loadRhea(setting: string): Rhea {
  return loadOptionalPackage('rhea', setting) as Rhea;
}
