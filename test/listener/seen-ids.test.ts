import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { SeenIds } from '../../src/listener/seen-ids.js';

it('knows the latest ids, and no more than it may hold', () => {
  const seen = new SeenIds(2);
  for (const id of ['a', 'b', 'c']) seen.add(id);
  expect(['a', 'b', 'c'].map((id) => seen.has(id))).toEqual([false, true, true]);
});

it('takes no more memory for ids that a sender made long', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const longId = (number: number) => `${number}:${Buffer.alloc(500_000, 'x').toString('latin1')}`;
  const seen = new SeenIds(1_000);
  collect();
  const before = process.memoryUsage();
  for (let number = 0; number < 200; number += 1) seen.add(longId(number));
  collect();
  const { heapUsed, external } = process.memoryUsage();
  // They would be 100 MB.
  expect(heapUsed + external - before.heapUsed - before.external).toBeLessThan(30_000_000);
  expect([seen.has(longId(199)), seen.has(longId(200))]).toEqual([true, false]);
});
