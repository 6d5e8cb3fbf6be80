import { type CallOf, Notifies } from 'tidings';
import type { Caller } from '../caller.js';
import { timestamp } from '../clock.js';
import { BadRequestError, ConflictError, ForbiddenError, NotFoundError } from '../errors.js';
import type { RecordStore } from '../store/record-store.js';
import { isOwner, owned, visible } from './access.js';
import { memberPayload } from './image-payloads.js';
import { changed, type ImageRecord, type Member, type MemberStatus } from './image-record.js';

const STATUSES: readonly MemberStatus[] = ['pending', 'accepted', 'rejected'];

/** Whom an image is shared with. The owner adds and removes members; each member says for itself whether it accepts. */
export class Members {
  readonly #records: RecordStore<ImageRecord>;

  constructor(records: RecordStore<ImageRecord>) {
    this.#records = records;
  }

  list(imageId: string, caller: Caller): readonly Member[] {
    const image = visible(this.#records.get(imageId), imageId, caller);
    if (isOwner(image, caller)) return image.members;
    return image.members.filter(({ member_id }) => member_id === caller.projectId);
  }

  show(imageId: string, memberId: string, caller: Caller): Member {
    return found(this.list(imageId, caller), memberId);
  }

  @Notifies('image.member.create', {
    payload: ({ args, result }: CallOf<Members['create']>) => memberPayload(args[0], result),
  })
  async create(imageId: string, memberId: unknown, caller: Caller): Promise<Member> {
    if (typeof memberId !== 'string' || memberId === '') throw new BadRequestError('member must be a project id');
    const now = timestamp();
    const member: Member = { member_id: memberId, status: 'pending', created_at: now, updated_at: now };
    await this.#records.change(imageId, (image) => {
      if (owned(image, imageId, caller).visibility !== 'shared') {
        throw new ForbiddenError(`image ${imageId} is ${image.visibility}, not shared`);
      }
      if (image.members.some(({ member_id }) => member_id === memberId)) {
        throw new ConflictError(`image ${imageId} is already shared with ${memberId}`);
      }
      return changed(image, { members: [...image.members, member] });
    });
    return member;
  }

  @Notifies('image.member.update', {
    payload: ({ args, result }: CallOf<Members['update']>) => memberPayload(args[0], result),
  })
  async update(imageId: string, memberId: string, status: unknown, caller: Caller): Promise<Member> {
    if (!isStatus(status)) throw new BadRequestError(`status must be one of ${STATUSES.join(', ')}`);
    const current = this.show(imageId, memberId, caller);
    if (caller.projectId !== memberId) throw new ForbiddenError(`only ${memberId} can accept or reject the image`);
    const member: Member = { ...current, status, updated_at: timestamp() };
    await this.#records.change(imageId, (image) => withMember(image, member));
    return member;
  }

  @Notifies('image.member.delete', {
    payload: ({ args, result }: CallOf<Members['delete']>) => memberPayload(args[0], result, timestamp()),
  })
  async delete(imageId: string, memberId: string, caller: Caller): Promise<Member> {
    const member = found(owned(this.#records.get(imageId), imageId, caller).members, memberId);
    await this.#records.change(imageId, (image) => withoutMember(image, memberId));
    return member;
  }
}

function withMember(image: ImageRecord, member: Member): ImageRecord {
  const { members } = withoutMember(image, member.member_id);
  return changed(image, { members: [...members, member] });
}

/** Throws a NotFoundError when there is no such member, be it that another request was quicker. */
function withoutMember(image: ImageRecord, memberId: string): ImageRecord {
  const member = found(image.members, memberId);
  return changed(image, { members: image.members.filter((other) => other !== member) });
}

function isStatus(value: unknown): value is MemberStatus {
  return STATUSES.includes(value as MemberStatus);
}

function found(members: readonly Member[], memberId: string): Member {
  const member = members.find(({ member_id }) => member_id === memberId);
  if (member === undefined) throw new NotFoundError(`the image is not shared with ${memberId}`);
  return member;
}
