import { Nested } from '../catalog/field-marks.js';
import { AuditTime, Count, Fields, Id, OneOf, OrNull, Text, Time } from './fields.js';
import { IMAGE_STATUSES, type ImageRecord, type ImageStatus, imagePayload } from './image-payload.js';
import { auditTime, type Moment } from './times.js';

/** One image of `image.exists`; every key is there, even if it is null. */
export class ExistingImage {
  @Id('the image') readonly id!: string;
  @OrNull(Count('bytes of the data')) readonly size!: number | null;
  @OneOf('what it was when the period ended', IMAGE_STATUSES) readonly status!: ImageStatus;
  @Time('when the record was made') readonly created_at!: string;
  @OrNull(Time('when it was deleted')) readonly deleted_at!: string | null;
  @Fields('more properties, as its owner set them') readonly properties!: Readonly<Record<string, unknown>>;
}

/** Of `image.exists`. */
export class ImageExistsPayload {
  @OrNull(Text('the project that the images belong to')) readonly owner!: string | null;
  @AuditTime('the first moment of the period') readonly audit_period_beginning!: string;
  @AuditTime('the moment after the period') readonly audit_period_ending!: string;
  @Nested(() => ExistingImage, { each: true }) readonly images!: readonly ExistingImage[];
}

/** The payload of `image.exists`: what one owner had in a period. The images are those that were there at any time in it. */
export function imageExistsPayload(
  owner: string | null,
  beginning: Moment,
  ending: Moment,
  images: readonly ImageRecord[],
): ImageExistsPayload {
  return {
    owner,
    audit_period_beginning: auditTime(beginning),
    audit_period_ending: auditTime(ending),
    images: images.map(imagePayload).map(({ id, size, status, created_at, deleted_at, properties }) => ({
      id,
      size,
      status,
      created_at,
      deleted_at,
      properties,
    })),
  };
}
