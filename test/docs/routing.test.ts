import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { createNotifier } from '../../src/setup/create-notifier.js';
import { RecordingReporter } from '../support/recorded.js';

const folder = mkdtempSync(join(tmpdir(), 'tidings-routes-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A file of routes with the drivers that need another end replaced by such that keep what they get. */
function withoutBrokers(text: string): string {
  return text
    .replaceAll(/driver: (webhook|amqp1)/g, 'driver: memory')
    .replace(/- name: rabbit.*\n\s+url: .*/, '- {driver: memory, name: rabbit}');
}

async function accepted(text: string): Promise<Record<string, number>> {
  const file = join(folder, 'notifications.yaml');
  writeFileSync(file, withoutBrokers(text));
  const reporter = new RecordingReporter();
  const notifier = createNotifier({ reporter }, { TIDINGS_ROUTES: file });
  for (const type of ['image.create', 'image.send', 'task.run.start']) notifier.info(type);
  for (const type of ['image.create', 'task.run.error']) notifier.error(type);
  const { drivers, unrouted } = notifier.stats();
  await notifier.close();
  expect(reporter.lines).toEqual([]);
  expect(unrouted).toBe(0);
  return Object.fromEntries(Object.entries(drivers).map(([name, stats]) => [name, stats.accepted]));
}

it('the example sends each event where its comments say', async () => {
  const example = readFileSync('examples/routes/notifications.yaml', 'utf8').replace(/\$\{LOG_DIR:-.*?\}/, folder);
  expect(await accepted(example)).toEqual({ rabbit: 1, alarms: 2, everything: 5, tasks: 2 });
  expect(readFileSync(join(folder, 'notifications.log'), 'utf8').trimEnd().split('\n')).toHaveLength(5);
});

it('the file in docs/routing.md is right', async () => {
  const page = readFileSync('docs/routing.md', 'utf8');
  const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
  expect(await accepted(yaml.replace('/var/log/image', folder))).toEqual({ rabbit: 1, everything: 5 });
});
