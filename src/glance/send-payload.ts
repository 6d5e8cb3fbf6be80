import { IsIP, IsOptional } from 'class-validator';
import { Meaning } from '../catalog/field-marks.js';
import { Count, Id, OrNull, Text } from './fields.js';
import type { ImageRecord } from './image-payload.js';

/** Of `image.send`. */
export class ImageSendPayload {
  @Id('the image') readonly image_id!: string;
  @OrNull(Text('the project that the image belongs to')) readonly owner_id!: string | null;
  @OrNull(Text('the project that asked for it')) readonly receiver_tenant_id!: string | null;
  @OrNull(Text('the user that asked for it')) readonly receiver_user_id!: string | null;
  @IsOptional() @IsIP() @Meaning('where it was sent to') readonly destination_ip?: string | null;
  @Count('bytes that were really sent') readonly bytes_sent!: number;
}

/** Who asked for an image. */
export interface Receiver {
  readonly projectId?: string | null;
  readonly userId?: string | null;
  /** The address at the other end of the connection. */
  readonly address?: string | null;
}

/** The payload of `image.send`, complete or cut short. `bytesSent`: what really left. */
export function imageSendPayload(
  image: Pick<ImageRecord, 'id' | 'owner'>,
  receiver: Receiver,
  bytesSent: number,
): ImageSendPayload {
  return {
    image_id: image.id,
    owner_id: image.owner ?? null,
    receiver_tenant_id: receiver.projectId ?? null,
    receiver_user_id: receiver.userId ?? null,
    destination_ip: receiver.address ?? null,
    bytes_sent: bytesSent,
  };
}
