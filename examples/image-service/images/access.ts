import type { Caller } from '../caller.js';
import { ForbiddenError, NotFoundError } from '../errors.js';
import type { ImageRecord, Member } from './image-record.js';

export function isOwner(image: ImageRecord, caller: Caller): boolean {
  return image.owner === caller.projectId;
}

export function memberOf(image: ImageRecord, caller: Caller): Member | undefined {
  return image.members.find(({ member_id }) => member_id === caller.projectId);
}

export function canSee(image: ImageRecord, caller: Caller): boolean {
  if (image.deleted) return false;
  if (isOwner(image, caller) || image.visibility === 'public' || image.visibility === 'community') return true;
  return image.visibility === 'shared' && memberOf(image, caller) !== undefined;
}

/** An image that the caller may not see does not exist for him: 404, not 403, which would tell that it does. */
export function visible(image: ImageRecord | undefined, id: string, caller: Caller): ImageRecord {
  if (image === undefined || !canSee(image, caller)) throw new NotFoundError(`there is no image ${id}`);
  return image;
}

export function owned(image: ImageRecord | undefined, id: string, caller: Caller): ImageRecord {
  const seen = visible(image, id, caller);
  if (!isOwner(seen, caller)) throw new ForbiddenError(`image ${id} belongs to another project`);
  return seen;
}
