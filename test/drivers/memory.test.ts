import { expect, it } from 'vitest';
import { MemoryDriver } from '../../src/drivers/memory.js';
import { createNotifier } from '../../src/index.js';
import { describeDriverConformance } from '../support/driver-conformance.js';

describeDriverConformance(
  'memory',
  async () => {
    const driver = new MemoryDriver();
    return { driver, consumed: async () => driver.notifications };
  },
  { skip: { outage: 'it has no other end that could be away' } },
);

it('keeps copies: what one test does to them, no other driver sees', async () => {
  const [first, second] = [new MemoryDriver(), new MemoryDriver({ name: 'second' })];
  const notifier = createNotifier({ drivers: [first, second] });
  notifier.info('a.b', { tags: ['x'] });
  await notifier.close();
  const [kept] = first.notifications as unknown as [{ payload: { tags: string[] } }];
  kept.payload.tags.push('y');
  expect(second.notifications[0]?.payload).toEqual({ tags: ['x'] });
  first.clear();
  expect(first.notifications).toEqual([]);
  expect(second.notifications).toHaveLength(1);
});
