import { once } from 'node:events';
import { connect as connectSocket, createServer, type Server, type Socket } from 'node:net';

/** Stands between a client and a broker, and can hold back what the client sends. */
export class TcpProxy {
  readonly #server: Server;
  readonly #clients = new Set<Socket>();
  #allowance = Number.POSITIVE_INFINITY;
  #refuses = false;
  #onAnswer: (() => void) | undefined;
  /** What clients have sent so far. */
  bytesFromClients = 0;

  private constructor(server: Server, target: URL) {
    this.#server = server;
    server.on('connection', (client) => {
      if (this.#refuses) {
        client.destroy();
        return;
      }
      const broker = connectSocket(Number(target.port), target.hostname);
      this.#clients.add(client);
      client.on('close', () => broker.destroy()).on('error', () => undefined);
      broker.on('close', () => client.destroy()).on('error', () => undefined);
      client.on('data', (data) => {
        this.bytesFromClients += data.length;
        broker.write(data.subarray(0, this.#allowance));
        this.#allowance = Math.max(0, this.#allowance - data.length);
      });
      broker.on('data', (data) => {
        client.write(data);
        this.#onAnswer?.();
      });
    });
  }

  static async open(target: string): Promise<TcpProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TcpProxy(server, new URL(target));
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  /** The broker's URL, through this proxy. */
  urlFor(target: string): string {
    const url = new URL(target);
    url.host = `127.0.0.1:${this.port}`;
    return url.href;
  }

  /** Resolves when the broker next says something. */
  nextAnswer(): Promise<void> {
    return new Promise((resolve) => {
      this.#onAnswer = resolve;
    });
  }

  /** From now on only so many bytes reach the broker; resolves when the broker next says something. */
  holdAfter(bytes: number): Promise<void> {
    this.#allowance = bytes;
    return this.nextAnswer();
  }

  /** Cuts all connections. */
  cut(): void {
    this.#allowance = Number.POSITIVE_INFINITY;
    for (const client of this.#clients) client.destroy();
    this.#clients.clear();
  }

  /** Cuts all connections and takes no new ones, until {@link accept}. */
  refuse(): void {
    this.#refuses = true;
    this.cut();
  }

  accept(): void {
    this.#refuses = false;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}
