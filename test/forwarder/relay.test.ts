import { expect, it, onTestFinished } from 'vitest';
import { ThrottledReporter } from '../../src/notification/reporter.js';
import { createRelay } from '../../src/setup/relay/create-relay.js';
import { notification } from '../support/amqp-probe.js';
import { until } from '../support/listening.js';
import { RecordingReporter } from '../support/recorded.js';
import { spoolFolder } from '../support/spool.js';

it('what is in the spool does not stay in memory while a sink is down, and all of it is delivered in its order', async () => {
  const delivered: string[] = [];
  let isDown = true;
  const driver = {
    name: 'sink',
    deliver: async (messages: readonly { readonly notification: { readonly messageId: string } }[]) => {
      if (isDown) throw new Error('it is down');
      delivered.push(...messages.map((message) => message.notification.messageId));
    },
  };
  const relay = createRelay({
    drivers: { drivers: [driver], routing: undefined, warnings: [], written: [] },
    queueMessages: 1_000,
    queueBytes: 2 ** 30,
    residentMessages: 4,
    residentBytes: 2 ** 30,
    overflow: 'drop-newest',
    maxAgeMs: Number.POSITIVE_INFINITY,
    spoolDir: spoolFolder(),
    spoolMaxBytes: 2 ** 20,
    maxMessageBytes: 10_000,
    topics: ['notifications'],
    contextKeys: [],
    redact: false,
    reporter: new ThrottledReporter(new RecordingReporter()),
  });
  onTestFinished(async () => void (await relay.close({ timeoutMs: 0 })));
  relay.start();
  const told = Array.from({ length: 20 }, (_, index) => notification({ messageId: `m${index}` }));
  const receipts = told.map((each) => relay.accept(each, relay.recipients(each)));
  const reports = await Promise.all(receipts.map((receipt) => receipt.durable()));
  expect(reports.map(({ status }) => status)).toEqual(told.map(() => 'durable'));
  const inMemory = () => receipts.filter((receipt) => hasNotification(receipt)).length;
  await until(() => inMemory() <= 4);
  expect(relay.stats().sink).toMatchObject({ waiting: 20, delivered: 0 });
  isDown = false;
  await until(() => delivered.length >= 20);
  expect(delivered).toEqual(told.map(({ messageId }) => messageId));
});

function hasNotification(receipt: object): boolean {
  try {
    return (receipt as { readonly notification: unknown }).notification !== undefined;
  } catch {
    return false;
  }
}
