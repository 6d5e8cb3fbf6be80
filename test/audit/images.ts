import type { Notification } from '../../src/index.js';

/** A resource as a service has it, and the owner that it belongs to. */
export interface Image {
  readonly id: string;
  readonly owner: string | null;
  readonly size: number;
  readonly created_at: string;
  readonly deleted_at: string | null;
}

export function image(id: string, owner: string | null, created_at = '2024-01-01', deleted_at?: string): Image {
  return { id, owner, size: 1, created_at, deleted_at: deleted_at ?? null };
}

/** Owner, then the ids of its images, of each message. */
export function told(notifications: readonly Notification[]): [unknown, string[]][] {
  return notifications.map(({ payload }) => {
    const { owner, images } = payload as unknown as { owner: unknown; images: { id: string }[] };
    return [owner, images.map(({ id }) => id)];
  });
}
