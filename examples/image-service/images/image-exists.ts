import { type ExistsSchedule, scheduleExists } from 'tidings/audit';
import type { RecordStore } from '../store/record-store.js';
import type { ImageRecord } from './image-record.js';

/**
 * Tells each hour which images there were, one `image.exists` per owner, as a bill needs it. `directory` keeps which
 * hours were told, so that a restart tells none of them again; hours in which the service was down are told late.
 */
export function scheduleImageExists(images: RecordStore<ImageRecord>, directory: string): ExistsSchedule {
  return scheduleExists({
    eventType: 'image.exists',
    period: 'hour',
    // Deleted images too: they were there until they were deleted.
    source: () => images.all(),
    groupBy: ({ owner }) => owner,
    describe: ({ id, size, status, created_at, deleted_at, properties }) => {
      return { id, size, status, created_at, deleted_at, properties };
    },
    listKey: 'images',
    store: directory,
    catchUp: true,
  });
}
