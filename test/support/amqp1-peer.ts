import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, inject, vi } from 'vitest';
import { freePorts } from './private-rabbitmq.js';

/** A message as the peer has it. */
export interface PeerMessage {
  readonly address: string;
  readonly outcome: string;
  readonly id: string;
  readonly body: string;
  readonly section: 'value' | 'data';
  readonly subject: string;
  readonly durable: boolean;
  /** In seconds. */
  readonly ttl: number;
  readonly content_type: string | null;
  /** Its application properties. */
  readonly properties: Readonly<Record<string, unknown>> | null;
}

/** What can be told to the peer; see test/interop/amqp1-peer.py. */
export interface PeerCommands {
  /** What becomes of messages: accept, reject [condition [reason=…] description], release, modify [undeliverable], hold, … */
  outcome?: string;
  /** The same for the next ones, one each. */
  outcomes?: string[];
  /** What all links have at all times; `new_credit`: those that are attached from now on. */
  credit?: number;
  new_credit?: number;
  /** So much more, once, for all links. */
  grant?: number;
  /** Addresses that do not exist. */
  unknown?: string[];
  /** Addresses that give each receiver that asks for a topic a copy of what they are sent from then on. */
  topics?: string[];
  /** Of links that are attached from now on, in bytes; 0: no limit. */
  max_message_size?: number;
  drain?: true;
  detach?: { address: string; condition: string; description: string };
  end_sessions?: { condition: string; description: string };
  close?: { condition: string; description: string };
  answer_held?: string;
  /** What it has to give, by address. Released or modified, it is the next to be given again. */
  enqueue?: { address: string; messages: readonly PeerOffer[] };
}

/** A message that the peer gives: a string as its body, or all of it in bytes. */
export type PeerOffer =
  | { body: unknown; id?: string; count?: number; properties?: Readonly<Record<string, unknown>> }
  | { hex: string };

interface Told {
  readonly event: string;
  readonly [key: string]: unknown;
}

export interface PeerTls {
  readonly cert: string;
  readonly key: string;
  /** The authority of client certificates, which are asked for then. */
  readonly clientCa?: string;
}

const started = new Set<Amqp1Peer>();

/** True where this test run has a Python with qpid-proton. */
export function isPeerPossible(): boolean {
  return 'python' in inject('proton');
}

/** An AMQP 1.0 peer on qpid-proton, a process of its own on a port of its own. It ends with the test file. */
export class Amqp1Peer {
  readonly #port: number;
  readonly #tls: PeerTls | undefined;
  #child: ChildProcess | undefined;
  /** Everything that it has told, since it was first started. */
  readonly told: Told[] = [];

  private constructor(port: number, tls: PeerTls | undefined) {
    this.#port = port;
    this.#tls = tls;
    started.add(this);
  }

  static async start(tls?: PeerTls): Promise<Amqp1Peer> {
    const [port] = await freePorts(1);
    const peer = new Amqp1Peer(port as number, tls);
    await peer.start();
    return peer;
  }

  get url(): string {
    return this.#tls === undefined ? `amqp://127.0.0.1:${this.#port}` : `amqps://localhost:${this.#port}`;
  }

  /** What it was sent and accepted, all of it: what it answers may be here before what it tells. */
  async accepted(): Promise<PeerMessage[]> {
    await this.tell({});
    return this.messages();
  }

  /** What it has told so far that it was sent, by the outcome that it gave. */
  messages(outcome = 'accept'): PeerMessage[] {
    return this.of('message').filter((told) => told.outcome === outcome) as unknown as PeerMessage[];
  }

  of(event: string): Told[] {
    return this.told.filter((told) => told.event === event);
  }

  /** On the port that it had before. */
  async start(): Promise<void> {
    const proton = inject('proton');
    const script = fileURLToPath(new URL('../interop/amqp1-peer.py', import.meta.url));
    const tls = this.#tls === undefined ? [] : [this.#tls.cert, this.#tls.key, this.#tls.clientCa ?? '-'];
    const child = spawn('python' in proton ? proton.python : '', [script, String(this.#port), ...tls], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child = child;
    child.stdin.on('error', () => undefined);
    createInterface({ input: child.stdout }).on('line', (line) => this.told.push(JSON.parse(line) as Told));
    const ready = this.of('ready').length;
    await vi.waitUntil(() => this.of('ready').length > ready, { timeout: 20_000, interval: 5 });
  }

  /** Resolves when it has done so. */
  async tell(commands: PeerCommands): Promise<void> {
    const done = this.of('done').length;
    this.#child?.stdin?.write(`${JSON.stringify(commands)}\n`);
    await vi.waitUntil(() => this.of('done').length > done, { timeout: 20_000, interval: 2 });
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.kill(signal);
  }

  /** `SIGKILL`: as a power failure would. Resolves when all that it told is here. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return;
    child.kill('SIGCONT');
    child.kill(signal);
    await once(child, 'close');
  }
}

afterAll(async () => {
  await Promise.all([...started].map((peer) => peer.stop()));
  started.clear();
});
