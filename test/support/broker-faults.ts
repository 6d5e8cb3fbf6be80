import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, inject } from 'vitest';
import { type Broker, type BrokerAccess, ctl, startPrivateBroker } from './rabbitmq.js';

const run = promisify(execFile);

/** True where a broker can be had that a test may stop, kill and administer. */
export function isPrivateBrokerPossible(): boolean {
  const shared = inject('broker');
  return 'access' in shared && shared.access.ctl !== undefined;
}

/** A broker for one test file alone, to be maltreated. */
export class FaultyBroker {
  #found: { broker: Broker; access: BrokerAccess } | undefined;

  constructor() {
    beforeAll(async () => {
      const found = await startPrivateBroker();
      if ('reason' in found) throw new Error(found.reason);
      this.#found = found;
    });
    afterAll(() => this.#found?.broker.dispose());
  }

  get access(): BrokerAccess {
    if (this.#found === undefined) throw new Error('there is no broker');
    return this.#found.access;
  }

  get url(): string {
    return this.access.url;
  }

  /** In order. */
  async stop(): Promise<void> {
    await this.#found?.broker.stop();
  }

  /** As a power failure would. */
  async kill(): Promise<void> {
    await this.#found?.broker.kill();
  }

  async start(): Promise<void> {
    await this.#found?.broker.start();
  }

  /** It stays connected and answers nothing. */
  async freeze(): Promise<void> {
    await this.#signal('SIGSTOP', 'pause');
  }

  async thaw(): Promise<void> {
    await this.#signal('SIGCONT', 'unpause');
  }

  /** Short of memory or no longer: it takes nothing from publishers while it is. */
  async alarm(isShort: boolean): Promise<void> {
    await ctl(this.access, 'set_vm_memory_high_watermark', isShort ? '0' : '0.4');
  }

  async #signal(signal: 'SIGSTOP' | 'SIGCONT', dockerCommand: string): Promise<void> {
    const { ctl: tool } = this.access;
    const pidFile = tool?.env.RABBITMQ_PID_FILE;
    if (pidFile !== undefined) process.kill(Number(await readFile(pidFile, 'utf8')), signal);
    // docker exec <container> rabbitmqctl
    else await run('docker', [dockerCommand, tool?.command[2] ?? '']);
  }
}
