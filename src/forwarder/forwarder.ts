import { types } from 'node:util';
import { DeliveryError } from '../notification/errors.js';
import type { Notification } from '../notification/notification.js';
import { type Reporter, stderrReporter } from '../notification/reporter.js';
import { waitLimit } from '../notification/wait-limit.js';
import { ConfigurationDocument } from '../setup/document/configuration-document.js';
import { readDocument } from '../setup/document/read-document.js';
import { type Environment, processEnvironment } from '../setup/environment.js';
import { HttpEndpoint } from './http-endpoint.js';
import type { ForwarderOptions } from './options.js';
import { type ForwarderParts, readForwarder } from './read-forwarder.js';
import type { ForwarderHealth, ForwarderStats } from './stats.js';

export interface ForwarderStopOptions {
  /** How long what is being forwarded may take, in milliseconds. Default: 10,000. */
  readonly timeoutMs?: number;
}

const DEFAULT_STOP_MS = 10_000;

/** Forwards notifications from sources to sinks. Made by {@link createForwarder}. */
export class Forwarder {
  readonly #parts: ForwarderParts;
  #endpoint: HttpEndpoint | undefined;
  #started: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  constructor(parts: ForwarderParts) {
    this.#parts = parts;
  }

  /** Where `/healthz` and `/metrics` are; undefined before the start and without the option `http`. */
  get url(): string | undefined {
    return this.#endpoint?.url;
  }

  /**
   * Begins; resolves when every source gives notifications. Rejects where the port of `http` cannot be had, and when it is
   * stopped before.
   */
  start(): Promise<void> {
    this.#started ??= this.#start();
    return this.#started;
  }

  async #start(): Promise<void> {
    const { sources, sinks, http } = this.#parts;
    const endpoint = http === undefined ? undefined : await HttpEndpoint.open(http, this);
    if (this.#stopped !== undefined) {
      await endpoint?.close();
      throw new DeliveryError('the forwarder was stopped before it was started');
    }
    this.#endpoint = endpoint;
    for (const sink of sinks) sink.start();
    await Promise.all(sources.map((source) => source.start((notification) => this.#forward(notification))));
  }

  /** Resolves when every source has given all that it has, which a queue never has. */
  async ended(): Promise<void> {
    await Promise.all(this.#parts.sources.map(({ ended }) => ended));
  }

  /** Takes no more, lets what is being forwarded come to its end, leaves the rest to the sources, closes everything. */
  stop({ timeoutMs = DEFAULT_STOP_MS }: ForwarderStopOptions = {}): Promise<void> {
    this.#stopped ??= this.#stop(waitLimit(timeoutMs, DEFAULT_STOP_MS));
    return this.#stopped;
  }

  stats(): ForwarderStats {
    const { sources, sinks, transform } = this.#parts;
    const transforms = [transform, ...sinks.map((sink) => sink.transform)].map((each) => each.stats());
    return {
      sources: Object.fromEntries(sources.map((source) => [source.name, source.stats()])),
      sinks: Object.fromEntries(sinks.flatMap((sink) => Object.entries(sink.stats()))),
      transforms: {
        failed: transforms.reduce((sum, { failed }) => sum + failed, 0),
        timedOut: transforms.reduce((sum, { timedOut }) => sum + timedOut, 0),
      },
    };
  }

  health(): ForwarderHealth {
    const { sources, sinks } = this.stats();
    const areSourcesUp = Object.values(sources).every(({ status }) => status === 'up' || status === 'ended');
    const areSinksUp = this.#parts.sinks.every((sink) => sink.isHealthy);
    return {
      status: areSourcesUp && areSinksUp ? 'up' : 'down',
      sources: mapped(sources),
      sinks: mapped(sinks),
    };
  }

  /** False: for no sink. */
  async #forward(notification: Notification): Promise<boolean> {
    const { filter, transform, sinks } = this.#parts;
    if (!filter(notification)) return false;
    const made = transform.apply(notification);
    const transformed = types.isPromise(made) ? await made : made;
    if (transformed === undefined) return false;
    const [only] = sinks;
    if (only !== undefined && sinks.length === 1) return only.forward(transformed);
    const outcomes = await Promise.allSettled(sinks.map((sink) => sink.forward(transformed)));
    const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    // What may go well another time comes first: nothing may go to the dead letters while a sink still lacks it.
    const again = failures.find((error) => (error as { code?: unknown } | undefined)?.code !== 'DELIVERY_REFUSED');
    if (failures.length > 0) throw again ?? failures[0];
    return outcomes.some((outcome) => outcome.status === 'fulfilled' && outcome.value);
  }

  async #stop(timeoutMs: number): Promise<void> {
    const { sources, sinks } = this.#parts;
    const until = performance.now() + timeoutMs;
    const left = () => Math.max(0, until - performance.now());
    await Promise.all(sources.map((source) => source.stop(timeoutMs)));
    await Promise.all(sinks.map((sink) => sink.close(left())));
    await this.#endpoint?.close();
  }
}

/**
 * A forwarder by its options, or by a YAML or JSON file with the same (YAML needs the package `yaml`). Rejects with a
 * ConfigurationError, with the file and the line; nothing is opened before `start()`. `environment`: what files take
 * variables from, and the sinks' drivers the settings that are not said. Default: the process's.
 */
export async function createForwarder(
  config: ForwarderOptions | string,
  environment: Environment = processEnvironment(),
  reporter: Reporter = typeof config === 'string' ? stderrReporter : (config.reporter ?? stderrReporter),
): Promise<Forwarder> {
  let document: ConfigurationDocument;
  if (typeof config === 'string') document = readDocument(config, 'the forwarder', environment);
  else {
    const { reporter: _, ...written } = config;
    document = new ConfigurationDocument(written);
  }
  return new Forwarder(await readForwarder(document, environment, reporter));
}

function mapped(all: Readonly<Record<string, { readonly status: string; readonly reason?: string }>>) {
  return Object.fromEntries(
    Object.entries(all).map(([name, { status, reason }]) => [
      name,
      { status, ...(reason !== undefined && status !== 'up' && { reason }) },
    ]),
  );
}
