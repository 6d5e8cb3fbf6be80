import { randomUUID } from 'node:crypto';
import type { Caller } from '../caller.js';
import { timestamp } from '../clock.js';
import type { ImageFields } from '../images/image-record.js';

export interface ImportInput {
  /** The image to fill; without it a new one is made. */
  readonly image_id?: string;
  /** A file in the import directory, or an http URL of this machine. */
  readonly import_from: string;
  /** The fields of the new image. */
  readonly image_properties?: ImageFields;
}

export interface TaskRecord {
  readonly id: string;
  readonly type: 'import';
  readonly status: 'pending' | 'processing' | 'success' | 'failure';
  readonly owner: string | null;
  readonly input: ImportInput;
  readonly result: { readonly image_id: string } | null;
  readonly message: string | null;
  readonly created_at: string;
  readonly updated_at: string;
}

export function newTask(input: ImportInput, owner: Caller): TaskRecord {
  const now = timestamp();
  return {
    id: randomUUID(),
    type: 'import',
    status: 'pending',
    owner: owner.projectId,
    input,
    result: null,
    message: null,
    created_at: now,
    updated_at: now,
  };
}

/** What `task.*` notifications say: the keys of Glance's documentation. Our tasks never expire. */
export function taskPayload(task: TaskRecord) {
  return {
    task_id: task.id,
    owner: task.owner,
    task_type: task.type,
    status: task.status,
    task_input: task.input,
    result: task.result,
    message: task.message,
    expires_at: null,
    created_at: task.created_at,
    updated_at: task.updated_at,
  };
}
