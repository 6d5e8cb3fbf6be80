import { type Check, shown } from '../notification/configuration.js';
import type { Reporter } from '../notification/reporter.js';
import type { ConfigurationDocument, DocumentPath } from '../setup/document/configuration-document.js';
import type { Environment } from '../setup/environment.js';

export type Written = Readonly<Record<string, unknown>>;

/** What the parts of a forwarder are read with: each value with its place, for errors. */
export class Reading {
  readonly document: ConfigurationDocument;
  /** Of the sinks' drivers, for what they are not told. */
  readonly environment: Environment;
  readonly reporter: Reporter;

  constructor(document: ConfigurationDocument, environment: Environment, reporter: Reporter) {
    this.document = document;
    this.environment = environment;
    this.reporter = reporter;
  }

  object(path: DocumentPath, value: unknown): Written {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Written;
    throw this.document.error(path, `is ${shown(value)}; it takes an object`);
  }

  /** An array that is not empty. */
  list(key: string, value: unknown): readonly unknown[] {
    if (Array.isArray(value) && value.length > 0) return value;
    throw this.document.error(
      [key],
      `is ${value === undefined ? 'missing' : shown(value)}; it takes one or more ${key}`,
    );
  }

  /** The value at a place, checked; `undefined` as the default: it must be there. */
  value<T>(path: DocumentPath, check: Check<T>, value: unknown, otherwise: T | undefined): T {
    if (value === undefined && otherwise !== undefined) return otherwise;
    return this.document.at(path, () => check(value, ''));
  }

  /** Names of entries of the list `key`, each of which may have several. */
  unique(key: string, entries: readonly (readonly string[])[]): void {
    const taken = new Set<string>();
    for (const [index, names] of entries.entries()) {
      for (const name of names) {
        if (taken.has(name)) {
          throw this.document.error([key, index, 'name'], `is ${shown(name)}, as that of another one; names differ`);
        }
        taken.add(name);
      }
    }
  }

  /** Says whom it is about. */
  reporterOf(name: string): Reporter {
    return {
      warn: (message) => this.reporter.warn(`${name}: ${message}`),
      info: (message) => this.reporter.info(`${name}: ${message}`),
    };
  }
}

/** `listener.pool` and `rabbit.url` are about the options `pool` and `url`. */
export function optionOf(setting: string): string | undefined {
  return /^[A-Za-z0-9]*\.([A-Za-z0-9_.]+)/.exec(setting)?.[1];
}
