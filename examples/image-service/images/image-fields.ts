import { BadRequestError } from '../errors.js';
import { FIELD_DEFAULTS, type ImageFields } from './image-record.js';

type Rule = readonly [test: (value: unknown) => boolean, expected: string];

const isText = (value: unknown): value is string => typeof value === 'string' && value.length <= 255;
const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);
const oneOf = (...words: readonly string[]): Rule => [
  (value) => words.includes(value as string),
  `one of ${words.join(', ')}`,
];
const SIZE: Rule = [(value) => Number.isSafeInteger(value) && (value as number) >= 0, 'a whole number from 0'];

const RULES: Readonly<Record<keyof ImageFields, Rule>> = {
  name: [isText, 'a text of at most 255 characters'],
  visibility: oneOf('public', 'community', 'shared', 'private'),
  protected: [(value) => typeof value === 'boolean', 'true or false'],
  disk_format: oneOf('raw', 'qcow2', 'iso', 'vmdk', 'vdi', 'vhd', 'vhdx', 'aki', 'ari', 'ami', 'ploop'),
  container_format: oneOf('bare', 'ovf', 'ova', 'docker', 'aki', 'ari', 'ami', 'compressed'),
  min_disk: SIZE,
  min_ram: SIZE,
  tags: [(value) => Array.isArray(value) && value.every(isText), 'an array of texts'],
  properties: [(value) => isObject(value) && Object.values(value as object).every(isText), 'an object of texts'],
};

/**
 * Applies a JSON merge patch (RFC 7396) to the fields of an image: what it does not name stays, `null` takes a field
 * back to its default, and `properties` is merged in its turn.
 */
export function patchFields(current: ImageFields, patch: Readonly<Record<string, unknown>>): Partial<ImageFields> {
  const changes: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(patch)) {
    if (!isField(field)) throw new BadRequestError(`${field} is not a field; there are ${fieldNames.join(', ')}`);
    const next = field === 'properties' && isObject(value) ? merged(current.properties, value as object) : value;
    changes[field] = next === null ? FIELD_DEFAULTS[field] : checked(field, next);
  }
  return changes;
}

/** The fields of a new image: the defaults, patched. */
export function newFields(input: Readonly<Record<string, unknown>>): ImageFields {
  return { ...FIELD_DEFAULTS, ...patchFields(FIELD_DEFAULTS, input) };
}

const fieldNames = Object.keys(RULES);

function isField(name: string): name is keyof ImageFields {
  return fieldNames.includes(name);
}

function checked(field: keyof ImageFields, value: unknown): unknown {
  const [test, expected] = RULES[field];
  if (!test(value)) throw new BadRequestError(`${field} must be ${expected}`);
  return value;
}

function merged(current: object, patch: object): object {
  return Object.fromEntries(Object.entries({ ...current, ...patch }).filter(([, value]) => value !== null));
}
