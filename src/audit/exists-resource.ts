import { errorText } from '../notification/errors.js';
import type { AuditPeriod } from './audit-period.js';
import type { Definition } from './exists-options.js';
import { messageBytes } from './message-bytes.js';
import { readTime } from './utc-text.js';

/** What is kept of one resource until its owner's message is told. */
export interface Described {
  /** JSON: text, or `null`. Owners are compared by it, so that the text "null" is not nobody. */
  readonly owner: string;
  readonly json: string;
  /** The most bytes that it takes in a message. */
  readonly bytes: number;
}

/** Why a resource is not told of; the message holds nothing of it but what the service's own functions threw. */
export class BadResourceError extends Error {}

/**
 * What is told of one resource; undefined where it did not exist in the period. One that was deleted at the very moment
 * that the period begins is told of: it was deleted in it, and most services keep times in whole seconds.
 *
 * @throws BadResourceError
 */
export function describeResource(
  definition: Definition,
  resource: unknown,
  { begin, end }: AuditPeriod,
): Described | undefined {
  const { createdAt, deletedAt } = called('lifetime', definition.lifetime, resource) ?? {};
  const created = readTime(createdAt);
  if (created === undefined) throw new BadResourceError('it has no time of creation');
  const isDeleted = deletedAt !== undefined && deletedAt !== null;
  const deleted = isDeleted ? readTime(deletedAt) : undefined;
  if (isDeleted && deleted === undefined) throw new BadResourceError('its time of deletion is no time');
  if (created >= end.getTime() || (deleted !== undefined && deleted < begin.getTime())) return undefined;

  const owner = called('groupBy', definition.groupBy, resource) ?? null;
  if (owner !== null && typeof owner !== 'string' && !Number.isFinite(owner)) {
    throw new BadResourceError(`groupBy gave ${typeof owner}, not a text`);
  }
  const json = asJson(called('describe', definition.describe, resource));
  return { owner: JSON.stringify(owner), json, bytes: messageBytes(json) + 4 };
}

function called<T>(what: string, fn: (resource: unknown) => T, resource: unknown): T {
  try {
    return fn(resource);
  } catch (error) {
    throw new BadResourceError(`${what} threw: ${errorText(error).slice(0, 200)}`);
  }
}

function asJson(described: unknown): string {
  let json: string | undefined;
  try {
    // Numbers of databases are BigInts often enough.
    json = JSON.stringify(described, (_, value) => (typeof value === 'bigint' ? String(value) : value));
  } catch (error) {
    throw new BadResourceError(`it is not for JSON: ${errorText(error).split('\n', 1)[0]?.slice(0, 200)}`);
  }
  if (json === undefined) throw new BadResourceError('there is nothing to tell of it');
  return json;
}
