import { errorText } from '../../notification/errors.js';
import {
  notificationJson,
  parseNotification,
  type StoredNotification,
  seal,
  UnreadableRecord,
  unseal,
} from './record-format.js';

/** The version of the format of a group; that of its records is their own. */
const GROUP_VERSION = 1;
const HEAD = /^group (\d+) (\d+)$/;
const NUMBER = /^\{"n":(\d+),/;

/** A record of a group whose checksum is right; it is not parsed yet. */
export interface GroupLine {
  readonly sequence: number;
  readonly json: string;
}

/** What cannot be read, as it was found. */
export interface UnreadableText {
  readonly text: string;
  readonly why: string;
}

export interface DecodedGroup {
  readonly lines: readonly GroupLine[];
  readonly unreadable: readonly UnreadableText[];
}

/** One line of a group. Throws when the notification cannot be put together. */
export function encodeLine(sequence: number, stored: StoredNotification): string {
  return seal(notificationJson(stored, sequence));
}

/** The same line as it was read; a record that was by itself gets its number. */
export function repeatLine({ sequence, json }: GroupLine): string {
  return seal(NUMBER.test(json) ? json : `{"n":${sequence},${json.slice(1)}`);
}

/**
 * Notifications that are written together are one value, which costs LevelDB little more than one of them: a head that
 * says how many there are, and a line for each, with its own number and checksum. So damage costs the lines that it hits.
 */
export function encodeGroup(lines: readonly string[]): string {
  return [seal(`group ${GROUP_VERSION} ${lines.length}`), ...lines].join('\n');
}

/** `key`: the number that a value has as its key. A value of one record without a head has that number. */
export function decodeGroup(key: number, value: string): DecodedGroup {
  const [first = '', ...rest] = value.split('\n');
  const unreadable: UnreadableText[] = [];
  const lines: GroupLine[] = [];
  let count: number | undefined;
  try {
    const text = unseal(first);
    const head = HEAD.exec(text);
    if (head === null && rest.length === 0) return { lines: [{ sequence: key, json: text }], unreadable };
    if (head === null) throw new UnreadableRecord('it does not say that it is a group');
    if (Number(head[1]) > GROUP_VERSION) {
      const why = `it is a group of version ${head[1]}, and this is version ${GROUP_VERSION}`;
      return { lines, unreadable: [{ text: value, why }] };
    }
    count = Number(head[2]);
  } catch (error) {
    unreadable.push({ text: first, why: errorText(error) });
  }
  for (const text of rest) {
    try {
      lines.push(decodeLine(text));
    } catch (error) {
      unreadable.push({ text, why: errorText(error) });
    }
  }
  const missing = (count ?? 0) - lines.length - unreadable.length;
  if (missing > 0) unreadable.push({ text: '', why: `${missing} of its ${count} records are missing` });
  return { lines, unreadable };
}

function decodeLine(sealed: string): GroupLine {
  const json = unseal(sealed);
  const match = NUMBER.exec(json);
  if (match === null) throw new UnreadableRecord('it has no number');
  return { sequence: Number(match[1]), json };
}

/** The records of a group that each driver still waits for: their numbers, from the first to the last of each run. */
export type Remaining = Readonly<Record<string, readonly (readonly [first: number, last: number])[]>>;

export function encodeRemaining(remaining: Remaining): string {
  return seal(JSON.stringify({ remaining }));
}

/**
 * Says which drivers still wait for a record. Undefined for what cannot be read: then all do, since twice is better than
 * never. A list of names is what one record without a group may have: it holds for it.
 */
export function decodeRemaining(text: string): ((sequence: number) => readonly string[]) | undefined {
  try {
    if (text.startsWith('[')) {
      const names: unknown = JSON.parse(text);
      return Array.isArray(names) && names.every((name) => typeof name === 'string') ? () => names : undefined;
    }
    const { remaining } = JSON.parse(unseal(text)) as { remaining: Remaining };
    const drivers = Object.entries(remaining);
    return (sequence) =>
      drivers
        .filter(([, runs]) => runs.some(([first, last]) => first <= sequence && sequence <= last))
        .map(([name]) => name);
  } catch {
    return undefined;
  }
}

/** The notification of a line, for the drivers that still wait for it. Throws an {@link UnreadableRecord}. */
export function decodeStored(json: string, remaining: readonly string[] | undefined): StoredNotification {
  const stored = parseNotification(json);
  return remaining === undefined ? stored : { ...stored, drivers: remaining };
}
