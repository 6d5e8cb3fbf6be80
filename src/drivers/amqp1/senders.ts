import type { Amqp1Connection } from '../../transport/amqp1/amqp1-connection.js';
import { Amqp1Sender, type Amqp1SenderOptions } from '../../transport/amqp1/amqp1-sender.js';

type Settle = (outcome: Error | undefined) => void;

/**
 * The links of one connection, one per address and at most so many. Where all are busy, messages to further addresses
 * wait for one to become idle; those of one address stay in their order.
 */
export class Senders {
  readonly #connection: Amqp1Connection;
  readonly #most: number;
  readonly #options: Omit<Amqp1SenderOptions, 'idle'>;
  /** The one used longest ago first. */
  readonly #senders = new Map<string, Amqp1Sender>();
  /** What waits for a link. An address that has one is never in here. */
  #parked: { readonly address: string; readonly message: Buffer; readonly settle: Settle }[] = [];

  constructor(connection: Amqp1Connection, most: number, options: Omit<Amqp1SenderOptions, 'idle'>) {
    this.#connection = connection;
    this.#most = most;
    this.#options = options;
    connection.whenOver((cause) => {
      for (const { settle } of this.#parked.splice(0)) settle(cause);
    });
  }

  send(address: string, message: Buffer, settle: Settle): void {
    const sender = this.#senderFor(address);
    if (this.#connection.cause !== undefined) settle(this.#connection.cause);
    else if (sender === undefined) this.#parked.push({ address, message, settle });
    else sender.send(message, settle);
  }

  #senderFor(address: string): Amqp1Sender | undefined {
    let sender = this.#senders.get(address);
    if (sender === undefined || sender.isClosed) {
      if (this.#connection.isClosed || !this.#hasRoom()) return undefined;
      const opened = new Amqp1Sender(this.#connection, address, {
        ...this.#options,
        idle: () => this.#idle(address, opened),
      });
      sender = opened;
    }
    this.#senders.delete(address);
    this.#senders.set(address, sender);
    return sender;
  }

  #hasRoom(): boolean {
    if (this.#senders.size < this.#most) return true;
    for (const [address, sender] of this.#senders) {
      if (!sender.isIdle) continue;
      this.#senders.delete(address);
      sender.close();
      return true;
    }
    return false;
  }

  #idle(address: string, sender: Amqp1Sender): void {
    if (sender.isClosed && this.#senders.get(address) === sender) this.#senders.delete(address);
    if (this.#parked.length === 0 || this.#connection.isClosed) return;
    const parked = this.#parked;
    this.#parked = [];
    for (const { address: wanted, message, settle } of parked) this.send(wanted, message, settle);
  }
}
