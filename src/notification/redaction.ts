import { ConfigurationError } from './errors.js';
import type { MaskedPlaces } from './event-rules.js';

/** What stands where a secret stood; the same as oslo's. */
export const MASK = '***';

/**
 * A key is sensitive when it contains one of these, in any case and with any of `-`, `_`, `.` and spaces between the
 * words. After oslo.utils' `strutils._SANITIZE_KEYS`, with the words that HTTP services add.
 */
const SENSITIVE = [
  'password',
  'passwd',
  'passphrase',
  'passcode',
  'adminpass',
  'newpass',
  'pswd',
  'secret',
  'token',
  'apikey',
  'accesskey',
  'authorization',
  'privatekey',
  'authkey',
  'sslkey',
  'fernetkey',
  'encryptedkey',
  'credential',
  'cookie',
  'jwt',
  'bearer',
  'signature',
];

const WORDS_IN_TEXT =
  'password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential|authorization';

/**
 * Text is masked after these: `amqp://user:x@host`, `Authorization: Bearer x`, `password=x`, `"token": "x"`. Every
 * repetition is bounded: a hostile text must not keep the service busy.
 */
const SECRETS_IN_TEXT: readonly [RegExp, string][] = [
  [/([a-z][a-z0-9+.-]{0,30}:\/\/[^\s/:@]{0,256}:)\S{0,256}@/gi, `$1${MASK}@`],
  [/\b(Bearer|Basic)\s{1,8}[\w.~+/=-]{4,}/gi, `$1 ${MASK}`],
  [
    new RegExp(
      `((?:${WORDS_IN_TEXT})[\\w-]{0,64}["']?\\s{0,8}[=:]\\s{0,8})("[^"]*"|'[^']*'|(?!Bearer |Basic )[^\\s,;&"']+)`,
      'gi',
    ),
    `$1${MASK}`,
  ],
];
const MAY_HOLD_SECRET = /:\/\/|pass|secret|token|key|credential|bearer|basic|authorization/i;

export interface RedactOptions {
  /** More keys to mask, wherever they stand in a payload; compared as the built-in ones. */
  readonly keys?: readonly string[];
  /** Places to mask, from the payload's root: `owner.email`, `members.*.email`; `*` is any one key or index. */
  readonly paths?: readonly string[];
  /** Keys to leave alone though a built-in rule would mask them, for instance `token_count`. */
  readonly except?: readonly string[];
}

/** A step into the configured paths, followed while a payload is copied. */
export interface PathNode extends MaskedPlaces {
  masked: boolean;
  readonly children: Map<string, PathNode>;
}

const MAX_REMEMBERED = 10_000;

/** Decides what is masked. Compiled once; a key that was seen before costs one look-up. */
export class Redaction {
  /** The root of the configured paths; undefined when there are none, so that nobody follows them. */
  readonly paths: PathNode | undefined;
  /** True when nothing at all is masked. */
  readonly isOff: boolean;
  readonly #sensitive: readonly string[];
  readonly #except: ReadonlySet<string>;
  readonly #remembered = new Map<string, boolean>();

  /** `false` masks nothing at all. Throws a ConfigurationError for a path that can match nothing. */
  constructor(options: RedactOptions | false = {}) {
    this.isOff = options === false;
    if (options === false) {
      this.#sensitive = [];
      this.#except = new Set();
      this.paths = undefined;
      return;
    }
    this.#sensitive = [...SENSITIVE, ...(options.keys ?? []).map(normalised).filter((key) => key !== '')];
    this.#except = new Set((options.except ?? []).map(normalised));
    this.paths = options.paths?.length ? compilePaths(options.paths) : undefined;
  }

  isSensitive(key: string): boolean {
    let sensitive = this.#remembered.get(key);
    if (sensitive === undefined) {
      const name = normalised(key);
      sensitive = !this.#except.has(name) && this.#sensitive.some((word) => name.includes(word));
      if (this.#remembered.size < MAX_REMEMBERED) this.#remembered.set(key, sensitive);
    }
    return sensitive;
  }

  /** Masks what looks like a secret in the text of an error or a message. */
  text(text: string): string {
    if (this.#sensitive.length === 0 || !MAY_HOLD_SECRET.test(text)) return text;
    return SECRETS_IN_TEXT.reduce((masked, [pattern, replacement]) => masked.replace(pattern, replacement), text);
  }
}

function normalised(key: string): string {
  return key.toLowerCase().replaceAll(/[-_.\s]/g, '');
}

function compilePaths(paths: readonly string[]): PathNode {
  const root: PathNode = { masked: false, children: new Map() };
  for (const path of paths) {
    const steps = path.split('.');
    if (steps.some((step) => step === '')) {
      throw new ConfigurationError(
        'redact.paths',
        `has ${JSON.stringify(path)}; it takes keys joined by dots, * for any`,
      );
    }
    let node = root;
    for (const step of steps) {
      let child = node.children.get(step);
      if (child === undefined) {
        child = { masked: false, children: new Map() };
        node.children.set(step, child);
      }
      node = child;
    }
    node.masked = true;
  }
  return root;
}

/** The configured paths that go on at `key`; more than one when both the key and `*` are named. */
export function follow(nodes: readonly MaskedPlaces[], key: string): readonly MaskedPlaces[] {
  const next: MaskedPlaces[] = [];
  for (const node of nodes) {
    const named = node.children.get(key);
    const any = node.children.get('*');
    if (named !== undefined) next.push(named);
    if (any !== undefined) next.push(any);
  }
  return next;
}

/** The same for the value of a list. */
export function followIndex(nodes: readonly MaskedPlaces[], index: number): readonly MaskedPlaces[] {
  return [...follow(nodes, String(index)), ...nodes.flatMap(({ each }) => each ?? [])];
}
