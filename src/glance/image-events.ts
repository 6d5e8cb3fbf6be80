import type { EventDefinitions } from '../catalog/event-definition.js';
import type { Priority } from '../notification/priority.js';
import { ImageExistsPayload } from './exists-payload.js';
import { DeletedImagePayload, ImageDataPayload, ImagePayload } from './image-payload.js';
import { ImageMemberPayload } from './member-payload.js';
import { ImageSendPayload } from './send-payload.js';

/** INFO when all went well; at WARN and ERROR the payload is a text. */
export const PRIORITIES: readonly Priority[] = ['INFO', 'WARN', 'ERROR'];

const OWNER = '3f8e1d0c9b7a4a6e8c2d5b1f0e9d8c7b';

const queued: ImagePayload = {
  id: '65f8a45e-2bef-46e4-88b5-bb2bd1830a0f',
  name: 'cirros',
  status: 'queued',
  created_at: '2026-11-20T07:29:26Z',
  updated_at: '2026-11-20T07:29:26Z',
  min_disk: 0,
  min_ram: 0,
  protected: false,
  checksum: null,
  owner: OWNER,
  disk_format: 'raw',
  container_format: 'bare',
  size: null,
  virtual_size: null,
  is_public: false,
  visibility: 'shared',
  properties: { os_distro: 'linux' },
  tags: ['small'],
  deleted: false,
  deleted_at: null,
};
const active: ImagePayload = {
  ...queued,
  status: 'active',
  checksum: '227a7bcff360c6b2eacb565b9e2160b9',
  size: 300_000,
  virtual_size: 300_000,
};
const member: ImageMemberPayload = {
  image_id: active.id,
  member_id: '9a1b2c3d4e5f60718293a4b5c6d7e8f9',
  status: 'pending',
  created_at: '2026-11-20T07:31:00Z',
  updated_at: '2026-11-20T07:31:00Z',
  deleted: false,
  deleted_at: null,
};
const DELETED_AT = '2026-11-20T08:00:00Z';

export const imageEvents = {
  'image.create': {
    summary: 'An image record was created',
    meaning: 'Sent when the record is stored. It says nothing of the data, which is uploaded apart, later or never.',
    payload: ImagePayload,
    priorities: PRIORITIES,
    example: queued,
  },
  'image.prepare': {
    summary: 'The upload of the data of an image begins',
    meaning:
      'Sent before the first byte goes to the store, so that a user interface can show it at once. It does not mean that the upload succeeds; image.upload says so.',
    payload: ImageDataPayload,
    priorities: PRIORITIES,
    example: { ...queued, status: 'saving', backend: 'fast' },
  },
  'image.upload': {
    summary: 'The data of an image was uploaded',
    meaning:
      'Sent when the upload to the store has completed, never when it only begins. At ERROR the upload failed, and the payload says why.',
    payload: ImageDataPayload,
    priorities: PRIORITIES,
    example: { ...active, os_glance_importing_to_stores: [], os_glance_failed_import: [] },
  },
  'image.activate': {
    summary: 'An image can be used',
    meaning:
      'Sent when the image goes to active: it is known where its data is. Whoever waits for an image waits for this.',
    payload: ImagePayload,
    priorities: PRIORITIES,
    example: active,
  },
  'image.send': {
    summary: 'An image was sent to a consumer',
    meaning:
      'Sent when the transfer has ended, with the bytes that were really sent: INFO when it is complete (a range when its range is), WARN when the consumer cut it short, ERROR when the store did.',
    payload: ImageSendPayload,
    priorities: PRIORITIES,
    example: {
      image_id: active.id,
      owner_id: OWNER,
      receiver_tenant_id: member.member_id,
      receiver_user_id: 'u-17',
      destination_ip: '192.0.2.7',
      bytes_sent: 300_000,
    },
  },
  'image.update': {
    summary: 'An image record was changed',
    meaning: 'Sent when the change is stored, with the record as it is now. It does not say what was changed.',
    payload: ImagePayload,
    priorities: PRIORITIES,
    example: { ...active, name: 'cirros 2', updated_at: '2026-11-20T07:45:00Z' },
  },
  'image.delete': {
    summary: 'An image was deleted',
    meaning:
      'Sent when the record is deleted. It does not mean that the data is gone: it may be removed later (status pending_delete).',
    payload: DeletedImagePayload,
    text: { pattern: /^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/, meaning: 'the id of the image alone' },
    priorities: PRIORITIES,
    example: { ...active, status: 'deleted', updated_at: DELETED_AT, deleted: true, deleted_at: DELETED_AT },
  },
  'image.exists': {
    summary: 'Which images an owner had in a period',
    meaning:
      'Sent after each audit period, one notification for each owner, for usage and billing. It has the images that were there at any time in the period, those too that were deleted in it; nothing has happened to them now.',
    payload: ImageExistsPayload,
    priorities: PRIORITIES,
    example: {
      owner: OWNER,
      audit_period_beginning: '2026-11-20 07:00:00',
      audit_period_ending: '2026-11-20 08:00:00',
      images: [
        {
          id: active.id,
          size: active.size,
          status: active.status,
          created_at: active.created_at,
          deleted_at: null,
          properties: active.properties,
        },
      ],
    },
  },
  'image.member.create': {
    summary: 'An image was shared with a project',
    meaning: 'Sent when the image is shared. The project has not said yet whether it takes it.',
    payload: ImageMemberPayload,
    priorities: PRIORITIES,
    example: member,
  },
  'image.member.update': {
    summary: 'A project has said what it does with an image',
    meaning: 'Sent when the project has accepted or rejected the image that is shared with it.',
    payload: ImageMemberPayload,
    priorities: PRIORITIES,
    example: { ...member, status: 'accepted', updated_at: '2026-11-20T07:33:00Z' },
  },
  'image.member.delete': {
    summary: 'An image is no longer shared with a project',
    meaning: 'Sent when sharing has ended. The image itself is not deleted.',
    payload: ImageMemberPayload,
    priorities: PRIORITIES,
    example: { ...member, status: 'accepted', deleted: true, deleted_at: DELETED_AT },
  },
} as const satisfies EventDefinitions;
