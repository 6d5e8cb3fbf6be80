import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createForwarder } from '../../src/forwarder/index.js';
import { temporaryDirectory, temporaryFile } from '../support/forwarding.js';
import { RecordingReporter } from '../support/recorded.js';
import { examplesOf, Programs } from './runnable.js';

const pageOf = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

describe('the examples of docs/listener.md', () => {
  const examples = examplesOf(pageOf('listener.md'));
  let programs: Programs;
  beforeAll(async () => {
    programs = await Programs.compile(examples, 'standard');
  });
  afterAll(() => programs?.remove());

  it('print what the page says', async () => {
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) expect(await programs.run(example)).toBe(example.output);
  });
});

it('the routes in docs/forwarder.md are valid', async () => {
  const [, [, sinks = ''] = []] = [...pageOf('forwarder.md').matchAll(/^```yaml\n(.*?)^```$/gms)];
  const routes = temporaryFile('routes.yaml', 'routes: [{ events: "*", drivers: [rabbit] }]\n');
  const yaml = `sources: [{ source: stdin }]\n${sinks.replace('/etc/image/notifications.yaml', routes)}`;
  const path = temporaryFile('forward.yaml', yaml);
  const environment = { TIDINGS_WEBHOOK_URL: 'http://127.0.0.1:1' };
  const forwarder = await createForwarder(path, environment, new RecordingReporter());
  expect(Object.keys(forwarder.stats().sinks)).toEqual(['routes.rabbit', 'audit.book', 'audit.webhook']);
  await forwarder.stop({ timeoutMs: 0 });
});

it('the file of docs/forwarder.md is valid', async () => {
  const [, yaml = ''] = /^```yaml\n(.*?)^```$/ms.exec(pageOf('forwarder.md')) ?? [];
  const path = temporaryFile('forward.yaml', yaml.replaceAll('/var/', `${temporaryDirectory()}/`));
  const broker = 'amqp://127.0.0.1:1';
  const forwarder = await createForwarder(path, { BROKER_URL: broker, ARCHIVE_URL: broker }, new RecordingReporter());
  expect(Object.keys(forwarder.stats().sinks)).toEqual(['archive', 'errors']);
  await forwarder.stop({ timeoutMs: 0 });
});
