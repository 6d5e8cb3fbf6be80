import { randomUUID } from 'node:crypto';
import type { Caller } from '../caller.js';
import { timestamp } from '../clock.js';

export type Visibility = 'public' | 'community' | 'shared' | 'private';
export type ImageStatus = 'queued' | 'saving' | 'active' | 'deleted';
export type MemberStatus = 'pending' | 'accepted' | 'rejected';

/** What a user may set. */
export interface ImageFields {
  readonly name: string | null;
  readonly visibility: Visibility;
  readonly protected: boolean;
  readonly disk_format: string | null;
  readonly container_format: string | null;
  readonly min_disk: number;
  readonly min_ram: number;
  readonly tags: readonly string[];
  readonly properties: Readonly<Record<string, string>>;
}

/** A project that a shared image is shared with. */
export interface Member {
  readonly member_id: string;
  readonly status: MemberStatus;
  readonly created_at: string;
  readonly updated_at: string;
}

export interface ImageRecord extends ImageFields {
  readonly id: string;
  readonly status: ImageStatus;
  readonly owner: string | null;
  /** MD5 of the data, as Glance has it; null until there is data, like the four that follow. */
  readonly checksum: string | null;
  readonly os_hash_algo: 'sha256' | null;
  readonly os_hash_value: string | null;
  readonly size: number | null;
  readonly virtual_size: number | null;
  readonly created_at: string;
  readonly updated_at: string;
  readonly deleted: boolean;
  readonly deleted_at: string | null;
  readonly members: readonly Member[];
}

export const FIELD_DEFAULTS: ImageFields = {
  name: null,
  visibility: 'shared',
  protected: false,
  disk_format: null,
  container_format: null,
  min_disk: 0,
  min_ram: 0,
  tags: [],
  properties: {},
};

export function newImage(fields: ImageFields, owner: Caller): ImageRecord {
  const now = timestamp();
  return {
    ...fields,
    id: randomUUID(),
    status: 'queued',
    owner: owner.projectId,
    checksum: null,
    os_hash_algo: null,
    os_hash_value: null,
    size: null,
    virtual_size: null,
    created_at: now,
    updated_at: now,
    deleted: false,
    deleted_at: null,
    members: [],
  };
}

/** The record with some of it replaced, and the time of that. */
export function changed(image: ImageRecord, changes: Partial<ImageRecord>): ImageRecord {
  return { ...image, ...changes, updated_at: timestamp() };
}

/** An image as the API shows it. */
export function imageView(image: ImageRecord) {
  const { members, deleted, deleted_at, ...shown } = image;
  return { ...shown, self: `/v2/images/${image.id}`, file: `/v2/images/${image.id}/file` };
}
