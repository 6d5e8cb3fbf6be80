import { resolve } from 'node:path';
import { bytes, integer, list, shown, text } from '../notification/configuration.js';
import type { Reporter } from '../notification/reporter.js';
import type { ConfigurationDocument } from '../setup/document/configuration-document.js';
import type { Environment } from '../setup/environment.js';
import { SETTINGS } from '../setup/settings.js';
import { fedSource } from './circle.js';
import { type Filter, readFilter } from './filter.js';
import { forgottenSpools } from './forgotten-spools.js';
import { type ReadSink, readSink, type SharedSinkSettings } from './read-sink.js';
import { readSource } from './read-source.js';
import { Reading, type Written } from './reading.js';
import type { Sink } from './sink.js';
import type { Source } from './source.js';
import { readTransform, type Transform } from './transform.js';

export interface HttpSettings {
  readonly host: string;
  readonly port: number;
}

/** Everything of a forwarder, made and not started. */
export interface ForwarderParts {
  readonly sources: readonly Source[];
  readonly sinks: readonly Sink[];
  readonly filter: Filter;
  readonly transform: Transform;
  readonly http: HttpSettings | undefined;
}

const KEYS = [
  'sources',
  'sinks',
  'filter',
  'transform',
  'spoolDir',
  'spoolMaxBytes',
  'maxMessageBytes',
  'contextKeys',
  'redact',
  'http',
];
const MIB = 1024 ** 2;

/** Makes the parts of a forwarder from a file or from options. Rejects with a ConfigurationError with the place. */
export async function readForwarder(
  document: ConfigurationDocument,
  environment: Environment,
  reporter: Reporter,
): Promise<ForwarderParts> {
  const reading = new Reading(document, environment, reporter);
  const written = reading.object([], document.value);
  document.knownKeys([], written, KEYS);
  const filterOptions = written.filter === undefined ? {} : reading.object(['filter'], written.filter);
  document.knownKeys(['filter'], filterOptions, ['events', 'priorities']);
  const filter = readFilter(document, ['filter'], filterOptions);
  const transform = await readTransform(document, ['transform'], written.transform, { reporter, isShared: false });
  const http = written.http === undefined ? undefined : readHttp(reading, written.http);
  const shared = readShared(reading, written);
  const sources = reading
    .list('sources', written.sources)
    .map((source, index) => readSource(reading, index, source, shared.maxMessageBytes));
  reading.unique(
    'sources',
    sources.map(({ name }) => [name]),
  );
  refuseSharedInput(reading, written.sources as readonly Written[]);
  const read: ReadSink[] = [];
  for (const [index, sink] of reading.list('sinks', written.sinks).entries()) {
    read.push(await readSink(reading, index, sink, shared));
  }
  reading.unique(
    'sinks',
    // Its own name too: its folder in the spool is called so.
    read.map(({ name, ends }) => [...new Set([name, ...ends])]),
  );
  refuseCircles(reading, read, written.sources as readonly Written[]);
  const sinks = await made(read);
  warnOfForgotten(reading, shared.spoolDir, sinks);
  return { sources, sinks, filter, transform, http };
}

function warnOfForgotten({ reporter }: Reading, spoolDir: string, sinks: readonly Sink[]): void {
  if (spoolDir === '') return;
  const spooled = sinks.filter(({ persist }) => persist).map(({ name }) => name);
  for (const name of forgottenSpools(resolve(spoolDir), spooled)) {
    reporter.warn(
      `spoolDir has ${shown(name)}, which is of no persistent sink here: unless another forwarder has one of that name, nobody delivers what is in it`,
    );
  }
}

function readShared(reading: Reading, written: Written): SharedSinkSettings {
  const { maxMessageBytes, spoolDir, spoolMaxBytes, contextKeys, redact } = written;
  return {
    maxMessageBytes: reading.value(['maxMessageBytes'], bytes(256, 128 * MIB), maxMessageBytes, 16 * MIB),
    spoolDir: reading.value(['spoolDir'], text(), spoolDir, ''),
    spoolMaxBytes: reading.value(['spoolMaxBytes'], bytes(1_024, 2 ** 50), spoolMaxBytes, 1024 * MIB),
    contextKeys: reading.value(['contextKeys'], list(), contextKeys, []),
    redact: reading.value(['redact'], SETTINGS.redact.check, redact, {}),
  };
}

function readHttp(reading: Reading, written: unknown): HttpSettings {
  const { port, host, ...rest } = reading.object(['http'], written);
  reading.document.knownKeys(['http'], rest, ['port', 'host']);
  return {
    port: reading.value(['http', 'port'], integer(0, 65_535), port, undefined),
    host: reading.value(['http', 'host'], text(), host, '127.0.0.1'),
  };
}

/** Two that read one stream would each have halves of lines. */
function refuseSharedInput({ document }: Reading, sources: readonly Written[]): void {
  const isInput = ({ source }: Written) => source === 'stdin';
  const last = sources.findLastIndex(isInput);
  if (last === sources.findIndex(isInput)) return;
  throw document.error(['sources', last, 'source'], 'is "stdin", as that of another one; there is one standard input');
}

const HOW: Readonly<Record<string, string>> = {
  log: 'it writes to the file that is read',
  amqp1: 'both are at one broker, with one address; give the sink another address or other topics',
};

function refuseCircles(reading: Reading, sinks: readonly ReadSink[], sources: readonly Written[]): void {
  for (const [index, { name, drivers, topics, ends }] of sinks.entries()) {
    for (const driver of drivers.written) {
      const source = fedSource(driver, topics, sources, reading.environment);
      if (source === undefined) continue;
      const who = ends.includes(name) ? '' : `, by its driver ${driver.name}`;
      const how = HOW[driver.kind] ?? 'both are at one broker, with one topic; give the sink other topics';
      throw reading.document.error(
        ['sinks', index],
        `would give sources[${source}] back what it forwards${who}: ${how}`,
      );
    }
  }
}

/** All sinks, or none. */
async function made(read: readonly ReadSink[]): Promise<Sink[]> {
  const sinks: Sink[] = [];
  try {
    for (const sink of read) sinks.push(sink.make());
    return sinks;
  } catch (error) {
    for (const sink of sinks) await sink.close(0);
    throw error;
  }
}
