import { resolve } from 'node:path';
import { shown, text, trueOrFalse } from '../notification/configuration.js';
import { type Reporter, ThrottledReporter } from '../notification/reporter.js';
import { createRelay, type RelayOptions } from '../setup/relay/create-relay.js';
import { type RelayDrivers, relayDriver, relayRoutes } from '../setup/relay/relay-drivers.js';
import { SETTINGS } from '../setup/settings.js';
import { readFilter } from './filter.js';
import { NAME } from './name.js';
import { optionOf, type Reading } from './reading.js';
import { Sink, type SinkParts } from './sink.js';
import { readTransform } from './transform.js';

/** What is said of all sinks at once. */
export interface SharedSinkSettings
  extends Pick<RelayOptions, 'maxMessageBytes' | 'spoolMaxBytes' | 'contextKeys' | 'redact'> {
  /** Empty: none. */
  readonly spoolDir: string;
}

/** A sink that is read and not made. */
export interface ReadSink {
  readonly name: string;
  readonly drivers: RelayDrivers;
  readonly topics: readonly string[];
  /** What it is called in stats, in health and in metrics, one name for each driver. */
  readonly ends: readonly string[];
  /** Throws a ConfigurationError. */
  make(): Sink;
}

/** What is not persistent is thrown away after so long. */
const PASSING_MAX_AGE_MS = 5_000;
const RESIDENT_MESSAGES = 10_000;
const RESIDENT_BYTES = 64 * 1024 ** 2;
/** All that a sink with routes may say; that of one driver has the driver's options too. */
const ROUTED_KEYS = ['routes', 'name', 'persist', 'topics', 'wireFormat', 'events', 'priorities', 'transform'];

/** Reads a sink; nothing is opened. Rejects with a ConfigurationError with the place. */
export async function readSink(
  reading: Reading,
  index: number,
  written: unknown,
  shared: SharedSinkSettings,
): Promise<ReadSink> {
  const { document } = reading;
  const path = ['sinks', index];
  const object = reading.object(path, written);
  const { name: givenName, persist: isPersistent, topics: names, wireFormat, events, priorities, ...rest } = object;
  const { transform: change, ...ends } = rest;
  const isRouted = ends.routes !== undefined;
  if (isRouted) document.knownKeys(path, ends, ROUTED_KEYS);
  else if (typeof ends.driver !== 'string') {
    throw document.error(
      [...path, 'driver'],
      `is ${shown(ends.driver)}; it takes a driver's name, or routes stand here`,
    );
  }
  const name = reading.value([...path, 'name'], NAME, givenName, isRouted ? 'routes' : String(ends.driver));
  const persist = reading.value([...path, 'persist'], trueOrFalse, isPersistent, true);
  const filter = readFilter(document, path, {
    ...(events !== undefined && { events }),
    ...(priorities !== undefined && { priorities }),
  });
  const given = { reporter: reading.reporterOf(name), isShared: true };
  const transform = await readTransform(document, [...path, 'transform'], change, given);
  const topics = reading.value([...path, 'topics'], SETTINGS.topics.check, names, ['notifications']);
  const drivers = isRouted
    ? relayRoutes(document, path, ends.routes, reading.environment)
    : document.at(path, () => relayDriver({ ...ends, name }, reading.environment), optionOf);
  for (const warning of drivers.warnings) reading.reporter.warn(warning);
  const options = {
    ...shared,
    drivers,
    topics,
    wireFormat: reading.value([...path, 'wireFormat'], text(), wireFormat, '') || undefined,
    ...limitsOf(persist),
    spoolDir: persist && shared.spoolDir !== '' ? resolve(shared.spoolDir, name) : undefined,
    reporter: new ThrottledReporter(reporterOf(name, isRouted, drivers, reading.reporter)),
  };
  const parts: Omit<SinkParts, 'relay'> = { name, isRouted, persist, filter, transform };
  return {
    name,
    drivers,
    topics,
    ends: drivers.drivers.map((driver) => (isRouted ? `${name}.${driver.name}` : name)),
    make: () => new Sink({ ...parts, relay: document.at(path, () => createRelay(options), optionOf) }),
  };
}

function limitsOf(persist: boolean) {
  return {
    // Without a spool what a source gives is bounded by its prefetch, and nothing of it may be dropped.
    queueMessages: persist ? 10_000_000 : RESIDENT_MESSAGES,
    queueBytes: persist ? 2 ** 40 : RESIDENT_BYTES,
    // With one the source goes on while the sink is down, for as long as the disk has room.
    residentMessages: RESIDENT_MESSAGES,
    residentBytes: RESIDENT_BYTES,
    overflow: persist ? ('drop-newest' as const) : ('drop-oldest' as const),
    maxAgeMs: persist ? Number.POSITIVE_INFINITY : PASSING_MAX_AGE_MS,
  };
}

/**
 * What a driver says begins with its name, which is the sink's unless there are routes: then it goes on as
 * `<sink>.<driver>: …`. The rest, for instance of the spool, is said of the sink.
 */
function reporterOf(sink: string, isRouted: boolean, { drivers }: RelayDrivers, reporter: Reporter): Reporter {
  const isOfDriver = (message: string) => drivers.some(({ name }) => message.startsWith(`${name}: `));
  const named = (message: string) => {
    if (!isOfDriver(message)) return `${sink}: ${message}`;
    return isRouted ? `${sink}.${message}` : message;
  };
  return {
    warn: (message) => reporter.warn(named(message)),
    info: (message) => reporter.info(named(message)),
  };
}
