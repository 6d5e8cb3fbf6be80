import { afterEach, describe, expect, it, vi } from 'vitest';
import { MemoryDriver } from '../../src/drivers/memory.js';
import { createNotifier } from '../../src/index.js';

/** Ready only when it is told to be. */
class LateDriver extends MemoryDriver {
  ready!: () => void;
  readonly #opened = new Promise<void>((resolve) => {
    this.ready = resolve;
  });

  open(): Promise<void> {
    return this.#opened;
  }
}

afterEach(() => {
  vi.useRealTimers();
});

describe('the timestamp', () => {
  it('is the moment of telling, though the driver comes later and the clock has been set in between', async () => {
    const driver = new LateDriver();
    const notifier = createNotifier({ drivers: [driver] });
    const before = Date.now();
    notifier.info('image.update');
    const after = Date.now();
    await new Promise((resolve) => setImmediate(resolve));
    vi.useFakeTimers({ toFake: ['Date'], now: before + 3_600_000 });
    notifier.info('image.update');
    driver.ready();
    await notifier.close();
    const [first, second] = driver.notifications.map(({ timestamp }) => Date.parse(timestamp));
    // Written in whole milliseconds, from two clocks that tick apart.
    expect(first).toBeGreaterThanOrEqual(before - 5);
    expect(first).toBeLessThanOrEqual(after + 5);
    // The clock of the test stands still while the turn goes on.
    expect(second).toBeGreaterThan(before + 3_500_000);
  });

  it('of one process keeps the order of telling', async () => {
    const driver = new MemoryDriver();
    const notifier = createNotifier({ drivers: [driver] });
    for (let turn = 0; turn < 50; turn += 1) {
      notifier.info('image.update');
      notifier.info('image.update');
      await new Promise((resolve) => setImmediate(resolve));
    }
    await notifier.close();
    const times = driver.notifications.map(({ timestamp }) => timestamp);
    expect(times).toHaveLength(100);
    expect(times.toSorted()).toEqual(times);
  });
});
