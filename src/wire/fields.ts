import { v4 as uuid } from 'uuid';
import { shown } from '../notification/configuration.js';
import type { JsonValue } from '../notification/json.js';
import { isPriority, PRIORITIES, type Priority } from '../notification/priority.js';

/** Why a message is no notification. `reason` is one short line without anything of the payload. */
export class Malformed {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

export type Fields = Readonly<Record<string, unknown>>;

const TIME = /^([+-]\d{6}|\d{4})-(\d\d)-(\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,12}))?\s*(Z|z|[+-]\d\d:?\d\d)?$/;

/** The kind of a JSON value, for a reason. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text; null and absent, which OpenStack's services send, are the empty one. */
export function readText(fields: Fields, name: string): string | Malformed {
  const value = fields[name];
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '';
  return new Malformed(`${name} is ${kindOf(value)}, not a text`);
}

/** The message's own id, else a new one each time: what has no id is never taken for a duplicate. */
export function readId(fields: Fields, name: string): string | Malformed {
  const value = readText(fields, name);
  return value === '' ? uuid() : value;
}

/** One of the seven, in any case. */
export function readPriority(value: unknown): Priority | Malformed {
  if (isPriority(value)) return value;
  const upper = typeof value === 'string' ? value.toUpperCase() : undefined;
  if (isPriority(upper)) return upper;
  const found = typeof value === 'string' ? shown(value) : kindOf(value);
  return new Malformed(`priority is ${found}; there are ${PRIORITIES.join(', ')}`);
}

/**
 * `2026-11-20 07:18:08.114703` and `2026-11-20T07:18:08.114Z` as `2026-11-20T07:18:08.114Z`: UTC where no zone is said,
 * six digits where the last three are not 0, finer ones cut off. Null and absent: now, as good as it can be known.
 */
export function readTime(fields: Fields, name: string): string | Malformed {
  const value = fields[name];
  if (value === undefined || value === null) return new Date().toISOString();
  const match = typeof value === 'string' ? TIME.exec(value) : null;
  const [, year, month, day, time, fraction = '', zone = 'Z'] = match ?? [];
  const moment = match === null ? Number.NaN : Date.parse(`${year}-${month}-${day}T${time}${zoneOf(zone)}`);
  if (Number.isNaN(moment)) {
    const found = typeof value === 'string' ? shown(value) : kindOf(value);
    return new Malformed(`${name} is ${found}; it takes 2026-11-20 07:18:08.114703 or 2026-11-20T07:18:08.114Z`);
  }
  const digits = fraction
    .slice(0, 6)
    .padEnd(3, '0')
    .replace(/^(\d{3})0+$/, '$1');
  const seconds = new Date(moment).toISOString().slice(0, -5);
  return `${seconds}.${digits.length === 3 ? digits : digits.padEnd(6, '0')}Z`;
}

function zoneOf(zone: string): string {
  return zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone.toUpperCase();
}

/** True where arrays and objects stand in each other more than `levels` deep. */
export function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  if (Array.isArray(value)) return value.some((entry) => isDeeper(entry, levels - 1));
  for (const key in value) {
    if (isDeeper((value as Record<string, unknown>)[key], levels - 1)) return true;
  }
  return false;
}

/** What was parsed from JSON is JSON. */
export function asJson(value: unknown): JsonValue {
  return (value ?? null) as JsonValue;
}
