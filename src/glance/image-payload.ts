import { IsArray, IsOptional, IsString } from 'class-validator';
import { Meaning } from '../catalog/field-marks.js';
import { Checksum, Count, Exactly, Fields, Flag, Id, OneOf, OrNull, Text, Texts, Time } from './fields.js';
import { type Moment, time, timeOrNull } from './times.js';

export const IMAGE_STATUSES = [
  'queued',
  'saving',
  'uploading',
  'importing',
  'active',
  'killed',
  'deleted',
  'pending_delete',
  'deactivated',
] as const;
export const IMAGE_VISIBILITIES = ['public', 'private', 'shared', 'community'] as const;

export type ImageStatus = (typeof IMAGE_STATUSES)[number];
export type ImageVisibility = (typeof IMAGE_VISIBILITIES)[number];

/** What every notification of an image record carries. */
abstract class ImageFields {
  @Id('the image') readonly id!: string;
  @OrNull(Text('the name that its owner gave it')) readonly name!: string | null;
  @OneOf('what can be done with it now', IMAGE_STATUSES) readonly status!: ImageStatus;
  @Time('when the record was made') readonly created_at!: string;
  @Time('when the record was changed last') readonly updated_at!: string;
  @Count('GiB of disk that a server needs for it') readonly min_disk!: number;
  @Count('MiB of memory that a server needs for it') readonly min_ram!: number;
  @Flag('it cannot be deleted') readonly protected!: boolean;
  @OrNull(Checksum('MD5 of the data; null before there is any')) readonly checksum!: string | null;
  @OrNull(Text('the project that it belongs to')) readonly owner!: string | null;
  @OrNull(Text('raw, qcow2 …')) readonly disk_format!: string | null;
  @OrNull(Text('bare, ovf …')) readonly container_format!: string | null;
  @OrNull(Count('bytes of the data; null before they are known')) readonly size!: number | null;
  @OrNull(Count('bytes that it takes when it is expanded')) readonly virtual_size!: number | null;
  @Flag('everybody may see it') readonly is_public!: boolean;
  @OneOf('who may see it', IMAGE_VISIBILITIES) readonly visibility!: ImageVisibility;
  @Fields('more properties, as its owner set them') readonly properties!: Readonly<Record<string, unknown>>;
  @Texts('as its owner set them') readonly tags!: readonly string[];
}

/** Of `image.create`, `.update` and `.activate`. Never the location of the data: it holds credentials. */
export class ImagePayload extends ImageFields {
  @Flag('the record is deleted') readonly deleted!: boolean;
  @OrNull(Time('when it was deleted')) readonly deleted_at!: string | null;
}

/** Of `image.prepare` and `image.upload`. */
export class ImageDataPayload extends ImagePayload {
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  @Meaning('stores that the data is still copied to')
  readonly os_glance_importing_to_stores?: readonly string[];

  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  @Meaning('stores that the data could not be copied to')
  readonly os_glance_failed_import?: readonly string[];

  @IsOptional() @IsString() @Meaning('the store that the data goes to') readonly backend?: string;
}

/** Of `image.delete`. */
export class DeletedImagePayload extends ImageFields {
  @Exactly('the record is deleted', true) readonly deleted!: true;
  @Time('when it was deleted') readonly deleted_at!: string;
}

/** An image as a service keeps it. What it holds beside these fields stays out of notifications. */
export interface ImageRecord {
  readonly id: string;
  readonly status: ImageStatus;
  readonly created_at: Moment;
  readonly updated_at: Moment;
  readonly visibility: ImageVisibility;
  readonly name?: string | null;
  readonly min_disk?: number | null;
  readonly min_ram?: number | null;
  readonly protected?: boolean;
  readonly checksum?: string | null;
  readonly owner?: string | null;
  readonly disk_format?: string | null;
  readonly container_format?: string | null;
  readonly size?: number | null;
  readonly virtual_size?: number | null;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly tags?: readonly string[];
  readonly deleted?: boolean;
  readonly deleted_at?: Moment | null;
}

/** How an import to several stores stands, for `image.prepare` and `image.upload`. */
export interface ImportProgress {
  readonly importingToStores?: readonly string[];
  readonly failedImport?: readonly string[];
  readonly backend?: string;
}

/** Where the data is, under the names that Glance has for it: in a real store it holds credentials. */
const LOCATION = new Set(['location', 'locations', 'direct_url']);

/** The payload of `image.create`, `.update` and `.activate`. The location of the data stays out of it. */
export function imagePayload(record: ImageRecord): ImagePayload {
  const { properties = {} } = record;
  return {
    id: record.id,
    name: record.name ?? null,
    status: record.status,
    created_at: time(record.created_at),
    updated_at: time(record.updated_at),
    min_disk: record.min_disk ?? 0,
    min_ram: record.min_ram ?? 0,
    protected: record.protected ?? false,
    checksum: record.checksum ?? null,
    owner: record.owner ?? null,
    disk_format: record.disk_format ?? null,
    container_format: record.container_format ?? null,
    size: record.size ?? null,
    virtual_size: record.virtual_size ?? null,
    is_public: record.visibility === 'public',
    visibility: record.visibility,
    properties: Object.fromEntries(Object.entries(properties).filter(([key]) => !LOCATION.has(key))),
    tags: record.tags ?? [],
    deleted: record.deleted ?? false,
    deleted_at: timeOrNull(record.deleted_at),
  };
}

/** The payload of `image.prepare` and `image.upload`. */
export function imageDataPayload(record: ImageRecord, progress: ImportProgress = {}): ImageDataPayload {
  const { importingToStores, failedImport, backend } = progress;
  return {
    ...imagePayload(record),
    ...(importingToStores !== undefined && { os_glance_importing_to_stores: importingToStores }),
    ...(failedImport !== undefined && { os_glance_failed_import: failedImport }),
    ...(backend !== undefined && { backend }),
  };
}

/** The payload of `image.delete`. `deletedAt`: when, if the record does not say so. */
export function deletedImagePayload(record: ImageRecord, deletedAt: Moment = new Date()): DeletedImagePayload {
  return { ...imagePayload(record), deleted: true, deleted_at: time(record.deleted_at ?? deletedAt) };
}
