import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { createListener, type ListenerOptions } from '../listener/index.js';
import { bytes, type Check, integer, list, shown, text, trueOrFalse } from '../notification/configuration.js';
import type { Reporter } from '../notification/reporter.js';
import { ThrottledReporter } from '../notification/reporter.js';
import { createRelay } from '../setup/create-relay.js';
import type { ConfigurationDocument, DocumentPath } from '../setup/document/configuration-document.js';
import { type Environment, environmentValue } from '../setup/environment.js';
import { SETTINGS } from '../setup/settings.js';
import { type Filter, readFilter } from './filter.js';
import { LineSource } from './line-source.js';
import { QueueSource } from './queue-source.js';
import { Sink } from './sink.js';
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

type Written = Record<string, unknown>;

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
/** What is not persistent is thrown away after so long. */
const PASSING_MAX_AGE_MS = 5_000;
const DEFAULT_PREFETCH = 500;
/** A sink's folder in the spool is called so: none may lead out of it. */
const NAME = text({
  pattern: /^(?!\.)[A-Za-z0-9_.-]{1,100}$/,
  rule: 'A-Z, a-z, 0-9, "_", "-" and, but for the first, ".", at most 100',
});
const MIB = 1024 ** 2;

/** Makes the parts of a forwarder from a file or from options. Throws a ConfigurationError with the place. */
export async function readForwarder(
  document: ConfigurationDocument,
  environment: Environment,
  reporter: Reporter,
): Promise<ForwarderParts> {
  const reading = new Reading(document, environment, reporter);
  return reading.parts();
}

class Reading {
  readonly #document: ConfigurationDocument;
  readonly #environment: Environment;
  readonly #reporter: Reporter;

  constructor(document: ConfigurationDocument, environment: Environment, reporter: Reporter) {
    this.#document = document;
    this.#environment = environment;
    this.#reporter = reporter;
  }

  async parts(): Promise<ForwarderParts> {
    const written = this.#object([], this.#document.value);
    this.#document.knownKeys([], written, KEYS);
    // First all that can be wrong without anything being opened.
    const filterOptions = written.filter === undefined ? {} : this.#object(['filter'], written.filter);
    this.#document.knownKeys(['filter'], filterOptions, ['events', 'priorities']);
    const filter = readFilter(this.#document, ['filter'], filterOptions);
    const transform = await readTransform(this.#document, ['transform'], written.transform);
    const http = written.http === undefined ? undefined : this.#http(written.http);
    const maxMessageBytes = this.#value(['maxMessageBytes'], bytes(256, 128 * MIB), written.maxMessageBytes, 16 * MIB);
    const sources = this.#list('sources', written.sources).map((source, index) =>
      this.#source(source, index, maxMessageBytes),
    );
    this.#unique('sources', sources);
    const sinkOptions = this.#list('sinks', written.sinks);
    this.#noCircle(written.sources as readonly unknown[], sinkOptions);
    const sinks: Sink[] = [];
    try {
      for (const [index, sink] of sinkOptions.entries()) {
        const made = await this.#sink(sink, index, written, maxMessageBytes);
        sinks.push(made);
        this.#unique('sinks', sinks);
      }
    } catch (error) {
      for (const sink of sinks) await sink.close(0);
      throw error;
    }
    return { sources, sinks, filter, transform, http };
  }

  #source(written: unknown, index: number, maxMessageBytes: number): Source {
    const path = ['sources', index];
    const { source, name: givenName, ...options } = this.#object(path, written);
    const name = this.#value([...path, 'name'], NAME, givenName, String(source));
    const reporter = this.#reporterOf(name);
    if (source === 'rabbit' || source === 'amqp1') {
      for (const key of ['reporter', 'concurrency', 'temporary', 'protocol', 'handlerTimeout']) {
        if (key in options) throw this.#document.error([...path, key], 'is not an option of a source');
      }
      const prefetch = options.prefetch ?? DEFAULT_PREFETCH;
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
        this.#document.at(path, () => createListener(given), optionOf),
      );
    }
    if (source !== 'file' && source !== 'stdin') {
      throw this.#document.error(
        [...path, 'source'],
        `is ${shown(source)}; it takes one of rabbit, amqp1, file, stdin`,
      );
    }
    this.#document.knownKeys(path, options, source === 'file' ? ['path', 'window'] : ['window']);
    const window = this.#value([...path, 'window'], integer(1, 100_000), options.window, 1_000);
    const file =
      source === 'file' ? resolve(this.#value([...path, 'path'], text(), options.path, undefined)) : undefined;
    const open = () => (file === undefined ? process.stdin : createReadStream(file));
    return new LineSource({ name, open, window, maxMessageBytes, reporter: new ThrottledReporter(reporter) });
  }

  async #sink(written: unknown, index: number, all: Written, maxMessageBytes: number): Promise<Sink> {
    const path = ['sinks', index];
    const object = this.#object(path, written);
    const { driver, name: givenName, persist: isPersistent, topics, wireFormat, events, priorities, ...rest } = object;
    const { transform: change, ...options } = rest;
    if (typeof driver !== 'string')
      throw this.#document.error([...path, 'driver'], `is ${shown(driver)}; it takes a driver's name`);
    const name = this.#value([...path, 'name'], NAME, givenName, driver);
    const persist = this.#value([...path, 'persist'], trueOrFalse, isPersistent, true);
    const filter = readFilter(this.#document, path, {
      ...(events !== undefined && { events }),
      ...(priorities !== undefined && { priorities }),
    });
    const transform = await readTransform(this.#document, [...path, 'transform'], change);
    const spoolDir = persist ? this.#value(['spoolDir'], text(), all.spoolDir, '') : '';
    const relayOptions = {
      driver: { ...options, driver, name },
      setting: '',
      wireFormat: this.#value([...path, 'wireFormat'], text(), wireFormat, '') || undefined,
      topics: this.#value([...path, 'topics'], SETTINGS.topics.check, topics, ['notifications']),
      // What a source gives is bounded by its prefetch, and nothing of it may be dropped.
      queueMessages: persist ? 10_000_000 : 10_000,
      queueBytes: persist ? 2 ** 40 : 64 * MIB,
      overflow: persist ? ('drop-newest' as const) : ('drop-oldest' as const),
      maxAgeMs: persist ? Number.POSITIVE_INFINITY : PASSING_MAX_AGE_MS,
      maxMessageBytes,
      spoolDir: spoolDir === '' ? undefined : resolve(spoolDir, name),
      spoolMaxBytes: this.#value(['spoolMaxBytes'], bytes(1_024, 2 ** 50), all.spoolMaxBytes, 1024 * MIB),
      contextKeys: this.#value(['contextKeys'], list(), all.contextKeys, []),
      redact: this.#value(['redact'], SETTINGS.redact.check, all.redact, {}),
      // What a driver says begins with its name.
      reporter: new ThrottledReporter(this.#reporter),
    };
    const relay = this.#document.at(path, () => createRelay(relayOptions, this.#environment), optionOf);
    return new Sink({ name, persist, filter, transform, relay });
  }

  /**
   * Queues are called after the topic, whatever the exchange: a sink on the broker of a source must not fill the queue
   * that the source empties.
   */
  #noCircle(sources: readonly unknown[], sinks: readonly unknown[]): void {
    for (const [at, sink] of sinks.entries()) {
      const to = placeOf(sink, 'driver', this.#environment);
      const index = to === undefined ? -1 : sources.findIndex((source) => feeds(to, placeOf(source, 'source', {})));
      if (index === -1) continue;
      throw this.#document.error(
        ['sinks', at],
        `would give sources[${index}] back what it forwards: both are at one broker, with one topic; give the sink other topics`,
      );
    }
  }

  #http(written: unknown): HttpSettings {
    const object = this.#object(['http'], written);
    this.#document.knownKeys(['http'], object, ['port', 'host']);
    const port = this.#value(['http', 'port'], integer(0, 65_535), object.port, undefined);
    return { port, host: this.#value(['http', 'host'], text(), object.host, '127.0.0.1') };
  }

  #object(path: DocumentPath, value: unknown): Written {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Written;
    throw this.#document.error(path, `is ${shown(value)}; it takes an object`);
  }

  #list(key: string, value: unknown): readonly unknown[] {
    if (Array.isArray(value) && value.length > 0) return value;
    throw this.#document.error(
      [key],
      `is ${value === undefined ? 'missing' : shown(value)}; it takes one or more ${key}`,
    );
  }

  #unique(key: string, all: readonly { readonly name: string }[]): void {
    const names = all.map(({ name }) => name);
    const index = names.findIndex((name, at) => names.indexOf(name) !== at);
    if (index === -1) return;
    throw this.#document.error([key, index, 'name'], `is ${shown(names[index])}, as that of another one; names differ`);
  }

  /** The value at a place, checked; `undefined` as the default: it must be there. */
  #value<T>(path: DocumentPath, check: Check<T>, value: unknown, otherwise: T | undefined): T {
    if (value === undefined && otherwise !== undefined) return otherwise;
    return this.#document.at(path, () => check(value, ''));
  }

  #reporterOf(name: string): Reporter {
    return {
      warn: (message) => this.#reporter.warn(`${name}: ${message}`),
      info: (message) => this.#reporter.info(`${name}: ${message}`),
    };
  }
}

interface Place {
  readonly kind: 'rabbit' | 'amqp1';
  readonly url: string;
  readonly exchange: string;
  readonly isOslo: boolean;
  readonly topics: readonly string[];
  readonly hasPool: boolean;
  /** Of AMQP 1.0 only. */
  readonly address: string;
}

/** `environment`: that of drivers, for what is not said. */
function placeOf(written: unknown, role: 'source' | 'driver', environment: Environment): Place | undefined {
  const { url, exchange, compat, topics, pool, address, ...rest } = (written ?? {}) as Written;
  const kind = rest[role];
  if (kind !== 'rabbit' && kind !== 'amqp1') return undefined;
  const of = (name: string) => environmentValue(environment, name);
  const isOslo = kind === 'rabbit' && (compat ?? of('AMQP_COMPAT')) === 'oslo';
  return {
    kind,
    url: String(url ?? of(kind === 'rabbit' ? 'AMQP_URL' : 'AMQP1_URL') ?? 'amqp://localhost:5672'),
    exchange: String(exchange ?? of('AMQP_EXCHANGE') ?? (isOslo ? 'openstack' : 'tidings')),
    isOslo,
    // What is no list is told of where the topics are read.
    topics: String(topics ?? 'notifications').split(/\s*,\s*/),
    hasPool: pool !== undefined,
    address: String(address ?? of('AMQP1_ADDRESS') ?? 'queue'),
  };
}

/** True where it is known: what an exchange leads to, and what the one protocol calls a queue of the other, is not. */
function feeds(sink: Place, source: Place | undefined): boolean {
  if (source === undefined || source.kind !== sink.kind || source.url !== sink.url) return false;
  if (!sink.topics.some((topic) => source.topics.includes(topic))) return false;
  if (sink.kind === 'amqp1') return source.address === sink.address;
  return source.exchange === sink.exchange || (!source.hasPool && source.isOslo === sink.isOslo);
}

/** `listener.pool` and `rabbit.url` are about the options `pool` and `url`. */
function optionOf(setting: string): string | undefined {
  return /^[A-Za-z0-9]*\.([A-Za-z0-9_.]+)/.exec(setting)?.[1];
}
