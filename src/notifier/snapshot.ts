import { types } from 'node:util';
import { errorText } from '../notification/errors.js';
import type { JsonValue } from '../notification/json.js';
import { follow, MASK, type PathNode, type Redaction } from './redaction.js';

export interface SnapshotLimits {
  /** A payload that would be longer than about this is too large, in bytes of JSON. */
  readonly maxBytes: number;
  /** What lies deeper is replaced by a marker. */
  readonly maxDepth: number;
}

export interface Snapshot {
  readonly value: JsonValue;
  /** About how many bytes it holds. */
  readonly bytes: number;
}

/** Thrown inside of a snapshot when the payload is over the limit; nobody else sees it. */
export class TooLargeError extends Error {}

const CIRCULAR = '[circular]';
const TOO_DEEP = '[too deep]';
const TOO_LARGE = '[too large]';
const UNREADABLE = '[unreadable]';

/**
 * Copies what a service has in its hands into what JSON can carry, masking secrets on the way. It stands for the moment
 * of the call: what happens to the object later is not seen. Never throws but for {@link TooLargeError}.
 *
 * As `JSON.stringify` would, but: a BigInt becomes decimal text, a Map with text keys an object (else pairs), a Set an
 * array, bytes base64 text, an Error its name, message, code and cause, a lone surrogate U+FFFD; cycles, what lies too
 * deep and what throws when it is read become markers in square brackets.
 */
export function takeSnapshot(value: unknown, redaction: Redaction, limits: SnapshotLimits): Snapshot {
  const copier = new Copier(redaction, limits);
  const paths = redaction.paths === undefined ? NO_PATHS : [redaction.paths];
  // A payload that is a text is a message, for instance that of an error.
  const copy = typeof value === 'string' ? copier.message(value) : copier.copy(value, 0, paths);
  return { value: copy === undefined ? {} : copy, bytes: copier.bytes };
}

const NO_PATHS: readonly PathNode[] = Object.freeze([]);

class Copier {
  bytes = 0;
  readonly #redaction: Redaction;
  readonly #limits: SnapshotLimits;
  /** The objects above the one that is copied now. */
  readonly #ancestors: object[] = [];

  constructor(redaction: Redaction, limits: SnapshotLimits) {
    this.#redaction = redaction;
    this.#limits = limits;
  }

  /** Undefined for what JSON leaves out: undefined, functions, symbols. */
  copy(value: unknown, depth: number, paths: readonly PathNode[]): JsonValue | undefined {
    switch (typeof value) {
      case 'string':
        return this.#text(value);
      case 'number':
        this.#grow(8);
        return Number.isFinite(value) ? value : null;
      case 'boolean':
        this.#grow(5);
        return value;
      case 'bigint':
        // Writing down a number of a million digits would keep the service busy.
        return this.#text(BigInt.asIntN(1024, value) === value ? String(value) : TOO_LARGE);
      case 'object':
        if (value === null) {
          this.#grow(4);
          return null;
        }
        return this.#guarded(value, depth, paths);
      default:
        return undefined;
    }
  }

  /** Text that a person wrote or an error said: secrets are looked for inside of it. */
  message(text: string): string {
    this.#expect(text.length);
    return this.#text(this.#redaction.text(text));
  }

  #guarded(value: object, depth: number, paths: readonly PathNode[]): JsonValue | undefined {
    if (this.#ancestors.includes(value)) return this.#text(CIRCULAR);
    if (depth >= this.#limits.maxDepth) return this.#text(TOO_DEEP);
    this.#ancestors.push(value);
    try {
      return this.#object(value, depth, paths);
    } catch (error) {
      if (error instanceof TooLargeError) throw error;
      return this.#text(UNREADABLE);
    } finally {
      this.#ancestors.pop();
    }
  }

  #object(value: object, depth: number, paths: readonly PathNode[]): JsonValue | undefined {
    if (Array.isArray(value)) return this.#array(value, depth, paths);
    const prototype = Object.getPrototypeOf(value);
    // The common case first: a plain object is nothing else.
    if (prototype !== Object.prototype && prototype !== null) {
      if (types.isDate(value)) return Number.isNaN(value.getTime()) ? null : this.#text(value.toISOString());
      if (types.isNativeError(value) || value instanceof Error) return this.#error(value as Error, depth, paths);
      if (types.isMap(value)) return this.#map(value, depth, paths);
      if (types.isSet(value)) {
        this.#expect(value.size);
        return this.#array([...value], depth, paths);
      }
      if (ArrayBuffer.isView(value)) return this.#base64(value.buffer, value.byteOffset, value.byteLength);
      if (types.isAnyArrayBuffer(value)) return this.#base64(value, 0, value.byteLength);
      if (types.isBoxedPrimitive(value)) return this.copy(value.valueOf(), depth, paths);
      if (types.isRegExp(value)) return this.#text(String(value));
    }
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === 'function') return this.#fromToJson(toJSON.call(value, ''), value, depth, paths);
    return this.#fields(value, depth, paths);
  }

  /** What a `toJSON` gave is not asked for its own `toJSON` again, as in `JSON.stringify`. */
  #fromToJson(json: unknown, source: object, depth: number, paths: readonly PathNode[]): JsonValue | undefined {
    if (typeof json === 'string' && source instanceof URL) return this.message(json);
    if (typeof json !== 'object' || json === null) return this.copy(json, depth, paths);
    if (json === source) return this.#fields(json, depth, paths);
    return Array.isArray(json) ? this.#array(json, depth, paths) : this.#fields(json, depth, paths);
  }

  #fields(value: object, depth: number, paths: readonly PathNode[]): JsonValue {
    const copy: Record<string, JsonValue> = {};
    this.#grow(2);
    for (const key of Object.keys(value)) {
      let field: unknown;
      try {
        field = (value as Record<string, unknown>)[key];
      } catch {
        field = UNREADABLE;
      }
      this.#field(copy, key, field, depth, paths);
    }
    return copy;
  }

  #field(
    copy: Record<string, JsonValue>,
    key: string,
    field: unknown,
    depth: number,
    paths: readonly PathNode[],
  ): void {
    const next = paths.length === 0 ? NO_PATHS : follow(paths, key);
    const masked = isSecretBearing(field) && (this.#redaction.isSensitive(key) || next.some((node) => node.masked));
    const value = masked ? this.#text(MASK) : this.copy(field, depth + 1, next);
    if (value === undefined) return;
    this.#grow(key.length + 4);
    const name = key.isWellFormed() ? key : key.toWellFormed();
    if (name === '__proto__') {
      // Assigning would set the copy's prototype.
      Object.defineProperty(copy, name, { value, enumerable: true, configurable: true, writable: true });
    } else copy[name] = value;
  }

  #array(values: readonly unknown[], depth: number, paths: readonly PathNode[]): JsonValue {
    const copy: JsonValue[] = [];
    this.#grow(2);
    for (let index = 0; index < values.length; index += 1) {
      const next = paths.length === 0 ? NO_PATHS : follow(paths, String(index));
      if (next.some((node) => node.masked)) copy.push(this.#text(MASK));
      else copy.push(this.copy(values[index], depth + 1, next) ?? null);
      this.#grow(1);
    }
    return copy;
  }

  #map(map: ReadonlyMap<unknown, unknown>, depth: number, paths: readonly PathNode[]): JsonValue {
    this.#expect(map.size);
    const entries = [...map];
    if (!entries.every(([key]) => typeof key === 'string' || typeof key === 'number')) {
      return this.#array(entries, depth, paths);
    }
    const copy: Record<string, JsonValue> = {};
    this.#grow(2);
    for (const [key, value] of entries) this.#field(copy, String(key), value, depth, paths);
    return copy;
  }

  /** The stack stays out: it tells of the service's insides. */
  #error(error: Error, depth: number, paths: readonly PathNode[]): JsonValue {
    const { name, code, cause } = error as { name?: unknown; code?: unknown; cause?: unknown };
    const copy: Record<string, JsonValue> = {
      name: this.#text(typeof name === 'string' ? name : 'Error'),
      message: this.message(errorText(error)),
    };
    if (typeof code === 'string' || typeof code === 'number') copy.code = code;
    if (cause !== undefined && cause !== null) {
      const next = paths.length === 0 ? NO_PATHS : follow(paths, 'cause');
      copy.cause = typeof cause === 'string' ? this.message(cause) : (this.copy(cause, depth + 1, next) ?? null);
    }
    return copy;
  }

  #base64(buffer: ArrayBufferLike, offset: number, length: number): JsonValue {
    this.#grow(Math.ceil(length / 3) * 4);
    return Buffer.from(buffer, offset, length).toString('base64');
  }

  #text(text: string): string {
    this.#grow(text.length + 2);
    return text.isWellFormed() ? text : text.toWellFormed();
  }

  /** Gives up before work is spent on what cannot fit. */
  #expect(bytes: number): void {
    if (this.bytes + bytes > this.#limits.maxBytes) throw new TooLargeError();
  }

  #grow(bytes: number): void {
    this.bytes += bytes;
    if (this.bytes > this.#limits.maxBytes) throw new TooLargeError();
  }
}

/** There is no secret in nothing, in yes or no, or in what is left out. */
function isSecretBearing(value: unknown): boolean {
  return (
    value !== null && value !== undefined && typeof value !== 'boolean' && value !== '' && typeof value !== 'function'
  );
}
