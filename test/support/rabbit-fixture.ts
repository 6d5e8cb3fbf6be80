import { afterAll, afterEach, beforeAll, inject } from 'vitest';
import { RabbitDriver, type RabbitOptions } from '../../src/drivers/rabbit/index.js';
import { AmqpProbe, RecordingHost, uniqueName } from './amqp-probe.js';
import { type BrokerAccess, createVhost, ctl } from './rabbitmq.js';

/** The broker of this test run; undefined where there is none, and tests that need it are skipped. */
export function sharedBroker(): BrokerAccess | undefined {
  const broker = inject('broker');
  return 'access' in broker ? broker.access : undefined;
}

/** True where the broker of this test run is RabbitMQ 3, or one of which only the URL is known. */
export const isRabbitmq3 = sharedBroker()?.version?.startsWith('3.') ?? true;
/** True where RabbitMQ closes the channel of who holds a message of a classic queue for too long: no more in 4.3. */
export const isHoldingLimited = isRabbitmq3 || /^4\.[012]\./.test(sharedBroker()?.version ?? '');

/** Rabbit drivers for one test file, in a virtual host of its own; closed after each test. */
export class RabbitFixture {
  readonly #opened: RabbitDriver[] = [];
  #access: BrokerAccess | undefined;
  #url = '';
  #probe: AmqpProbe | undefined;

  /** For the shared broker, unless told otherwise before the tests begin. */
  constructor(access: () => BrokerAccess | undefined = sharedBroker) {
    beforeAll(async () => {
      this.#access = access();
      if (this.#access === undefined) return;
      this.#url = await createVhost(this.#access);
      this.#probe = await AmqpProbe.open(this.#url);
    });
    afterEach(async () => {
      await Promise.all(this.#opened.splice(0).map((driver) => driver.close()));
    });
    afterAll(() => this.#probe?.close());
  }

  /** The URL of the virtual host. */
  get url(): string {
    return this.#url;
  }

  get probe(): AmqpProbe {
    if (this.#probe === undefined) throw new Error('there is no broker');
    return this.#probe;
  }

  /** An open driver, by default with an exchange of its own. */
  async open(options: RabbitOptions = {}) {
    const exchange = options.exchange ?? uniqueName('exchange');
    const host = new RecordingHost();
    const driver = new RabbitDriver({ url: this.#url, exchange, ...options });
    this.#opened.push(driver);
    await driver.open(host);
    return { driver, host, exchange, topic: uniqueName('topic') };
  }

  /** Runs `rabbitmqctl` in the virtual host. */
  async ctl(command: string, ...args: string[]): Promise<string> {
    if (this.#access === undefined) throw new Error('there is no broker');
    return ctl(this.#access, command, '-p', new URL(this.#url).pathname.slice(1), ...args);
  }

  /** Rows of `rabbitmqctl list_…`. */
  async listed(what: string, ...columns: string[]): Promise<Record<string, unknown>[]> {
    return JSON.parse(await this.ctl(`list_${what}`, ...columns, '--formatter', 'json'));
  }

  /** The queues and their arguments. The default type, which RabbitMQ 4 lists and 3 does not, is always among those. */
  async queues(): Promise<Record<string, unknown>[]> {
    const rows = await this.listed('queues', 'name', 'durable', 'auto_delete', 'arguments');
    return rows.map((row) => {
      const listed = (row.arguments as [string, string, unknown][]).map(([name, , value]) => [name, value]);
      return { ...row, arguments: { 'x-queue-type': 'classic', ...Object.fromEntries(listed) } };
    });
  }
}
