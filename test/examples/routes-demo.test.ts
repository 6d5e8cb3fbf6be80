import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { expect, it, onTestFinished } from 'vitest';
import { PRIORITIES } from '../../src/index.js';
import { AmqpProbe, innerMessage } from '../support/amqp-probe.js';
import { declareOnRabbitmq4 } from '../support/amqp1-fixture.js';
import { isPrivateBrokerPossible } from '../support/broker-faults.js';
import { HttpServer } from '../support/http-server.js';
import { isRabbitmq3, sharedBroker } from '../support/rabbit-fixture.js';
import { type BrokerAccess, createVhost } from '../support/rabbitmq.js';
import { runDemo } from './image-service-process.js';

/** How many there are of each `PRIORITY event.type`. */
function counted(all: readonly Record<string, unknown>[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { priority, event_type } of all) {
    const key = `${priority} ${event_type}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

function only(counts: Record<string, number>, takes: RegExp, except?: RegExp): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([key]) => takes.test(key) && except?.test(key) !== true));
}

// AMQP 1.0 is spoken by brokers of our own only.
it.skipIf(!isPrivateBrokerPossible())(
  'the routes of examples/routes take the demo to RabbitMQ, a signed webhook, a log file and AMQP 1.0',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tidings-routes-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const secret = `whsec_${randomBytes(24).toString('base64')}`;
    const webhook = await HttpServer.start(() => 204);
    const url = await createVhost(sharedBroker() as BrokerAccess);
    const tasksUrl = await createVhost(sharedBroker() as BrokerAccess);

    const tasks = await AmqpProbe.open(tasksUrl);
    onTestFinished(() => tasks.close());
    await declareOnRabbitmq4(tasks.channel, ...PRIORITIES.map((each) => `notifications.${each.toLowerCase()}`));

    const demo = await runDemo({
      TIDINGS_ROUTES: 'examples/routes/notifications.yaml',
      AMQP_URL: url,
      LOG_DIR: folder,
      TIDINGS_WEBHOOK_URL: `${webhook.url}/alarms`,
      TIDINGS_WEBHOOK_SECRET: secret,
      TIDINGS_AMQP1_URL: tasksUrl,
      TIDINGS_AMQP1_ADDRESS: isRabbitmq3 ? '/queue/{topic}.{priority}' : 'rabbitmq4-queue',
    });
    expect(demo).toMatchObject({ code: 0, stderr: '' });

    const lines = readFileSync(join(folder, 'notifications.log'), 'utf8').trim().split('\n');
    const everything = counted(lines.map((line) => JSON.parse(line)));
    expect(Object.keys(everything).length).toBeGreaterThan(15);

    const rabbit = await AmqpProbe.open(url);
    const images = (await rabbit.take('tidings.notifications.info')).map(innerMessage);
    await rabbit.close();
    expect(counted(images)).toEqual(only(everything, /^INFO image\./, /image\.send$/));

    const alarms = webhook.received.map(({ body, headers }) => new Webhook(secret).verify(body, headers as never));
    expect(counted(alarms as Record<string, unknown>[])).toEqual(only(everything, /^(?:ERROR|CRITICAL) /));

    const told = (await tasks.take('notifications.info')).map(innerMessage);
    expect(counted(told)).toEqual(only(everything, /^INFO task\./));
  },
);
