import { Flag, Id, Name, OneOf, OrNull, Time } from './fields.js';
import { type Moment, time, timeOrNull } from './times.js';

export const MEMBER_STATUSES = ['pending', 'accepted', 'rejected'] as const;
export type MemberStatus = (typeof MEMBER_STATUSES)[number];

/** Of `image.member.create`, `.update` and `.delete`. */
export class ImageMemberPayload {
  @Id('the image') readonly image_id!: string;
  @Name('the project that it is shared with') readonly member_id!: string;
  @OneOf('what the project says to that', MEMBER_STATUSES) readonly status!: MemberStatus;
  @Time('since when it is shared') readonly created_at!: string;
  @Time('when that was changed last') readonly updated_at!: string;
  @Flag('it is no longer shared') readonly deleted!: boolean;
  @OrNull(Time('since when')) readonly deleted_at!: string | null;
}

export interface ImageMemberRecord {
  readonly image_id: string;
  readonly member_id: string;
  readonly status: MemberStatus;
  readonly created_at: Moment;
  readonly updated_at: Moment;
  readonly deleted?: boolean;
  readonly deleted_at?: Moment | null;
}

/** The payload of `image.member.create` and `.update`. */
export function imageMemberPayload(record: ImageMemberRecord): ImageMemberPayload {
  return {
    image_id: record.image_id,
    member_id: record.member_id,
    status: record.status,
    created_at: time(record.created_at),
    updated_at: time(record.updated_at),
    deleted: record.deleted ?? false,
    deleted_at: timeOrNull(record.deleted_at),
  };
}

/** The payload of `image.member.delete`. */
export function deletedImageMemberPayload(
  record: ImageMemberRecord,
  deletedAt: Moment = new Date(),
): ImageMemberPayload {
  return { ...imageMemberPayload(record), deleted: true, deleted_at: time(record.deleted_at ?? deletedAt) };
}
