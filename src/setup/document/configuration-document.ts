import { ConfigurationError } from '../../notification/errors.js';
import { Redaction } from '../../notification/redaction.js';

/** The keys and indexes that lead to a place: `['routes', 1, 'events']`. */
export type DocumentPath = readonly (string | number)[];

const redaction = new Redaction();
/** A secret is looked for by so much of its beginning: an error message shows a long value cut off. */
const RECOGNISED = 40;
/** Shorter values are no secrets, and taking them out of a message would leave nothing to read. */
const SHORTEST_SECRET = 3;

/**
 * What was written down in a file, or given in code, with what an error needs to say of a place in it: where it is, and
 * which values must not be shown.
 */
export class ConfigurationDocument {
  readonly value: unknown;
  readonly #file: string | undefined;
  readonly #lines: ReadonlyMap<string, number>;
  readonly #secrets = new Set<string>();
  /** Where its paths begin: nowhere but in a part of another document. */
  #root: DocumentPath = [];

  /** `lines`: of a file, the line of each path, as {@link pathKey} writes it. `secrets`: values not to be shown. */
  constructor(value: unknown, file?: string, lines: ReadonlyMap<string, number> = new Map(), secrets: string[] = []) {
    this.value = value;
    this.#file = file;
    this.#lines = lines;
    for (const secret of secrets) this.#secrets.add(secret);
    this.#collectSecrets(value, false);
  }

  /** What is written at `path` of this one, or stands for it, with paths of its own; places and secrets are those here. */
  part(path: DocumentPath, value: unknown): ConfigurationDocument {
    const part = new ConfigurationDocument(value, this.#file, this.#lines, [...this.#secrets]);
    part.#root = [...this.#root, ...path];
    return part;
  }

  /** `/etc/image/routes.yaml:12 routes[1].events`; in code only the path. */
  place(inner: DocumentPath): string {
    const path = [...this.#root, ...inner];
    if (this.#file === undefined) return pathText(path);
    const line = this.#lineOf(path);
    const where = line === undefined ? this.#file : `${this.#file}:${line}`;
    return path.length === 0 ? where : `${where} ${pathText(path)}`;
  }

  error(path: DocumentPath, problem: string): ConfigurationError {
    return new ConfigurationError(this.place(path), this.#concealed(problem));
  }

  /** Runs `check`, and says the place of what it complains about. `optionOf`: the option that its error is about. */
  at<T>(path: DocumentPath, check: () => T, optionOf: (setting: string) => string | undefined = () => undefined): T {
    try {
      return check();
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      const option = optionOf(error.setting);
      const problem = error.message.slice(error.setting.length + 1);
      if (option !== undefined) throw this.error([...path, ...option.split('.')], problem);
      throw this.error(path, error.setting === '' ? problem : `${error.setting} ${problem}`);
    }
  }

  /** Refuses keys that nobody reads: a misspelt one must not be silently without effect. */
  knownKeys(path: DocumentPath, value: object, known: readonly string[]): void {
    for (const key of Object.keys(value)) {
      if (!known.includes(key)) throw this.error([...path, key], `is not an option; there are ${known.join(', ')}`);
    }
  }

  /** The line of the place, else of what it is in. */
  #lineOf(path: DocumentPath): number | undefined {
    for (let length = path.length; length >= 0; length -= 1) {
      const line = this.#lines.get(pathKey(path.slice(0, length)));
      if (line !== undefined) return line;
    }
    return undefined;
  }

  #collectSecrets(value: unknown, isSecret: boolean): void {
    if (typeof value === 'string' || typeof value === 'number') {
      if (isSecret) this.#secrets.add(String(value));
      const password = /^[a-z][a-z0-9+.-]*:\/\/[^/@]*:([^/]*)@/i.exec(String(value))?.[1];
      if (password !== undefined) this.#secrets.add(password);
    } else if (Array.isArray(value)) {
      for (const entry of value) this.#collectSecrets(entry, isSecret);
    } else if (this.#file !== undefined && typeof value === 'object' && value !== null) {
      for (const [key, field] of Object.entries(value)) {
        this.#collectSecrets(field, isSecret || redaction.isSensitive(key));
      }
    }
  }

  #concealed(text: string): string {
    let concealed = text;
    for (const secret of this.#secrets) {
      if (secret.length < SHORTEST_SECRET) continue;
      for (const written of new Set([secret, JSON.stringify(secret).slice(1, -1)])) {
        const beginning = written.slice(0, RECOGNISED).replaceAll(/[^\w\s]/g, '\\$&');
        const rest = written.length > RECOGNISED ? '[^\\s";]*' : '';
        concealed = concealed.replaceAll(new RegExp(beginning + rest, 'g'), '***');
      }
    }
    return concealed;
  }
}

/** A path as a key of a map. */
export function pathKey(path: DocumentPath): string {
  return JSON.stringify(path);
}

/** `routes[1].events` */
export function pathText(path: DocumentPath): string {
  return path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('');
}
