import { BadRequestError } from '../errors.js';
import { newFields } from '../images/image-fields.js';
import type { ImportInput } from './task-record.js';

type Json = Readonly<Record<string, unknown>>;

/** Checks the body of `POST /v2/tasks`: what is wrong with it is better said now than in a failed task. */
export function importInput({ type, input }: Json): ImportInput {
  if (type !== 'import') throw new BadRequestError('type must be import');
  if (!isObject(input)) throw new BadRequestError('input must be an object');
  const { image_id, import_from, image_properties = {} } = input;
  if (typeof import_from !== 'string') throw new BadRequestError('input.import_from must be a file or an http URL');
  if (!isObject(image_properties)) throw new BadRequestError('input.image_properties must be an object');
  if (image_id === undefined) return { import_from, image_properties: newFields(image_properties) };
  if (typeof image_id !== 'string') throw new BadRequestError('input.image_id must be the id of an image');
  return { image_id, import_from };
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
