import type { DeliveryOutcome, Driver, DriverHost, OutgoingMessage } from '../../src/index.js';

type Answer = (batch: readonly OutgoingMessage[]) => Promise<readonly DeliveryOutcome[] | undefined>;

/** A driver whose answers a test decides: each batch waits until the test answers it, or gets the standing answer. */
export class ScriptedDriver implements Driver {
  readonly name: string;
  readonly batchSize: number;
  readonly window: number;
  /** Event types that were delivered, in order. */
  readonly delivered: string[] = [];
  /** Every batch that was handed over, with its answers. */
  readonly batches: HeldBatch[] = [];
  opened = 0;
  closed = 0;
  host: DriverHost | undefined;
  /** What `open` does. */
  opens: () => Promise<void> = async () => {};
  /** How a batch is answered at once; undefined: the test answers it. */
  answer: Answer | undefined = async () => undefined;
  #onBatch: (() => void) | undefined;

  constructor({ name = 'scripted', batchSize = 1, window = 1 } = {}) {
    this.name = name;
    this.batchSize = batchSize;
    this.window = window;
  }

  async open(host: DriverHost): Promise<void> {
    this.host = host;
    this.opened += 1;
    await this.opens();
  }

  async deliver(batch: readonly OutgoingMessage[]): Promise<readonly DeliveryOutcome[] | undefined> {
    const held = new HeldBatch(batch);
    this.batches.push(held);
    this.#onBatch?.();
    const outcomes = await (this.answer === undefined ? held.answer : this.answer(batch));
    batch.forEach((message, index) => {
      if (outcomes?.[index] === undefined) this.delivered.push(message.notification.eventType);
    });
    return outcomes;
  }

  async close(): Promise<void> {
    this.closed += 1;
  }

  /** The batch number `index` (from 0), when it has been handed over. */
  async batch(index: number): Promise<HeldBatch> {
    while (this.batches.length <= index) {
      await new Promise<void>((resolve) => {
        this.#onBatch = resolve;
      });
    }
    return this.batches[index] as HeldBatch;
  }
}

export class HeldBatch {
  readonly types: readonly string[];
  readonly answer: Promise<readonly DeliveryOutcome[] | undefined>;
  resolve!: (outcomes?: readonly DeliveryOutcome[]) => void;
  reject!: (error: Error) => void;

  constructor(readonly messages: readonly OutgoingMessage[]) {
    this.types = messages.map(({ notification }) => notification.eventType);
    this.answer = new Promise((resolve, reject) => {
      this.resolve = (outcomes) => resolve(outcomes);
      this.reject = reject;
    });
  }
}
