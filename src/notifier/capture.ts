import { types } from 'node:util';
import { errorText } from '../notification/errors.js';
import type { Redaction } from '../notification/redaction.js';

export interface CaptureLimits {
  /** A payload that would be longer than about this is too large, in bytes of JSON. */
  readonly maxBytes: number;
  /** What lies deeper is replaced by a marker. */
  readonly maxDepth: number;
}

/** Thrown inside of a capture when the payload is over the limit; nobody else sees it. */
export class TooLargeError extends Error {}

/** What is left to do on a captured value is done in the background, by `finishPayload`. */
export interface Captured {
  /** Plain objects and arrays that belong to us alone, and values that never change. */
  readonly value: unknown;
  /** About how many bytes it holds. */
  readonly bytes: number;
}

const CIRCULAR = '[circular]';
const TOO_DEEP = '[too deep]';
const UNREADABLE = '[unreadable]';

/**
 * Copies what a service has in its hands, as it is at this moment: what happens to it later is not seen. This is the one
 * costly thing on the caller's stack, so it copies plain objects whole and leaves what can wait (masking, writing
 * numbers down) to the background. Never throws but for {@link TooLargeError}.
 *
 * As `JSON.stringify` would, but: a BigInt becomes decimal text, a Map with text keys an object (else pairs), a Set an
 * array, bytes base64 text, an Error its name, message, code and cause, a lone surrogate U+FFFD; cycles, what lies too
 * deep and what throws when it is read become markers in square brackets.
 */
export class Capturer {
  readonly #redaction: Redaction;
  readonly #limits: CaptureLimits;
  /** The objects above the one that is copied now. */
  readonly #ancestors: object[] = [];
  #bytes = 0;

  constructor(redaction: Redaction, limits: CaptureLimits) {
    this.#redaction = redaction;
    this.#limits = limits;
  }

  capture(value: unknown): Captured {
    this.#bytes = 0;
    return { value: this.#value(value), bytes: this.#bytes };
  }

  #value(value: unknown): unknown {
    if (typeof value === 'string') {
      this.#grow(value.length + 2);
      return value;
    }
    if (typeof value === 'object' && value !== null) return this.#guarded(value);
    this.#grow(8);
    return value;
  }

  #guarded(value: object): unknown {
    const ancestors = this.#ancestors;
    if (ancestors.length > 0 && ancestors.includes(value)) return CIRCULAR;
    if (ancestors.length >= this.#limits.maxDepth) return TOO_DEEP;
    ancestors.push(value);
    try {
      return this.#object(value);
    } catch (error) {
      if (error instanceof TooLargeError) throw error;
      return UNREADABLE;
    } finally {
      ancestors.pop();
    }
  }

  #object(value: object): unknown {
    if (Array.isArray(value)) return this.#list(value);
    const prototype = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null && !isKnownPlain(prototype)) {
      if (isSpecial(value)) return this.#special(value);
      plainPrototypes.add(prototype);
    }
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === 'function') return this.#fromToJson(toJSON.call(value, ''), value);
    return this.#fields(value);
  }

  /** What a `toJSON` gave is not asked for its own `toJSON` again, as in `JSON.stringify`. */
  #fromToJson(json: unknown, source: object): unknown {
    if (typeof json === 'string' && source instanceof URL) return this.#message(json);
    if (typeof json !== 'object' || json === null) return this.#value(json);
    return Array.isArray(json) ? this.#list(json) : this.#fields(json);
  }

  #fields(value: object): unknown {
    let copy: Record<string, unknown>;
    try {
      // Many times faster than key by key: the copy takes over the hidden class.
      copy = { ...value };
    } catch {
      copy = readOneByOne(value);
    }
    let bytes = 2;
    for (const key in copy) {
      const field = copy[key];
      if (typeof field === 'string') bytes += key.length + field.length + 6;
      else if (typeof field === 'object' && field !== null) {
        bytes += key.length + 4;
        // A field that was put on Object.prototype is not the payload's.
        if (Object.hasOwn(copy, key)) copy[key] = this.#guarded(field);
      } else bytes += key.length + 12;
    }
    this.#grow(bytes);
    return copy;
  }

  #list(values: readonly unknown[]): unknown {
    const copy: unknown[] = [];
    this.#grow(2);
    for (let index = 0; index < values.length; index += 1) {
      const value = values[index];
      if (typeof value === 'string') {
        this.#grow(value.length + 3);
        copy.push(value);
      } else if (typeof value === 'object' && value !== null) copy.push(this.#guarded(value));
      else {
        this.#grow(5);
        copy.push(value);
      }
    }
    return copy;
  }

  #special(value: object): unknown {
    if (types.isDate(value)) return Number.isNaN(value.getTime()) ? null : this.#value(value.toISOString());
    if (types.isMap(value)) return this.#map(value);
    if (types.isSet(value)) {
      this.#expect(value.size);
      return this.#list([...value]);
    }
    if (ArrayBuffer.isView(value)) return this.#base64(value.buffer, value.byteOffset, value.byteLength);
    if (types.isAnyArrayBuffer(value)) return this.#base64(value, 0, value.byteLength);
    if (types.isBoxedPrimitive(value)) return this.#value(value.valueOf());
    if (types.isRegExp(value)) return this.#value(String(value));
    return this.#error(value as Error);
  }

  #map(map: ReadonlyMap<unknown, unknown>): unknown {
    this.#expect(map.size);
    const entries = [...map];
    if (!entries.every(([key]) => typeof key === 'string' || typeof key === 'number')) return this.#list(entries);
    return this.#fields(Object.fromEntries(entries));
  }

  /** The stack stays out: it tells of the service's insides. */
  #error(error: Error): unknown {
    const { name, code, cause } = error as { name?: unknown; code?: unknown; cause?: unknown };
    const copy: Record<string, unknown> = {
      name: this.#value(typeof name === 'string' ? name : 'Error'),
      message: this.#message(errorText(error)),
    };
    if (typeof code === 'string' || typeof code === 'number') copy.code = this.#value(code);
    if (cause !== undefined && cause !== null) {
      copy.cause = typeof cause === 'string' ? this.#message(cause) : this.#value(cause);
    }
    return copy;
  }

  /** Text that a person wrote or an error said: secrets are looked for inside of it. */
  #message(text: string): unknown {
    this.#expect(text.length);
    return this.#value(this.#redaction.text(text));
  }

  #base64(buffer: ArrayBufferLike, offset: number, length: number): unknown {
    this.#expect(Math.ceil(length / 3) * 4);
    return this.#value(Buffer.from(buffer, offset, length).toString('base64'));
  }

  /** Gives up before work is spent on what cannot fit. */
  #expect(bytes: number): void {
    if (this.#bytes + bytes > this.#limits.maxBytes) throw new TooLargeError();
  }

  #grow(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#limits.maxBytes) throw new TooLargeError();
  }
}

/** The prototypes of classes whose objects are their fields and nothing else. */
const plainPrototypes = new WeakSet<object>();

function isKnownPlain(prototype: object): boolean {
  return plainPrototypes.has(prototype);
}

/** True for objects whose content is not in their fields. */
function isSpecial(value: object): boolean {
  return (
    types.isDate(value) ||
    types.isNativeError(value) ||
    value instanceof Error ||
    types.isMap(value) ||
    types.isSet(value) ||
    ArrayBuffer.isView(value) ||
    types.isAnyArrayBuffer(value) ||
    types.isBoxedPrimitive(value) ||
    types.isRegExp(value)
  );
}

/** The fields of an object with a getter that throws. */
function readOneByOne(value: object): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    let field: unknown;
    try {
      field = (value as Record<string, unknown>)[key];
    } catch {
      field = UNREADABLE;
    }
    Object.defineProperty(copy, key, { value: field, enumerable: true, configurable: true, writable: true });
  }
  return copy;
}
