import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createNotifier, type Notifier, type Receipt, RefusedError } from '../../src/index.js';
import { accountOf, expectBalanced } from '../support/accounting.js';
import { type HeldBatch, ScriptedDriver } from '../support/scripted-driver.js';

type Outcome = 'delivered' | 'not now' | 'refused';

/** What may happen to a notifier whose driver answers when it is told to. */
type Step =
  | { readonly tell: readonly number[] }
  | { readonly answer: readonly Outcome[] }
  | 'lose a batch'
  | 'refuse a batch'
  | 'lose the connection'
  | 'flush'
  | 'close';

/** Sizes are in KiB. */
const steps = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ tell: fc.array(fc.nat(40), { minLength: 1, maxLength: 6 }) }) },
    {
      weight: 4,
      arbitrary: fc.record({
        answer: fc.array(fc.constantFrom<Outcome>('delivered', 'not now', 'refused'), { minLength: 3, maxLength: 3 }),
      }),
    },
    { weight: 1, arbitrary: fc.constantFrom('lose a batch', 'refuse a batch', 'lose the connection', 'flush') },
    { weight: 1, arbitrary: fc.constant('close') },
  ),
  { minLength: 5, maxLength: 40 },
) as fc.Arbitrary<Step[]>;

/** One notifier with a small queue, every step of which the test decides. */
class Run {
  readonly notifier: Notifier;
  readonly receipts: Receipt[] = [];
  /** `accepted`, `delivered` or `dropped`, with the message id, as the channels told it. */
  readonly told: string[] = [];
  readonly #driver = new ScriptedDriver({ batchSize: 3, window: 6 });
  readonly #flushes: Promise<unknown>[] = [];
  #answered = 0;

  constructor(overflow: 'drop-newest' | 'drop-oldest') {
    this.#driver.answer = undefined;
    this.notifier = createNotifier({
      drivers: [this.#driver],
      overflow,
      queueMessages: 8,
      queueBytes: '100KiB',
      retryMinMs: 1,
      retryMaxMs: 1,
      reporter: { warn() {}, info() {} },
    });
  }

  /** Notes what the channels tell while `action` runs; the account is held to its invariant each time. */
  async heard(action: () => Promise<void>): Promise<void> {
    const listeners = ['accepted', 'delivered', 'dropped'].map((name) => {
      const listener = (message: unknown) => {
        this.told.push(`${name} ${(message as { messageId: string }).messageId}`);
        expectBalanced(this.notifier);
      };
      subscribe(`tidings:${name}`, listener);
      return () => unsubscribe(`tidings:${name}`, listener);
    });
    try {
      await action();
    } finally {
      for (const stop of listeners) stop();
    }
  }

  async take(step: Step): Promise<void> {
    if (step === 'lose the connection') this.#driver.host?.unavailable(new Error('lost'));
    else if (step === 'flush') this.#flushes.push(this.notifier.flush());
    else if (step === 'close') this.#flushes.push(this.notifier.close({ timeoutMs: 2 }));
    else if (step === 'lose a batch') this.#next()?.reject(new Error('lost'));
    else if (step === 'refuse a batch') this.#next()?.reject(new RefusedError('never'));
    else if ('answer' in step) this.#next()?.resolve(step.answer.map(outcomeOf));
    else {
      for (const kilobytes of step.tell) {
        this.receipts.push(this.notifier.info('e.told', { data: 'x'.repeat(kilobytes * 1024) }));
        expectBalanced(this.notifier);
      }
    }
    expectBalanced(this.notifier);
    await turn();
    expectBalanced(this.notifier);
  }

  /** Closes it; what comes too late must change nothing. */
  async end(): Promise<void> {
    await this.notifier.close({ timeoutMs: 1 });
    await Promise.all(this.#flushes);
    const stats = accountOf(this.notifier);
    for (let batch = this.#next(); batch !== undefined; batch = this.#next()) batch.resolve();
    await turn();
    expect(accountOf(this.notifier)).toEqual(stats);
  }

  #next(): HeldBatch | undefined {
    const batch = this.#driver.batches[this.#answered];
    if (batch !== undefined) this.#answered += 1;
    return batch;
  }
}

function outcomeOf(outcome: Outcome): Error | undefined {
  if (outcome === 'refused') return new RefusedError('never');
  return outcome === 'not now' ? new Error(outcome) : undefined;
}

it.each(['drop-newest', 'drop-oldest'] as const)(
  'the account, the receipts and the channels agree on every notification, whatever happens (%s)',
  async (overflow) => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(steps, async (taken) => {
        const run = new Run(overflow);
        await run.heard(async () => {
          for (const each of taken) await run.take(each);
          await run.end();
        });
        const { accepted, delivered, waiting, inFlight, dead, dropped } = accountOf(run.notifier);
        expect({ accepted, waiting, inFlight, dead }).toEqual({
          accepted: run.receipts.length,
          waiting: 0,
          inFlight: 0,
          dead: 0,
        });
        const count = (status: string) => run.receipts.filter((receipt) => receipt.status === status).length;
        expect({ delivered, ...dropped }).toEqual({
          delivered: count('delivered'),
          ...(count('dropped') > 0 && { overflow: count('dropped') }),
          ...(count('refused') > 0 && { refused: count('refused') }),
          ...(count('closed') > 0 && { closed: count('closed') }),
        });
        expect(run.told.toSorted()).toEqual(
          run.receipts
            .flatMap(({ status, messageId }) => [
              `accepted ${messageId}`,
              `${status === 'delivered' ? status : 'dropped'} ${messageId}`,
            ])
            .toSorted(),
        );
        for (const { status } of run.receipts) seen.add(status);
      }),
      { numRuns: 60 },
    );
    // Else the steps would be no test.
    expect([...seen].toSorted()).toEqual(['closed', 'delivered', 'dropped', 'refused']);
  },
);
