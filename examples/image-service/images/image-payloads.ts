import type { Caller } from '../caller.js';
import type { ImageRecord, Member } from './image-record.js';

/**
 * What `image.*` notifications say of an image: Glance's keys, in Glance's order. Where the data is stays out of it: in
 * a real store the location holds credentials.
 */
export function imagePayload(image: ImageRecord) {
  return {
    id: image.id,
    name: image.name,
    status: image.status,
    created_at: image.created_at,
    updated_at: image.updated_at,
    min_disk: image.min_disk,
    min_ram: image.min_ram,
    protected: image.protected,
    checksum: image.checksum,
    owner: image.owner,
    disk_format: image.disk_format,
    container_format: image.container_format,
    size: image.size,
    virtual_size: image.virtual_size,
    is_public: image.visibility === 'public',
    visibility: image.visibility,
    properties: image.properties,
    tags: image.tags,
    deleted: image.deleted,
    deleted_at: image.deleted_at,
  };
}

/** What `image.member.*` notifications say; `deletedAt` is null while the image is shared with the member. */
export function memberPayload(imageId: string, member: Member, deletedAt: string | null = null) {
  return {
    image_id: imageId,
    member_id: member.member_id,
    status: member.status,
    created_at: member.created_at,
    updated_at: member.updated_at,
    deleted: deletedAt !== null,
    deleted_at: deletedAt,
  };
}

/** What `image.send` notifications say: who got how much of whose image, and where. */
export function sendPayload(image: ImageRecord, receiver: Caller, bytesSent: number) {
  return {
    image_id: image.id,
    owner_id: image.owner,
    receiver_tenant_id: receiver.projectId,
    receiver_user_id: receiver.userId,
    destination_ip: receiver.address,
    bytes_sent: bytesSent,
  };
}
