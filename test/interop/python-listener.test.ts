import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, inject, test } from 'vitest';
import { RabbitDriver, type RabbitOptions } from '../../src/drivers/rabbit/index.js';
import type { Notification } from '../../src/notification/notification.js';
import { PRIORITIES } from '../../src/notification/priority.js';
import { outgoing, RecordingHost, uniqueName } from '../support/amqp-probe.js';
import { createVhost } from '../support/rabbitmq.js';

const broker = inject('broker');
const python = inject('python');
const isPossible = 'access' in broker && 'python' in python;

/** What the listener prints of one notification. */
interface Heard {
  readonly priority: string;
  readonly ctxt: Record<string, unknown>;
  readonly publisher_id: string;
  readonly event_type: string;
  readonly payload: unknown;
  readonly metadata: { message_id: string; timestamp: string };
}

describe.skipIf(!isPossible)('an unmodified oslo.messaging listener', () => {
  const started: ChildProcess[] = [];
  const drivers: RabbitDriver[] = [];
  afterEach(async () => {
    await Promise.all(drivers.splice(0).map((driver) => driver.close()));
  });
  afterAll(() => {
    for (const child of started) child.kill('SIGKILL');
  });

  /** Starts the listener; resolves when it listens. */
  async function listen(url: string, topic: string, exchange: string) {
    const script = fileURLToPath(new URL('listener.py', import.meta.url));
    const command = 'python' in python ? python.python : '';
    const child = spawn(command, [script, url.replace(/^amqp:/, 'rabbit:'), topic, exchange], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    started.push(child);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const next = async () => (await lines.next()).value as string;
    expect(await next()).toBe('ready');
    return {
      /** The next notifications, by event type. */
      async hear(count: number): Promise<Map<string, Heard>> {
        const heard: Heard[] = [];
        while (heard.length < count) heard.push(JSON.parse(await next()) as Heard);
        return new Map(heard.map((one) => [one.event_type, one]));
      },
      async end(): Promise<void> {
        child.stdin.end();
        await once(child, 'close');
      },
    };
  }

  async function openDriver(options: RabbitOptions) {
    const driver = new RabbitDriver({ compat: 'oslo', ...options });
    const host = new RecordingHost();
    drivers.push(driver);
    await driver.open(host);
    return { driver, host };
  }

  const told = (topic: string): readonly Partial<Notification>[] => [
    ...PRIORITIES.map((priority) => ({ eventType: `${topic}.${priority.toLowerCase()}`, priority })),
    { eventType: `${topic}.text`, payload: { name: 'Zoë 東京 🚀 \u2028 "quoted" \\', empty: '', nothing: null } },
    { eventType: `${topic}.list`, payload: [1, -2.5, true, { deep: [[]] }] },
    { eventType: `${topic}.bare`, payload: 'only a text', context: {} },
    {
      eventType: `${topic}.context`,
      context: { request_id: 'req-ü', user_id: 'u1', project_id: 'p1', operation_id: 'op', duration_ms: 12.5 },
    },
    { eventType: `${topic}.second`, timestamp: '2026-11-20T07:18:08.000Z' },
  ];

  test.each(['the listener', 'the driver'])(
    'hears every notification unchanged, when %s was there first',
    async (first) => {
      const url = await createVhost((broker as { access: { url: string } }).access);
      const topic = uniqueName('notifications');
      const exchange = uniqueName('exchange');
      const messages = told(topic).map((parts) => outgoing([topic], parts));

      const early = first === 'the listener' ? await listen(url, topic, exchange) : undefined;
      const { driver, host } = await openDriver({ url, exchange });
      expect(await driver.deliver(messages)).toBeUndefined();
      const listener = early ?? (await listen(url, topic, exchange));

      const heard = await listener.hear(messages.length);
      for (const { notification } of messages) {
        expect(heard.get(notification.eventType)).toEqual({
          priority: notification.priority.toLowerCase(),
          // oslo.messaging itself adds the time that a caller would wait for an answer.
          ctxt: { client_timeout: null, ...notification.context },
          publisher_id: notification.publisherId,
          event_type: notification.eventType,
          payload: notification.payload,
          metadata: {
            message_id: notification.messageId,
            timestamp: notification.timestamp.replace('T', ' ').replace('Z', '000'),
          },
        });
      }
      expect(host.warnings).toEqual([]);
      await listener.end();
    },
  );
});
