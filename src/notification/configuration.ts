import { ConfigurationError } from './errors.js';

/**
 * Checks of settings, shared by the environment, the options in code and the options of drivers. Each takes the value
 * and the name to blame, returns the value in its final type, and throws a ConfigurationError that says what was found
 * and what would be accepted.
 */
export interface Check<T> {
  (value: unknown, setting: string): T;
  /** What it accepts, for the documentation: words and bounds. Absent: what the setting's description says. */
  readonly takes?: string;
  /** Writes a value down as an operator would. Absent: as text. */
  write?(value: T): string;
}

/** A check that says what it takes. */
function stating<T>(takes: string, check: Check<T>, write?: (value: T) => string): Check<T> {
  return Object.assign(check, { takes, ...(write === undefined ? {} : { write }) });
}

/** Shows a value in an error message: short, on one line. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

const SIZE = /^(\d+)\s*(B|KiB|MiB|GiB|kB|MB|GB)?$/;
const SIZE_UNITS = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, kB: 1e3, MB: 1e6, GB: 1e9 } as const;
const DURATION = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?$/;
const DURATION_UNITS = { ms: 1, s: 1e3, m: 60e3, h: 3600e3, d: 86400e3 } as const;

/** A whole number from `min` to `max`; text is parsed. */
export function integer(min: number, max: number): Check<number> {
  const takes = `a whole number from ${min} to ${max}`;
  return stating(takes, (value, setting) => {
    const number = typeof value === 'string' && /^[+-]?\d+$/.test(value.trim()) ? Number(value) : value;
    if (typeof number === 'number' && Number.isSafeInteger(number) && number >= min && number <= max) return number;
    throw new ConfigurationError(setting, `is ${shown(value)}; it takes ${takes}`);
  });
}

/** Bytes: a whole number, or text with a unit (`64MiB`). */
export function bytes(min: number, max: number): Check<number> {
  const check: Check<number> = (value, setting) => {
    const match = typeof value === 'string' ? SIZE.exec(value.trim()) : undefined;
    const number = match ? Number(match[1]) * SIZE_UNITS[(match[2] ?? 'B') as keyof typeof SIZE_UNITS] : value;
    if (typeof number === 'number' && Number.isSafeInteger(number) && number >= min && number <= max) return number;
    throw new ConfigurationError(
      setting,
      `is ${shown(value)}; it takes a number of bytes from ${min} to ${max}, for instance 1048576 or 1MiB`,
    );
  };
  return stating(`bytes, from ${sizeText(min)} to ${sizeText(max)}`, check, sizeText);
}

/** Milliseconds: a number, or text with a unit (`24h`). */
export function duration(minMs: number, maxMs: number): Check<number> {
  const check: Check<number> = (value, setting) => {
    const match = typeof value === 'string' ? DURATION.exec(value.trim()) : undefined;
    const number = match ? Number(match[1]) * DURATION_UNITS[(match[2] ?? 'ms') as keyof typeof DURATION_UNITS] : value;
    if (typeof number === 'number' && number >= minMs && number <= maxMs) return number;
    throw new ConfigurationError(
      setting,
      `is ${shown(value)}; it takes a time from ${minMs}ms to ${maxMs / DURATION_UNITS.h}h, for instance 500ms, 90s or 24h (a bare number is milliseconds)`,
    );
  };
  return stating(`a time, from ${durationText(minMs)} to ${durationText(maxMs)}`, check, durationText);
}

function sizeText(value: number): string {
  const unit = (['GiB', 'MiB', 'KiB'] as const).find((name) => value > 0 && value % SIZE_UNITS[name] === 0);
  return unit === undefined ? `${value}` : `${value / SIZE_UNITS[unit]}${unit}`;
}

function durationText(value: number): string {
  const unit = (['h', 'm', 's'] as const).find((name) => value > 0 && value % DURATION_UNITS[name] === 0);
  return unit === undefined ? `${value}ms` : `${value / DURATION_UNITS[unit]}${unit}`;
}

/** One of the given words, exactly. */
export function oneOf<const T extends string>(...words: readonly T[]): Check<T> {
  return stating(words.map((word) => `\`${word}\``).join(', '), (value, setting) => {
    if ((words as readonly unknown[]).includes(value)) return value as T;
    throw new ConfigurationError(setting, `is ${shown(value)}; it takes one of ${words.join(', ')}`);
  });
}

/** True or false; no text that stands for them. */
export const trueOrFalse: Check<boolean> = stating('`true` or `false`', (value, setting) => {
  if (typeof value === 'boolean') return value;
  throw new ConfigurationError(setting, `is ${shown(value)}; it takes true or false`);
});

/** Text that is not empty, optionally of one form. */
export function text(form?: { pattern: RegExp; rule: string }): Check<string> {
  return stating(form?.rule ?? 'text', (value, setting) => {
    if (typeof value === 'string' && value !== '' && (form === undefined || form.pattern.test(value))) return value;
    throw new ConfigurationError(setting, `is ${shown(value)}; it takes ${form?.rule ?? 'a text that is not empty'}`);
  });
}

/** Comma-separated text or an array of texts; spaces around entries and empty entries are ignored. */
export function list(): Check<readonly string[]> {
  const check: Check<readonly string[]> = (value, setting) => {
    const entries = typeof value === 'string' ? value.split(',') : value;
    if (Array.isArray(entries) && entries.every((entry) => typeof entry === 'string')) {
      return entries.map((entry: string) => entry.trim()).filter((entry) => entry !== '');
    }
    throw new ConfigurationError(setting, `is ${shown(value)}; it takes a comma-separated list or an array of texts`);
  };
  return stating('a comma-separated list', check, (values) => values.join(','));
}

/** A URL with one of the given schemes. The message never shows more than the scheme: the rest may hold a password. */
export function url(...schemes: readonly string[]): Check<string> {
  const accepted = schemes.map((scheme) => `${scheme}://…`).join(' or ');
  return stating(accepted, (value, setting) => {
    const parsed = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
    if (parsed === undefined) throw new ConfigurationError(setting, `is not a URL; it takes ${accepted}`);
    if (!schemes.includes(parsed.protocol.slice(0, -1)) || parsed.hostname === '') {
      throw new ConfigurationError(
        setting,
        `is a URL with scheme ${shown(parsed.protocol.slice(0, -1))}; it takes ${accepted}`,
      );
    }
    return value as string;
  });
}

/** Refuses keys that nobody reads: a misspelt option must not be silently without effect. */
export function knownKeys(value: object, known: readonly string[], setting: string): void {
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    throw new ConfigurationError(
      setting === '' ? key : `${setting}.${key}`,
      `is not an option; there are ${known.join(', ')}`,
    );
  }
}
