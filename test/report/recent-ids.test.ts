import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RecentIds } from '../../src/report/recent-ids.js';

it('knows an id again, whatever it is, and no other', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), (ids) => {
      const recent = new RecentIds(1_024);
      const known = new Set<string>();
      for (const id of ids) {
        expect(recent.seen(id)).toBe(known.has(id));
        known.add(id);
      }
    }),
  );
});

it('takes none of many for another: random ones, numbers, and those that differ in one place', () => {
  const recent = new RecentIds();
  let mistakes = 0;
  for (let index = 0; index < 15_000; index += 1) {
    const tail = index.toString(16).padStart(12, '0');
    for (const id of [randomUUID(), `${index}`, `00000000-0000-4000-8000-${tail}`, `${tail}-0000-4000-8000-00000000`]) {
      if (recent.seen(id)) mistakes += 1;
    }
  }
  expect(mistakes).toBe(0);
});

it('knows the latest again, and forgets the oldest', () => {
  const recent = new RecentIds(4_096);
  for (let index = 0; index < 100_000; index += 1) expect(recent.seen(`id ${index}`)).toBe(false);
  for (let index = 99_000; index < 100_000; index += 1) expect(recent.seen(`id ${index}`)).toBe(true);
  expect(recent.seen('id 0')).toBe(false);
});
