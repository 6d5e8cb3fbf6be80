import { afterEach, describe, expect, it } from 'vitest';
import { createNotifier, type Driver, type Notifier, PRIORITIES, type Priority } from '../../src/index.js';
import { expectBalanced } from './accounting.js';
import { RecordingReporter } from './recorded.js';

/** What a consumer at the other end of a driver reads of one notification. */
export interface Consumed {
  readonly messageId: string;
  readonly publisherId: string;
  readonly eventType: string;
  readonly priority: Priority;
  readonly payload: unknown;
}

/** One driver with its other end, made anew for each test. */
export interface DriverHarness {
  readonly driver: Driver;
  /** What the other end has by now, in the order it came; at least `count`, or it fails by the test's time limit. */
  consumed(count: number): Promise<readonly Consumed[]>;
  dispose?(): Promise<void>;
}

export interface ConformanceLimits {
  /** The longest payload that the other end takes by its own rules, in bytes. Default: half a megabyte and more. */
  readonly maxPayloadBytes?: number;
}

/**
 * The obligations of the driver contract that every driver meets, held against its real other end through a notifier.
 * Each driver's test file calls this and adds what is its own.
 */
export function describeDriverConformance(
  name: string,
  start: () => Promise<DriverHarness>,
  { maxPayloadBytes = 500_000 }: ConformanceLimits = {},
): void {
  describe(`${name} keeps the driver contract`, () => {
    const cleanups: (() => Promise<unknown> | undefined)[] = [];
    afterEach(async () => {
      for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
    });

    async function begin(
      options: object = {},
    ): Promise<{ harness: DriverHarness; notifier: Notifier; said: string[] }> {
      const harness = await start();
      cleanups.push(() => harness.dispose?.());
      const reporter = new RecordingReporter();
      const notifier = createNotifier({
        drivers: [harness.driver],
        publisherId: 'conformance.host',
        reporter,
        ...options,
      });
      cleanups.push(() => notifier.close({ timeoutMs: 1_000 }));
      return { harness, notifier, said: reporter.lines };
    }

    it('has a name, and bounds that make sense', async () => {
      const { harness } = await begin();
      const { driver } = harness;
      expect(driver.name).toMatch(/^[a-z][a-z0-9-]*$/);
      expect(driver.batchSize ?? 1).toBeGreaterThanOrEqual(1);
      expect(driver.window ?? driver.batchSize ?? 1).toBeGreaterThanOrEqual(driver.batchSize ?? 1);
    });

    it('says "delivered" only when the other end has it', async () => {
      const { harness, notifier } = await begin();
      const receipt = notifier.info('conformance.one', { n: 1 });
      expect(await receipt.delivered()).toMatchObject({
        status: 'delivered',
        drivers: { [harness.driver.name]: { status: 'delivered' } },
      });
      expect(await harness.consumed(1)).toMatchObject([
        { messageId: receipt.messageId, eventType: 'conformance.one', priority: 'INFO', payload: { n: 1 } },
      ]);
    });

    it('carries every priority, and every attribute as it was told', async () => {
      const { harness, notifier } = await begin();
      for (const priority of PRIORITIES) notifier.notify(`conformance.${priority}`, { priority }, { priority });
      expect(await notifier.flush()).toEqual({ drained: true, undelivered: 0 });
      const consumed = [...(await harness.consumed(PRIORITIES.length))].sort((a, b) =>
        a.priority < b.priority ? -1 : 1,
      );
      expect(consumed).toMatchObject(
        [...PRIORITIES].sort().map((priority) => ({
          publisherId: 'conformance.host',
          eventType: `conformance.${priority}`,
          priority,
          payload: { priority },
        })),
      );
    });

    it('keeps the order, loses nothing and repeats nothing over a thousand', async () => {
      const { harness, notifier, said } = await begin();
      for (let n = 0; n < 1_000; n += 1) notifier.info('conformance.many', { n });
      expectBalanced(notifier);
      expect(await notifier.flush()).toEqual({ drained: true, undelivered: 0 });
      expectBalanced(notifier);
      const consumed = await harness.consumed(1_000);
      expect(consumed.map(({ payload }) => (payload as { n: number }).n)).toEqual(
        Array.from({ length: 1_000 }, (_, n) => n),
      );
      expect(notifier.stats().drivers[harness.driver.name]).toMatchObject({
        accepted: 1_000,
        delivered: 1_000,
        retried: 0,
      });
      expect(said).toEqual([]);
    });

    it.each<[string, unknown]>([
      ['text of other scripts', { text: 'Zażółć gęślą jaźń 日本語 🎉 \u2028 \u0000 \u007f' }],
      ['line ends and quotes', { text: 'a\nb\r\n"c"\\d' }],
      ['a text as the payload', 'the store is full'],
      ['null', null],
      ['an empty array', []],
      [`a payload of ${maxPayloadBytes} bytes`, { text: 'x'.repeat(maxPayloadBytes) }],
    ])('carries %s unchanged', async (_, payload) => {
      const { harness, notifier } = await begin();
      notifier.info('conformance.payload', () => payload);
      await notifier.flush();
      expect((await harness.consumed(1)).map((each) => each.payload)).toEqual([payload]);
    });

    it('opens as often as it is asked, also at once, and closes without having been opened', async () => {
      const host = { unavailable() {}, degraded() {}, warn() {} };
      const opened = await start();
      cleanups.push(() => opened.dispose?.());
      await Promise.all([opened.driver.open?.(host), opened.driver.open?.(host)]);
      await opened.driver.open?.(host);
      await opened.driver.close?.();
      const unopened = await start();
      cleanups.push(() => unopened.dispose?.());
      await unopened.driver.close?.();
    });
  });
}
