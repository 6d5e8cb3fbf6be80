import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { LineSource } from '../../src/forwarder/line-source.js';
import { ThrottledReporter } from '../../src/notification/reporter.js';
import { gate, until } from '../support/listening.js';
import { RecordingReporter } from '../support/recorded.js';

it('a source that cannot be read to its end ends when what it gave is forwarded', async () => {
  const reporter = new RecordingReporter();
  const open = () =>
    Readable.from(
      (async function* () {
        yield Buffer.from('{"event_type":"image.create","priority":"INFO","payload":{}}\n');
        throw new Error('the disk is gone');
      })(),
    );
  const source = new LineSource({
    name: 'in',
    open,
    window: 10,
    maxMessageBytes: 1_000,
    reporter: new ThrottledReporter(reporter),
  });
  const held = gate();
  let hasEnded = false;
  void source.ended.then(() => {
    hasEnded = true;
  });
  await source.start(() => held.opened.then(() => true));
  await until(() => source.stats().status === 'down');
  expect(reporter.lines).toEqual([expect.stringContaining('cannot be read: the disk is gone')]);
  await new Promise(setImmediate);
  expect({ hasEnded, pending: source.stats().pending }).toEqual({ hasEnded: false, pending: 1 });
  held.open();
  await source.ended;
  expect(source.stats()).toMatchObject({ received: 1, forwarded: 1, pending: 0, status: 'down' });
});
