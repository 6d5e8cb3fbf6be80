import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import type { Broker, BrokerAccess } from './rabbitmq.js';

const run = promisify(execFile);
const IMAGE = 'rabbitmq:3-management';

/** True where a Docker engine answers; the client alone is not enough. */
export async function dockerAnswers(): Promise<boolean> {
  return run('docker', ['info'], { timeout: 10_000 }).then(
    () => true,
    () => false,
  );
}

/** A broker in a container of its own, on a free loopback port that it keeps over restarts. */
export class DockerRabbitmq implements Broker {
  readonly #container: string;
  readonly #port: number;

  private constructor(container: string, port: number) {
    this.#container = container;
    this.#port = port;
  }

  get access(): BrokerAccess {
    const command = ['docker', 'exec', this.#container, 'rabbitmqctl'];
    return { url: `amqp://guest:guest@127.0.0.1:${this.#port}`, ctl: { command, env: {} } };
  }

  static async create(): Promise<DockerRabbitmq> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    await promisify(server.close.bind(server))();
    // The image is pulled here, once.
    const { stdout } = await run('docker', ['create', '-p', `127.0.0.1:${port}:5672`, IMAGE], { timeout: 600_000 });
    return new DockerRabbitmq(stdout.trim(), port);
  }

  async start(): Promise<void> {
    await run('docker', ['start', this.#container]);
    const wait = ['exec', this.#container, 'rabbitmqctl', 'await_startup', '--timeout', '90'];
    // The node may not run yet when it is asked.
    for (let attempt = 1; ; attempt += 1) {
      try {
        await run('docker', wait, { timeout: 120_000 });
        await run('docker', ['exec', this.#container, 'rabbitmq-plugins', '-q', 'enable', 'rabbitmq_amqp1_0']);
        return;
      } catch (error) {
        if (attempt === 10) throw error;
      }
    }
  }

  async stop(): Promise<void> {
    await run('docker', ['stop', this.#container]);
  }

  async kill(): Promise<void> {
    await run('docker', ['kill', this.#container]).catch(() => undefined);
  }

  async dispose(): Promise<void> {
    await run('docker', ['rm', '-f', '-v', this.#container]).catch(() => undefined);
  }
}
