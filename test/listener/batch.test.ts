import { expect, it } from 'vitest';
import { Batch } from '../../src/listener/batch.js';
import { HandlerCalls } from '../../src/listener/handler-calls.js';
import { DEAD, HANDLED, REQUEUE } from '../../src/listener/index.js';
import { Limiter } from '../../src/listener/limiter.js';

async function resultsOf(returned: unknown, count: number): Promise<string[]> {
  const settings = { batchHandler: () => returned, size: count, timeoutMs: 60_000 };
  const batch = new Batch('name', settings, new Limiter(1), new HandlerCalls(1_000, () => {}));
  const verdicts = Array.from({ length: count }, () => batch.add({} as never, {} as never));
  return (await Promise.all(verdicts)).map(({ result }) => result);
}

it.each([
  [
    [HANDLED, DEAD, REQUEUE],
    [HANDLED, DEAD, REQUEUE],
  ],
  [DEAD, [DEAD, DEAD, DEAD]],
  [undefined, [HANDLED, HANDLED, HANDLED]],
  // What a database gives back of a statement.
  [[{ id: 1 }], [HANDLED, HANDLED, HANDLED]],
  // Nobody knows which one is meant: none may be taken for done.
  [[DEAD], [REQUEUE, REQUEUE, REQUEUE]],
  [
    [HANDLED, HANDLED, HANDLED, REQUEUE],
    [REQUEUE, REQUEUE, REQUEUE],
  ],
])('a handler of batches that returns %j means %j', async (returned, results) => {
  expect(await resultsOf(returned, 3)).toEqual(results);
});
