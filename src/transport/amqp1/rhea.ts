import { loadOptionalPackage } from '../../notification/optional-package.js';

/** What of rhea is used; its own types are not needed to compile a service. */
export interface Rhea {
  create_container(options: { readonly id: string }): {
    create_connection(options: object): RheaConnection;
  };
  readonly message: {
    encode(message: RheaMessage): Buffer;
    /** Throws for what is no message of AMQP 1.0. */
    decode(encoded: Buffer): RheaReceivedMessage;
    data_section(data: Buffer): unknown;
  };
}

/** A message; header and properties side by side. */
export interface RheaMessage {
  durable: boolean;
  /** In milliseconds. */
  ttl?: number;
  message_id?: string;
  subject?: string;
  content_type?: string;
  application_properties?: Readonly<Record<string, unknown>>;
  body: unknown;
}

/** A message as it came, header, properties and the rest side by side; what it has not is absent. */
export interface RheaReceivedMessage {
  readonly delivery_count?: number;
  readonly first_acquirer?: boolean;
  readonly application_properties?: Readonly<Record<string, unknown>>;
  /** A string, bytes, a section (`typecode` 0x75: data) or any other value. */
  readonly body?: unknown;
  readonly [field: string]: unknown;
}

/** What AMQP calls an error: why something was closed, ended, detached or rejected. */
export interface AmqpCondition {
  readonly condition?: string;
  readonly description?: string;
  readonly info?: Readonly<Record<string, unknown>> | null;
}

/** True for nothing, also where the peer has written it down: rhea has an object for it then. */
export function isNothing(value: unknown): value is null | undefined {
  return value == null || (value as { value?: unknown }).value === null;
}

export interface RheaContext {
  readonly error?: unknown;
  readonly delivery?: RheaDelivery;
  /** Encoded, where rhea was kept from reading it. */
  readonly message?: unknown;
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
  /** It gets the header of the AMQP protocol after the login. */
  readonly amqp_transport?: { readonly header_received?: unknown };
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
  readonly incoming: {
    /** What is not settled. */
    deliveries: RheaDeliveries;
    on_transfer(frame: RheaTransfer, receiver: RheaReceiver): void;
  };
  begin(): void;
  open_sender(options: object): RheaSender;
  open_receiver(options: object): RheaReceiver;
}

/** What rhea asks of the place where a session has its incoming deliveries. */
export interface RheaDeliveries {
  available(): number;
  push(delivery: RheaIncoming): void;
  pop_if(isOver: (delivery: RheaIncoming) => boolean): void;
  by_id(id: number): RheaIncoming | undefined;
}

export interface RheaTransfer {
  readonly performative: { message_format?: number; readonly more?: boolean };
}

export interface RheaReceiver extends RheaEndpoint {
  /** How many deliveries the peer may send; rhea counts it down. */
  credit: number;
  /** How many deliveries there have been, from what the peer began with: the credit counts on from it (AMQP 1.0, part 2.6.7). */
  delivery_count: number;
  /** The peer's attach, where it has answered. */
  readonly remote: { readonly attach?: { readonly initial_delivery_count?: unknown } };
  /** True: the credit is told to the peer when rhea writes next. */
  issue_flow: boolean;
  readonly connection: { _register(): void };
  /** As the peer has it; absent where it has refused the link. */
  readonly source?: { readonly outcomes?: unknown; readonly capabilities?: unknown } | null;
  add_credit(credit: number): void;
}

export interface RheaIncoming extends RheaDelivery {
  readonly id: number;
  accept(): void;
  release(): void;
  modified(how: { readonly delivery_failed: boolean }): void;
  reject(error: AmqpCondition): void;
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
