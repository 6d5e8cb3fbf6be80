import { crc32 } from 'node:zlib';
import type { JsonValue } from '../../notification/json.js';
import type { Notification, NotificationContext } from '../../notification/notification.js';
import { isPriority } from '../../notification/priority.js';

/**
 * The version of the format. A reader takes every version up to its own; fields that it does not know are kept out of
 * the way, so a field may be added without a new version. A new version is for what an old reader would misread.
 */
export const FORMAT_VERSION = 1;

/** A notification as it is on disk: everything that another process needs to deliver it. */
export interface StoredNotification {
  readonly notification: Notification;
  readonly topics: readonly string[];
  /** The names of the drivers that it is to be delivered by. */
  readonly drivers: readonly string[];
  /** When it was accepted, in milliseconds of the wall clock. */
  readonly acceptedAt: number;
}

/** An operation that has begun: what tells that it was cut off, should its process die. */
export interface StoredOperation extends StoredNotification {
  /** The process that it runs in. */
  readonly process: string;
}

/** A notification that a driver was refused for good. */
export interface StoredDeadLetter extends StoredNotification {
  readonly reason: string;
  /** When it was refused, in milliseconds of the wall clock. */
  readonly refusedAt: number;
}

/** A record that this version cannot read. */
export class UnreadableRecord extends Error {}

/** A record that stands for itself: a checksum, and JSON. */
export function encodeNotification(stored: StoredNotification): string {
  return seal(notificationJson(stored));
}

/** A record of the database: a checksum, and JSON. */
export function encodeOperation(stored: StoredOperation): string {
  return seal(JSON.stringify({ ...fieldsOf(stored), process: stored.process }));
}

/** The record without its checksum, on one line. `sequence`: its number, which comes first. */
export function notificationJson(stored: StoredNotification, sequence?: number): string {
  return JSON.stringify(fieldsOf(stored, sequence));
}

/** A line of a file, for people too. */
export function encodeDeadLetter(stored: StoredDeadLetter): string {
  return JSON.stringify({ ...fieldsOf(stored), reason: stored.reason, refused_at: stored.refusedAt });
}

/** Throws an {@link UnreadableRecord}, which never shows a payload. */
export function decodeNotification(text: string): StoredNotification {
  return parseNotification(unseal(text));
}

/** What {@link notificationJson} gave. Throws an {@link UnreadableRecord}. */
export function parseNotification(json: string): StoredNotification {
  return readNotification(parse(json));
}

export function decodeOperation(text: string): StoredOperation {
  const fields = parse(unseal(text));
  return { ...readNotification(fields), process: asText(fields, 'process') };
}

/** Undefined where it is a notification that was told. */
export function decodeIfOperation(text: string): StoredOperation | undefined {
  return 'process' in parse(unseal(text)) ? decodeOperation(text) : undefined;
}

export function decodeDeadLetter(text: string): StoredDeadLetter {
  const fields = parse(text);
  const refusedAt = asNumber(fields, 'refused_at');
  return { ...readNotification(fields), reason: asText(fields, 'reason'), refusedAt };
}

/**
 * Puts a checksum in front: LevelDB reads on over bytes that have changed on disk, so a notification could say what
 * nobody told.
 */
export function seal(text: string): string {
  return `${checksum(text)} ${text}`;
}

/** Throws an {@link UnreadableRecord} where the checksum is another one. */
export function unseal(sealed: string): string {
  const text = sealed.slice(9);
  if (sealed.slice(0, 9) !== `${checksum(text)} `) throw new UnreadableRecord('its checksum is wrong');
  return text;
}

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Eight hexadecimal digits. */
function checksum(text: string): string {
  const sum = crc32(text);
  // As `toString(16)` and `padStart`, in half the time: each record pays for it.
  return `${HEX[sum >>> 24]}${HEX[(sum >>> 16) & 0xff]}${HEX[(sum >>> 8) & 0xff]}${HEX[sum & 0xff]}`;
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf({ notification, topics, drivers, acceptedAt }: StoredNotification, sequence?: number): Fields {
  return {
    n: sequence,
    v: FORMAT_VERSION,
    message_id: notification.messageId,
    publisher_id: notification.publisherId,
    event_type: notification.eventType,
    priority: notification.priority,
    timestamp: notification.timestamp,
    payload: notification.payload,
    context: notification.context,
    topics,
    drivers,
    accepted_at: acceptedAt,
  };
}

function parse(text: string): Fields {
  let fields: unknown;
  try {
    fields = JSON.parse(text);
  } catch {
    throw new UnreadableRecord('it is not JSON');
  }
  if (!isObject(fields)) throw new UnreadableRecord('it is not an object');
  const { v } = fields;
  if (typeof v !== 'number' || !Number.isInteger(v) || v < 1) throw new UnreadableRecord('it has no version');
  if (v > FORMAT_VERSION) throw new UnreadableRecord(`it has version ${v}, and this is version ${FORMAT_VERSION}`);
  return fields;
}

function readNotification(fields: Fields): StoredNotification {
  const { priority, payload, context } = fields;
  if (!isPriority(priority)) throw new UnreadableRecord('its priority is none');
  if (payload === undefined) throw new UnreadableRecord('it has no payload');
  if (!isObject(context)) throw new UnreadableRecord('its context is no object');
  const topics = asTexts(fields, 'topics');
  if (topics.length === 0) throw new UnreadableRecord('it has no topics');
  const notification: Notification = {
    messageId: asText(fields, 'message_id'),
    publisherId: asText(fields, 'publisher_id'),
    eventType: asText(fields, 'event_type'),
    priority,
    timestamp: asText(fields, 'timestamp'),
    payload: payload as JsonValue,
    context: context as NotificationContext,
  };
  return { notification, topics, drivers: asTexts(fields, 'drivers'), acceptedAt: asNumber(fields, 'accepted_at') };
}

function asText(fields: Fields, key: string): string {
  const value = fields[key];
  if (typeof value === 'string') return value;
  throw new UnreadableRecord(`its ${key} is no text`);
}

function asNumber(fields: Fields, key: string): number {
  const value = fields[key];
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new UnreadableRecord(`its ${key} is no number`);
}

function asTexts(fields: Fields, key: string): readonly string[] {
  const value = fields[key];
  if (Array.isArray(value) && value.every((entry) => typeof entry === 'string')) return value;
  throw new UnreadableRecord(`its ${key} are no list of texts`);
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
