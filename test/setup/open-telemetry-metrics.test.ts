import { metrics } from '@opentelemetry/api';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { afterEach, expect, it } from 'vitest';
import { createNotifier } from '../../src/index.js';
import { ScriptedDriver } from '../support/scripted-driver.js';

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
  expect(await reader.shown()).toMatchObject({
    'tidings.notifications.accepted{scripted}': 3,
    'tidings.notifications.delivered{scripted}': 1,
    'tidings.notifications.waiting{scripted}': 0,
    'tidings.notifications.in_flight{scripted}': 1,
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

it('does without where there is no OpenTelemetry', async () => {
  const notifier = createNotifier({ drivers: [new ScriptedDriver()] });
  expect(await notifier.info('a.b').delivered()).toMatchObject({ status: 'delivered' });
  await notifier.close();
});
