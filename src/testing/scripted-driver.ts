import type { DeliveryOutcome, Driver, DriverHost, OutgoingMessage } from '../delivery/driver.js';
import { DeliveryError, RefusedError } from '../notification/errors.js';

type Answer = (batch: readonly OutgoingMessage[]) => Promise<readonly DeliveryOutcome[] | undefined>;

/**
 * How one batch is answered.
 * - `deliver`: all of it is delivered.
 * - `nack`: nothing of it, each message is to be tried again.
 * - `refuse`: nothing of it, for good.
 * - `drop`: the connection is lost: the batch fails as a whole, the driver is opened again.
 * - `block`: no answer, until {@link HeldBatch.resolve} or `reject` of the batch is called.
 * - `{ delayMs, step }`: after a while, as `step` says (default: `deliver`).
 * - an array: each message has an outcome of its own; an error is "try again", a `RefusedError` is final.
 */
export type ScriptStep =
  | 'deliver'
  | 'nack'
  | 'refuse'
  | 'drop'
  | 'block'
  | { readonly delayMs: number; readonly step?: ScriptStep }
  | readonly DeliveryOutcome[];

export interface ScriptedDriverOptions {
  /** Default: `scripted`. */
  readonly name?: string | undefined;
  /** The most messages in a batch. Default: 1. */
  readonly batchSize?: number | undefined;
  /** The most messages that are not answered. Default: 1. */
  readonly window?: number | undefined;
  /** How the first batches are answered, one step each; after them `answer` decides. */
  readonly script?: readonly ScriptStep[];
}

/** A driver for tests whose answers the test decides: by a script, by a function, or batch by batch. */
export class ScriptedDriver implements Driver {
  readonly name: string;
  readonly batchSize: number;
  readonly window: number;
  /** Event types that were delivered, in order. */
  readonly delivered: string[] = [];
  /** Every batch that was handed over, the oldest first. */
  readonly batches: HeldBatch[] = [];
  /** How often it was opened and closed. */
  opened = 0;
  closed = 0;
  /** What it was opened with: `host.unavailable(error)` loses the connection. */
  host: DriverHost | undefined;
  /** What `open` does. A rejection: it cannot be opened for now. */
  opens: () => Promise<void> = async () => {};
  /** How a batch is answered when the script is at its end; undefined: as by `block`. Default: it is delivered. */
  answer: Answer | undefined = async () => undefined;
  readonly #script: ScriptStep[];
  #onBatch: (() => void)[] = [];

  constructor({ name = 'scripted', batchSize = 1, window = 1, script = [] }: ScriptedDriverOptions = {}) {
    this.name = name;
    this.batchSize = batchSize;
    this.window = window;
    this.#script = [...script];
  }

  async open(host: DriverHost): Promise<void> {
    this.host = host;
    this.opened += 1;
    await this.opens();
  }

  async deliver(batch: readonly OutgoingMessage[]): Promise<readonly DeliveryOutcome[] | undefined> {
    const held = new HeldBatch(batch);
    this.batches.push(held);
    for (const arrived of this.#onBatch.splice(0)) arrived();
    const step = this.#script.shift();
    const outcomes = await (step === undefined ? this.#standing(held) : follow(step, held));
    batch.forEach((message, index) => {
      if (outcomes?.[index] === undefined) this.delivered.push(message.notification.eventType);
    });
    return outcomes;
  }

  async close(): Promise<void> {
    this.closed += 1;
  }

  /** Adds steps to the end of the script. */
  script(...steps: readonly ScriptStep[]): void {
    this.#script.push(...steps);
  }

  /** The batch number `index` (from 0), as soon as it is handed over. */
  async batch(index: number): Promise<HeldBatch> {
    for (;;) {
      const batch = this.batches[index];
      if (batch !== undefined) return batch;
      await new Promise<void>((resolve) => {
        this.#onBatch.push(resolve);
      });
    }
  }

  #standing(held: HeldBatch): Promise<readonly DeliveryOutcome[] | undefined> {
    return this.answer === undefined ? held.answer : this.answer(held.messages);
  }
}

/** A batch that was handed to a {@link ScriptedDriver}. */
export class HeldBatch {
  readonly messages: readonly OutgoingMessage[];
  /** Their event types. */
  readonly types: readonly string[];
  /** Settles when a blocked batch is answered. */
  readonly answer: Promise<readonly DeliveryOutcome[] | undefined>;
  /** Answers a blocked batch: with nothing, all of it is delivered. */
  resolve!: (outcomes?: readonly DeliveryOutcome[]) => void;
  /** Answers a blocked batch: the connection is lost. */
  reject!: (error: Error) => void;

  constructor(messages: readonly OutgoingMessage[]) {
    this.messages = messages;
    this.types = messages.map(({ notification }) => notification.eventType);
    this.answer = new Promise((resolve, reject) => {
      this.resolve = (outcomes) => resolve(outcomes);
      this.reject = reject;
    });
  }
}

async function follow(step: ScriptStep, held: HeldBatch): Promise<readonly DeliveryOutcome[] | undefined> {
  if (step === 'deliver') return undefined;
  if (step === 'nack') return held.messages.map(() => new DeliveryError('not taken, by the script'));
  if (step === 'refuse') return held.messages.map(() => new RefusedError('refused, by the script'));
  if (step === 'drop') throw new DeliveryError('the connection is lost, by the script');
  if (step === 'block') return held.answer;
  if (!('delayMs' in step)) return step;
  await new Promise((resolve) => setTimeout(resolve, step.delayMs));
  return follow(step.step ?? 'deliver', held);
}
