import type { JsonValue } from './json.js';

/** What is done with a notification that is over the size limit. `marker`: it goes out without its payload. */
export type Oversized = 'drop' | 'marker';

const TEXT = '[too large]';
const OBJECT: JsonValue = Object.freeze({ omitted: TEXT });

/** What stands for a payload that is too large: a text for a text, since consumers know WARN and ERROR as texts. */
export function oversizedMarker(payload: unknown): JsonValue {
  return typeof payload === 'string' ? TEXT : OBJECT;
}

export function isOversizedMarker(payload: unknown): boolean {
  return payload === OBJECT || payload === TEXT;
}
