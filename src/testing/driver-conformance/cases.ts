import assert from 'node:assert/strict';
import type { Notifier } from '../../index.js';
import { PRIORITIES } from '../../notification/priority.js';
import type { Consumed, DriverFeature, DriverHarness } from './harness.js';

/** What a test is given: the driver behind a notifier, with its other end. */
export interface Running {
  readonly harness: DriverHarness;
  readonly notifier: Notifier;
  /** What the notifier said to the operator. */
  readonly said: readonly string[];
}

export interface ConformanceCase {
  readonly name: string;
  /** Absent: every driver has to. */
  readonly feature?: DriverFeature;
  test(running: Running): Promise<void>;
}

const MANY = 1_000;
const PAYLOADS: readonly unknown[] = [
  { text: 'Zażółć gęślą jaźń 日本語 🎉 \u2028 \u0000 \u007f' },
  { text: 'a\nb\r\n"c"\\d' },
  { nested: [{ deep: [1.5, true, null, -0.25, 1e21] }], '': 'no name', 'a.b': 1 },
  'the store is full',
  '',
  null,
  0,
  false,
  [],
  {},
];

const carries = (what: string, payloads: readonly unknown[], feature: DriverFeature): ConformanceCase => ({
  name: `carries ${what} unchanged`,
  feature,
  async test({ harness, notifier }) {
    const told = payloads.map((payload) => notifier.info('conformance.payload', () => payload));
    await drained(notifier);
    const consumed = await harness.consumed(payloads.length);
    for (const [index, payload] of payloads.entries()) {
      const found = consumed.find(({ messageId }) => messageId === told[index]?.messageId);
      assert.deepEqual(found?.payload, payload);
    }
  },
});

/** The obligations of the driver contract, held against the real other end of a driver, through a notifier. */
export const casesOf = (maxPayloadBytes: number): readonly ConformanceCase[] => [
  {
    name: 'has a name, and bounds that make sense',
    async test({ harness: { driver } }) {
      const { name, batchSize = 1, window = batchSize } = driver;
      assert.match(name, /^[A-Za-z0-9][A-Za-z0-9_.-]*$/);
      assert.ok(batchSize >= 1, `batchSize is ${batchSize}; it is at least 1`);
      assert.ok(window >= batchSize, `window is ${window}; it is at least batchSize, ${batchSize}`);
    },
  },
  {
    name: 'says "delivered" only when the other end has it',
    async test({ harness, notifier }) {
      const receipt = notifier.info('conformance.one', { n: 1 });
      const report = await receipt.delivered();
      assert.equal(report.status, 'delivered', report.reason);
      const [consumed] = await harness.consumed(1);
      assert.equal(consumed?.messageId, receipt.messageId);
      assert.equal(notifier.health().drivers[harness.driver.name]?.status, 'up');
    },
  },
  {
    name: 'carries every priority, and every attribute as it was told',
    feature: 'attributes',
    async test({ harness, notifier }) {
      for (const priority of PRIORITIES) notifier.notify(`conformance.${priority}`, { priority }, { priority });
      await drained(notifier);
      const consumed = (await harness.consumed(PRIORITIES.length)).map(
        ({ publisherId, eventType, priority, payload }) => ({ publisherId, eventType, priority, payload }),
      );
      const expected = PRIORITIES.map((priority) => ({
        publisherId: 'conformance.host',
        eventType: `conformance.${priority}`,
        priority,
        payload: { priority },
      }));
      assert.deepEqual(byPriority(consumed), byPriority(expected));
    },
  },
  {
    name: 'loses nothing and repeats nothing over a thousand',
    async test({ harness, notifier, said }) {
      const receipts = Array.from({ length: MANY }, (_, n) => notifier.info('conformance.many', { n }));
      balanced(notifier);
      await drained(notifier);
      const consumed = await harness.consumed(MANY);
      assert.deepEqual(sortedIds(consumed), sortedIds(receipts));
      const { accepted, delivered, retried } = accountOf(notifier, harness);
      assert.deepEqual({ accepted, delivered, retried }, { accepted: MANY, delivered: MANY, retried: 0 });
      assert.deepEqual(said, []);
    },
  },
  {
    name: 'keeps the order while nothing is retried',
    feature: 'order',
    async test({ harness, notifier }) {
      const receipts = Array.from({ length: MANY }, (_, n) => notifier.info('conformance.order', { n }));
      await drained(notifier);
      const consumed = await harness.consumed(MANY);
      assert.deepEqual(
        consumed.map(({ messageId }) => messageId),
        receipts.map(({ messageId }) => messageId),
      );
    },
  },
  carries('any payload', PAYLOADS, 'payloads'),
  carries(`a text of ${maxPayloadBytes} bytes`, [{ text: 'x'.repeat(maxPayloadBytes) }], 'large'),
  {
    name: 'delivers after an outage what was told before, in and after it, and says meanwhile that it cannot',
    feature: 'outage',
    async test({ harness, notifier }) {
      const { outage } = harness;
      assert.ok(outage, 'the harness has no outage; give one, or say in skip.outage why not');
      const told = [notifier.info('conformance.before')];
      await drained(notifier);
      await outage.begin();
      for (let n = 0; n < 20; n += 1) told.push(notifier.info('conformance.outage', { n }));
      while (notifier.health().drivers[harness.driver.name]?.status === 'up') {
        balanced(notifier);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      assert.notEqual(told.at(-1)?.status, 'delivered');
      await outage.end();
      told.push(notifier.info('conformance.after'));
      await drained(notifier);
      const consumed = new Set((await harness.consumed(told.length)).map(({ messageId }) => messageId));
      assert.deepEqual(
        told.filter(({ messageId }) => !consumed.has(messageId)).map(({ status }) => status),
        [],
        'some said to be delivered did not come',
      );
      assert.equal(accountOf(notifier, harness).delivered, told.length);
    },
  },
];

/** What no notifier does with a driver, but may: it is used by itself. */
export const ALONE: readonly { readonly name: string; test(start: () => Promise<DriverHarness>): Promise<void> }[] = [
  {
    name: 'opens as often as it is asked, also at once, and closes without having been opened',
    async test(start) {
      const host = { unavailable() {}, degraded() {}, warn() {} };
      const { driver } = await start();
      await Promise.all([driver.open?.(host), driver.open?.(host)]);
      await driver.open?.(host);
      await driver.close?.();
      const unopened = await start();
      await unopened.driver.close?.();
    },
  },
];

async function drained(notifier: Notifier): Promise<void> {
  assert.deepEqual(await notifier.flush(), { drained: true, undelivered: 0 });
  balanced(notifier);
}

function accountOf(notifier: Notifier, { driver }: DriverHarness) {
  const account = notifier.stats().drivers[driver.name];
  assert.ok(account);
  return account;
}

/** Each notification is in exactly one state. */
function balanced(notifier: Notifier): void {
  for (const stats of Object.values(notifier.stats().drivers)) {
    const dropped = Object.values(stats.dropped).reduce((sum, count) => sum + count, 0);
    const states = stats.delivered + stats.waiting + stats.inFlight + stats.dead + dropped;
    assert.equal(states, stats.accepted + stats.recovered);
  }
}

function byPriority<T extends Pick<Consumed, 'priority'>>(consumed: readonly T[]): T[] {
  return [...consumed].sort((a, b) => PRIORITIES.indexOf(a.priority) - PRIORITIES.indexOf(b.priority));
}

function sortedIds(each: readonly { readonly messageId: string }[]): string[] {
  return each.map(({ messageId }) => messageId).sort();
}
