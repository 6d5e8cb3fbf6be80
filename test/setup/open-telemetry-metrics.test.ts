import { metrics } from '@opentelemetry/api';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { afterEach, expect, it } from 'vitest';
import { createNotifier } from '../../src/index.js';
import { ScriptedDriver } from '../support/scripted-driver.js';
import { deadDriver, eventually, spooled, spoolFolder } from '../support/spool.js';

class OnDemandReader extends MetricReader {
  protected override async onShutdown(): Promise<void> {}
  protected override async onForceFlush(): Promise<void> {}

  /** `name{driver,reason}` → value of everything that is shown now. */
  async shown(): Promise<Record<string, number>> {
    const { resourceMetrics } = await this.collect();
    const points = resourceMetrics.scopeMetrics
      .flatMap(({ metrics }) => metrics)
      .flatMap(({ descriptor, dataPoints }) =>
        dataPoints.map(({ attributes, value }) => [
          `${descriptor.name}{${Object.values(attributes).join(',')}}`,
          value as number,
        ]),
      );
    return Object.fromEntries(points);
  }
}

afterEach(() => metrics.disable());

it('shows the account of every driver, by driver and reason, and that of the next notifier after it was closed', async () => {
  const reader = new OnDemandReader();
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
  const driver = new ScriptedDriver();
  driver.answer = undefined;
  const notifier = createNotifier({ drivers: [driver], queueMessages: 2, reporter: { warn() {}, info() {} } });
  for (let index = 0; index < 3; index += 1) notifier.info('a.b');
  (await driver.batch(0)).resolve();
  await driver.batch(1);
  expect(await reader.shown()).toEqual({
    'tidings.notifications.accepted{scripted}': 3,
    'tidings.notifications.recovered{scripted}': 0,
    'tidings.notifications.delivered{scripted}': 1,
    'tidings.notifications.retried{scripted}': 0,
    'tidings.notifications.shortened{scripted}': 0,
    'tidings.notifications.waiting{scripted}': 0,
    'tidings.notifications.in_flight{scripted}': 1,
    'tidings.notifications.dead{scripted}': 0,
    'tidings.notifications.on_disk{scripted}': 0,
    'tidings.notifications.dropped{scripted,overflow}': 1,
  });
  (await driver.batch(1)).resolve();
  await notifier.close();
  const next = createNotifier({ drivers: [new ScriptedDriver()] });
  await next.info('a.b').delivered();
  expect(await reader.shown()).toMatchObject({
    'tidings.notifications.accepted{scripted}': 1,
    'tidings.notifications.in_flight{scripted}': 0,
  });
  await next.close();
});

it('shows what there is with a spool, too', async () => {
  const reader = new OnDemandReader();
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
  const spoolDir = spoolFolder();
  const first = spooled(spoolDir, deadDriver()).notifier;
  first.info('e.left');
  await first.close({ timeoutMs: 10 });

  const driver = new ScriptedDriver({ script: ['nack', 'deliver', 'refuse', 'deliver'] });
  const { notifier } = spooled(spoolDir, driver, { maxMessageBytes: 1_000, oversized: 'marker' });
  await eventually(() => driver.delivered.includes('e.left'), { notifier });
  await notifier.info('e.refused').delivered();
  await notifier.info('e.large', 'x'.repeat(2_000)).delivered();
  driver.answer = undefined;
  await notifier.info('e.waits').durable();
  // What is done is crossed out in the background.
  await eventually(() => notifier.stats().drivers.scripted?.onDisk === 1);
  expect(await reader.shown()).toEqual({
    'tidings.notifications.accepted{scripted}': 3,
    'tidings.notifications.recovered{scripted}': 1,
    'tidings.notifications.delivered{scripted}': 2,
    'tidings.notifications.retried{scripted}': 1,
    'tidings.notifications.shortened{scripted}': 1,
    'tidings.notifications.waiting{scripted}': 0,
    'tidings.notifications.in_flight{scripted}': 1,
    'tidings.notifications.dead{scripted}': 1,
    'tidings.notifications.on_disk{scripted}': 1,
  });
});

it('does without where there is no OpenTelemetry', async () => {
  const notifier = createNotifier({ drivers: [new ScriptedDriver()] });
  expect(await notifier.info('a.b').delivered()).toMatchObject({ status: 'delivered' });
  await notifier.close();
});
