import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { shown } from '../../notification/configuration.js';
import { ConfigurationError } from '../../notification/errors.js';
import { loadOptionalPackage } from '../../notification/optional-package.js';
import type { Environment } from '../environment.js';
import { ConfigurationDocument, type DocumentPath, pathKey, pathText } from './configuration-document.js';
import { expandVariables } from './expand-variables.js';
import { explainYaml, type YamlDocument, type YamlPackage, type YamlProblem } from './yaml-package.js';

/** Aliases may not make a small file large, nor endless. */
const MAX_NODES = 100_000;
const MAX_DEPTH = 64;

/**
 * Reads a configuration file: YAML by the package `yaml`, or JSON where the name ends in `.json`, which needs no package
 * but has its lines told only with it. Texts in it may take variables of the environment, see {@link expandVariables}.
 * `setting` is what named the file. Throws a ConfigurationError; nothing of what is written in the file is shown of
 * what cannot be parsed.
 */
export function readDocument(path: string, setting: string, environment: Environment): ConfigurationDocument {
  const file = resolve(path);
  let text: string;
  try {
    text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigurationError(setting, `names the file ${shown(file)}, which cannot be read (${code})`);
  }
  if (!/\.json$/i.test(file)) {
    return new Reading(file, text, environment, loadOptionalPackage('yaml', setting) as YamlPackage).document();
  }
  return new Reading(file, text, environment, yamlIfInstalled(setting)).json();
}

function yamlIfInstalled(setting: string): YamlPackage | undefined {
  try {
    return loadOptionalPackage('yaml', setting) as YamlPackage;
  } catch {
    return undefined;
  }
}

/** Reads one file, once. */
class Reading {
  readonly #file: string;
  readonly #text: string;
  readonly #environment: Environment;
  readonly #yaml: YamlPackage | undefined;
  readonly #lines = new Map<string, number>();
  readonly #secrets: string[] = [];
  #lineAt: (offset: number) => number = () => 0;
  #parsed: YamlDocument | undefined;
  #nodes = 0;

  constructor(file: string, text: string, environment: Environment, yaml: YamlPackage | undefined) {
    this.#file = file;
    this.#text = text;
    this.#environment = environment;
    this.#yaml = yaml;
  }

  document(): ConfigurationDocument {
    const yaml = this.#yaml as YamlPackage;
    const { parsed, problem, lineAt } = parse(yaml, this.#text);
    this.#lineAt = lineAt;
    if (problem !== undefined) {
      throw new ConfigurationError(`${this.#file}:${lineAt(problem.pos[0])}`, explainYaml(problem));
    }
    this.#parsed = parsed;
    return this.#finished(this.#fromNode(parsed.contents, []));
  }

  /** What the YAML package says is not JSON may be JSON nevertheless, for instance indented by tabs. */
  json(): ConfigurationDocument {
    let value: unknown;
    try {
      value = JSON.parse(this.#text);
    } catch (error) {
      throw new ConfigurationError(`${this.#file}${this.#lineOfFault(error)}`, 'is not valid JSON');
    }
    if (this.#yaml !== undefined) {
      try {
        return this.document();
      } catch (error) {
        const isDuplicate = error instanceof ConfigurationError && error.message.endsWith('has a key twice');
        if (isDuplicate || this.#parsed !== undefined) throw error;
      }
    }
    return this.#finished(this.#fromValue(value, []));
  }

  /** `:12`, as far as Node or the YAML package knows it. Node quotes the file in its message, which is not shown. */
  #lineOfFault(error: unknown): string {
    const position = /position (\d+)/.exec(String(error))?.[1];
    if (position !== undefined) return `:${this.#text.slice(0, Number(position)).split('\n').length}`;
    const { problem, lineAt } = this.#yaml === undefined ? {} : parse(this.#yaml, this.#text, { schema: 'json' });
    return problem === undefined ? '' : `:${lineAt?.(problem.pos[0])}`;
  }

  #finished(value: unknown): ConfigurationDocument {
    return new ConfigurationDocument(value, this.#file, this.#lines, this.#secrets);
  }

  #fromNode(node: unknown, path: DocumentPath): unknown {
    const yaml = this.#yaml as YamlPackage;
    this.#nodes += 1;
    if (this.#nodes > MAX_NODES) throw new ConfigurationError(this.#file, `has more than ${MAX_NODES} values`);
    if (path.length > MAX_DEPTH) throw new ConfigurationError(this.#file, `is more than ${MAX_DEPTH} levels deep`);
    this.#mark(node, path);
    if (yaml.isAlias(node)) return this.#fromNode(this.#resolved(node, path), path);
    if (yaml.isSeq(node)) return node.items.map((item, index) => this.#fromNode(item, [...path, index]));
    if (yaml.isMap(node)) {
      const entries = node.items.map(({ key, value }): [string, unknown] => {
        const name = yaml.isScalar(key) ? String(key.value) : '?';
        const inner = [...path, name];
        this.#mark(key, inner);
        return [name, this.#fromNode(value, inner)];
      });
      return Object.fromEntries(entries);
    }
    return this.#scalar(yaml.isScalar(node) ? node.value : null, path);
  }

  #resolved(alias: { resolve(document: YamlDocument): unknown }, path: DocumentPath): unknown {
    const node = alias.resolve(this.#parsed as YamlDocument);
    if (node !== undefined) return node;
    throw new ConfigurationError(this.#placeOf(path), explainYaml({ code: 'BAD_ALIAS' }));
  }

  #fromValue(value: unknown, path: DocumentPath): unknown {
    if (Array.isArray(value)) return value.map((entry, index) => this.#fromValue(entry, [...path, index]));
    if (typeof value !== 'object' || value === null) return this.#scalar(value, path);
    const entries = Object.entries(value).map(([key, field]) => [key, this.#fromValue(field, [...path, key])]);
    return Object.fromEntries(entries) as object;
  }

  #scalar(value: unknown, path: DocumentPath): unknown {
    if (typeof value !== 'string') return value;
    const { text, taken } = expandVariables(value, this.#environment, (problem) => {
      throw new ConfigurationError(this.#placeOf(path), problem);
    });
    this.#secrets.push(...taken);
    return text;
  }

  #placeOf(path: DocumentPath): string {
    const line = this.#lines.get(pathKey(path));
    return `${this.#file}${line === undefined ? '' : `:${line}`} ${pathText(path)}`;
  }

  /** The key's line stands for the value's: a value may begin lines below. */
  #mark(node: unknown, path: DocumentPath): void {
    const { range } = (node ?? {}) as { range?: readonly number[] };
    const key = pathKey(path);
    if (range?.[0] !== undefined && !this.#lines.has(key)) this.#lines.set(key, this.#lineAt(range[0]));
  }
}

interface Parsed {
  readonly parsed: YamlDocument;
  /** The first one. */
  readonly problem: YamlProblem | undefined;
  readonly lineAt: (offset: number) => number;
}

function parse(yaml: YamlPackage, text: string, options: object = {}): Parsed {
  const lineCounter = new yaml.LineCounter();
  const parsed = yaml.parseDocument(text, { lineCounter, prettyErrors: false, logLevel: 'error', ...options });
  const [problem] = [...parsed.errors, ...parsed.warnings];
  return { parsed, problem, lineAt: (offset) => lineCounter.linePos(offset).line };
}
