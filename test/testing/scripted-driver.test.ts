import { afterEach, expect, it } from 'vitest';
import { createNotifier, type Notifier, RefusedError } from '../../src/index.js';
import { ScriptedDriver, type ScriptStep } from '../../src/testing/index.js';
import { accountOf } from '../support/accounting.js';

const notifiers: Notifier[] = [];
afterEach(async () => {
  for (const notifier of notifiers.splice(0)) await notifier.close({ timeoutMs: 10 });
});

function begin(driver: ScriptedDriver): Notifier {
  const notifier = createNotifier({
    drivers: [driver],
    retryMinMs: 1,
    retryMaxMs: 5,
    reporter: { warn() {}, info() {} },
  });
  notifiers.push(notifier);
  return notifier;
}

it.each<[string, ScriptStep[], string, object]>([
  ['deliver', ['deliver'], 'delivered', { retried: 0 }],
  ['nack, then by default deliver', ['nack', 'nack'], 'delivered', { retried: 2 }],
  ['refuse', ['refuse'], 'refused', { retried: 0, dropped: { refused: 1 } }],
  ['drop, which opens it again', ['drop'], 'delivered', { retried: 1 }],
  ['delay', [{ delayMs: 5 }], 'delivered', { retried: 0 }],
  ['delay, then another step', [{ delayMs: 5, step: 'refuse' }], 'refused', { dropped: { refused: 1 } }],
  ['outcomes of its own', [[new RefusedError('no')]], 'refused', { dropped: { refused: 1 } }],
])('answers by its script: %s', async (_, script, status, account) => {
  const driver = new ScriptedDriver({ script });
  const notifier = begin(driver);
  expect(await notifier.info('a.b').delivered()).toMatchObject({ status });
  expect(accountOf(notifier)).toMatchObject(account);
  expect(driver.opened).toBe(script.includes('drop') ? 2 : 1);
});

it('blocks until the test answers, batch by batch', async () => {
  const driver = new ScriptedDriver({ batchSize: 2, script: ['block'] });
  driver.script('block');
  const notifier = begin(driver);
  for (const type of ['a.one', 'a.two', 'a.three']) notifier.info(type);
  const [first, both] = await Promise.all([driver.batch(0), driver.batch(0)]);
  expect(both).toBe(first);
  expect(first.types).toEqual(['a.one', 'a.two']);
  expect(accountOf(notifier)).toMatchObject({ inFlight: 2, waiting: 1 });
  first.resolve([undefined, new RefusedError('no')]);
  (await driver.batch(1)).reject(new Error('lost'));
  expect(await notifier.flush()).toEqual({ drained: true, undelivered: 0 });
  expect(driver.delivered).toEqual(['a.one', 'a.three']);
  expect(driver.batches[2]?.messages[0]).toMatchObject({ attempt: 2 });
  await notifier.close();
  expect(driver.closed).toBe(1);
});

it('may be unable to open, and lose its connection', async () => {
  const driver = new ScriptedDriver();
  driver.opens = async () => {
    throw new Error('down');
  };
  const notifier = begin(driver);
  const receipt = notifier.info('a.b');
  while (notifier.health().status !== 'down') await new Promise(setImmediate);
  driver.opens = async () => {};
  expect(await receipt.delivered()).toMatchObject({ status: 'delivered' });
  driver.host?.unavailable(new Error('lost'));
  expect(notifier.health()).toMatchObject({ status: 'down', reason: 'scripted: lost' });
});
