import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { plainFormat } from '../../src/wire/plain.js';
import { notification, uniqueName } from '../support/amqp-probe.js';
import { CliProcess } from '../support/cli-process.js';
import { expectBalancedMetrics, temporaryDirectory, temporaryFile } from '../support/forwarding.js';
import { HttpServer } from '../support/http-server.js';
import { gate, publish, until } from '../support/listening.js';
import { RabbitFixture, sharedBroker } from '../support/rabbit-fixture.js';

describe('tidings forward', () => {
  it('forwards standard input, logs in JSON and ends with it', async () => {
    const file = join(temporaryDirectory(), 'log');
    const path = temporaryFile(
      'forward.yaml',
      `sources: [{ source: stdin }]\nsinks:\n  - driver: log\n    file: ${file}\n`,
    );
    const forward = new CliProcess(['forward', '-c', path]);
    const told = [{}, {}, {}].map((parts) => notification(parts));
    forward.child.stdin?.end(told.map((each) => `${plainFormat.encode(each, 't')}\n`).join(''));
    expect(await forward.ended).toBe(0);
    const ids = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).message_id);
    expect(ids).toEqual(told.map(({ messageId }) => messageId));
    const logged = forward.lines.map((line) => JSON.parse(line));
    expect(logged.at(-1)).toMatchObject({
      level: 'info',
      message: 'stopped',
      sources: { stdin: { received: 3, forwarded: 3 } },
      sinks: { log: { delivered: 3 } },
    });
    expect(forward.errors).toEqual([]);
  });

  it('waits for a sink that is down at the end of a file, and says by its code what was not forwarded', async () => {
    const hook = await HttpServer.start();
    await hook.kill();
    const path = temporaryFile('in.jsonl', plainFormat.encode(notification({}), 't'));
    const config = { sources: [{ source: 'file', path }], sinks: [{ driver: 'webhook', url: hook.url }] };
    const file = temporaryFile('forward.json', JSON.stringify(config));
    const forward = new CliProcess(['forward', '-c', file]);
    await forward.says(/webhook: cannot deliver, trying again/);
    await hook.listen();
    expect(await forward.ended).toBe(0);
    expect(hook.received).toHaveLength(1);
    hook.answer = () => 410;
    const refused = new CliProcess(['forward', '-c', file]);
    expect(await refused.ended).toBe(1);
    expect(refused.lines.join('\n')).toContain('file: message 1 is not forwarded: webhook (refused)');
  });

  it('is ended by SIGTERM while standard input is open', async () => {
    const path = temporaryFile(
      'forward.json',
      JSON.stringify({ sources: [{ source: 'stdin' }], sinks: [{ driver: 'noop' }] }),
    );
    const forward = new CliProcess(['forward', '-c', path]);
    await forward.says(/forwarding/);
    expect(await forward.kill('SIGTERM')).toBe(0);
    expect(forward.lines.join('\n')).toContain('stopping after SIGTERM');
  });

  it('fails where a file cannot be read', async () => {
    const config = { sources: [{ source: 'file', path: '/no/such' }], sinks: [{ driver: 'noop' }] };
    const forward = new CliProcess(['forward', '-c', temporaryFile('forward.json', JSON.stringify(config))]);
    expect(await forward.ended).toBe(1);
    expect(forward.lines.join('\n')).toContain('file: cannot be read: ENOENT');
  });

  it('opens nothing where it only checks', async () => {
    const folder = temporaryDirectory();
    const config = {
      sources: [{ source: 'stdin' }],
      spoolDir: join(folder, 'spool'),
      sinks: [
        { driver: 'log', file: join(folder, 'log') },
        { driver: 'rabbit', url: 'amqp://127.0.0.1:1' },
      ],
    };
    const check = new CliProcess(['forward', '--check', '-c', temporaryFile('forward.json', JSON.stringify(config))]);
    expect(await check.ended).toBe(0);
    expect(check.lines).toEqual([expect.stringContaining('is valid')]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('says what is wrong, and where', async () => {
    const path = temporaryFile('forward.yaml', 'sources:\n  - source: rabbit\n    prefetch: 0\n');
    const forward = new CliProcess(['forward', '-c', path, '--check']);
    expect(await forward.ended).toBe(1);
    expect(forward.errors.join('\n')).toContain(`${path}:3 sources[0].prefetch is 0; it takes a whole number`);
    const check = new CliProcess([
      'forward',
      '--check',
      '-c',
      temporaryFile('f.json', '{"sources":[{"source":"stdin"}],"sinks":[{"driver":"noop"}]}'),
    ]);
    expect(await check.ended).toBe(0);
    const without = new CliProcess(['forward', '--check']);
    expect(await without.ended).toBe(2);
    expect(without.errors.join('\n')).toContain('Usage: tidings forward -c FILE');
  });
});

describe.skipIf(sharedBroker() === undefined)('tidings forward that is told to end', () => {
  const rabbit = new RabbitFixture();

  async function forwardingToHook(...more: string[]) {
    const [exchange, topic] = [uniqueName('exchange'), uniqueName('topic')];
    const { opened, open } = gate();
    const hook = await HttpServer.start(async () => {
      await opened;
      return 204;
    });
    const config = {
      sources: [{ source: 'rabbit', url: rabbit.url, exchange, topics: topic }],
      sinks: [{ driver: 'webhook', url: hook.url }],
      http: { port: 0 },
    };
    const path = temporaryFile('forward.json', JSON.stringify(config));
    const forward = new CliProcess(['forward', '-c', path, ...more]);
    const { http } = JSON.parse(await forward.says(/"message":"forwarding"/));
    publish(rabbit.probe, exchange, topic, {}, {}, {});
    await hook.requests(1);
    await until(async () => (await expectBalancedMetrics(http)) === 3);
    const end = async () => {
      const code = await forward.ended;
      const { sources, sinks } = JSON.parse(forward.lines.at(-1) ?? '');
      const { messageCount } = await rabbit.probe.channel.checkQueue(`tidings.${topic}.info`);
      return { code, source: sources.rabbit, sink: sinks.webhook, messageCount };
    };
    return { forward, open, end };
  }

  it('lets what is being forwarded come to its end', async () => {
    const { forward, open, end } = await forwardingToHook();
    forward.child.kill('SIGTERM');
    await forward.says(/stopping after SIGTERM/);
    open();
    const { code, source, sink, messageCount } = await end();
    expect({ code, messageCount }).toEqual({ code: 0, messageCount: 0 });
    expect(source).toMatchObject({ received: 3, forwarded: 3, pending: 0, status: 'stopped' });
    expect(sink).toMatchObject({ delivered: 3, waiting: 0 });
  });

  it('gives back what does not end in time', async () => {
    const { forward, end } = await forwardingToHook('--drain', '100');
    forward.child.kill('SIGTERM');
    const { code, source, messageCount } = await end();
    expect({ code, messageCount }).toEqual({ code: 0, messageCount: 3 });
    expect(source).toMatchObject({ received: 3, forwarded: 0, retried: 0, dead: 0, status: 'stopped' });
    expect(source.givenBack + source.pending).toBe(3);
  });
});

describe.skipIf(sharedBroker() === undefined)('tidings tail and tidings send', () => {
  const rabbit = new RabbitFixture();

  it('show what is told and take nothing away', async () => {
    const [exchange, topic] = [uniqueName('exchange'), uniqueName('topic')];
    const broker = ['--url', rabbit.url, '--exchange', exchange, '--topic', topic];
    const send = async (...args: string[]) => {
      const sent = new CliProcess(['send', ...args, ...broker, '--publisher-id', 'image.h']);
      expect(await sent.ended, sent.errors.join('\n')).toBe(0);
      return JSON.parse(sent.lines[0] ?? '');
    };
    await send('image.before', '{}');
    const pretty = new CliProcess(['tail', 'image.*', '!image.send', '--count', '2', ...broker]);
    const json = new CliProcess([
      'tail',
      '--json',
      '--priority',
      'error',
      '--publisher',
      'image.*',
      '--count',
      '1',
      ...broker,
    ]);
    await Promise.all([pretty.says(/listening/), json.says(/listening/)]);
    await send('image.send', '{}');
    await send('image.create', '{"id":"i1"}', '--request-id', 'req-1');
    const { message_id, status } = await send('image.create', 'no \u001b[31mroom', '--priority', 'error');
    expect(status).toBe('delivered');
    expect(await pretty.ended).toBe(0);
    expect(await json.ended).toBe(0);
    expect(pretty.lines).toEqual([
      expect.stringMatching(/^\d{4}-\S+Z {2}INFO {6}image\.create {2}image\.h req-1 {2}\{"id":"i1"\}$/),
      expect.stringMatching(/^\d{4}-\S+Z {2}ERROR {5}image\.create {2}image\.h {2}"no .*room"$/),
    ]);
    expect(pretty.lines.join('')).not.toContain('\u001b');
    expect(json.lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ message_id, priority: 'ERROR', event_type: 'image.create' }),
    ]);
    expect(await rabbit.probe.take(`tidings.${topic}.info`)).toHaveLength(3);
    expect(await rabbit.probe.take(`tidings.${topic}.error`)).toHaveLength(1);
    publish(rabbit.probe, exchange, topic, {});
  });

  it('end when nobody reads on', async () => {
    const [exchange, topic] = [uniqueName('exchange'), uniqueName('topic')];
    const tail = new CliProcess(['tail', '--url', rabbit.url, '--exchange', exchange, '--topic', topic]);
    await tail.says(/listening/);
    tail.child.stdout?.destroy();
    publish(rabbit.probe, exchange, topic, {}, {});
    expect(await tail.ended).toBe(0);
    expect(tail.errors).toEqual(['tidings: listening']);
  });

  it('say what is wrong', async () => {
    const wrong: [string[], number, RegExp][] = [
      [['send', 'image create'], 2, /the event type is "image create"; it takes words/],
      [['send', 'image.create', '{}', '--priority', 'loud'], 2, /--priority is "loud"; it takes AUDIT/],
      [['send', 'a.b', '{}', '--url', 'amqp://127.0.0.1:1', '--timeout', '300'], 1, /^$/],
      [['tail', '--count', '0'], 2, /--count is "0"; it takes a number from 1/],
      [['tail', '--priority', 'loud'], 2, /priority has "LOUD"; it takes AUDIT/],
      [['tail', '--nosuch'], 2, /Unknown option '--nosuch'/],
      [['nosuch'], 2, /there is no command "nosuch"/],
    ];
    await Promise.all(
      wrong.map(async ([args, code, message]) => {
        const process = new CliProcess(args);
        expect(await process.ended, args.join(' ')).toBe(code);
        if (code === 2) expect(process.errors.join('\n')).toMatch(message);
      }),
    );
  });
});
