import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { createListener, type ListenerOptions } from '../listener/index.js';
import { integer, shown, text } from '../notification/configuration.js';
import { ThrottledReporter } from '../notification/reporter.js';
import { LineSource } from './line-source.js';
import { NAME } from './name.js';
import { QueueSource } from './queue-source.js';
import { optionOf, type Reading } from './reading.js';
import type { Source } from './source.js';

const DEFAULT_PREFETCH = 500;
const DEFAULT_WINDOW = 1_000;
/** What a forwarder decides, or what a source cannot be. */
const NOT_OF_A_SOURCE = ['reporter', 'concurrency', 'temporary', 'protocol', 'handlerTimeout'];

/** Makes a source; nothing is opened. Throws a ConfigurationError with the place. */
export function readSource(reading: Reading, index: number, written: unknown, maxMessageBytes: number): Source {
  const { document } = reading;
  const path = ['sources', index];
  const { source, name: givenName, ...options } = reading.object(path, written);
  const name = reading.value([...path, 'name'], NAME, givenName, String(source));
  const reporter = reading.reporterOf(name);
  if (source === 'rabbit' || source === 'amqp1') {
    for (const key of NOT_OF_A_SOURCE) {
      if (key in options) throw document.error([...path, key], 'is not an option of a source');
    }
    const { prefetch = DEFAULT_PREFETCH } = options;
    // Each waits for its sinks, so all that are taken are forwarded at once.
    const concurrency = typeof prefetch === 'number' ? Math.min(10_000, Math.max(1, prefetch)) : 1;
    const given = {
      maxMessageBytes,
      ...options,
      protocol: source,
      prefetch,
      concurrency,
      // It waits for a sink however long that is down.
      handlerTimeout: false,
      reporter,
    } as ListenerOptions;
    return new QueueSource(
      name,
      document.at(path, () => createListener(given), optionOf),
    );
  }
  if (source !== 'file' && source !== 'stdin') {
    throw document.error([...path, 'source'], `is ${shown(source)}; it takes one of rabbit, amqp1, file, stdin`);
  }
  document.knownKeys(path, options, source === 'file' ? ['path', 'window'] : ['window']);
  const window = reading.value([...path, 'window'], integer(1, 100_000), options.window, DEFAULT_WINDOW);
  const file =
    source === 'file' ? resolve(reading.value([...path, 'path'], text(), options.path, undefined)) : undefined;
  const open = () => (file === undefined ? process.stdin : createReadStream(file));
  return new LineSource({ name, open, window, maxMessageBytes, reporter: new ThrottledReporter(reporter) });
}
