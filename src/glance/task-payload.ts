import { Exactly, Fields, Id, Name, OneOf, OrNull, Text, Time } from './fields.js';
import { type Moment, time, timeOrNull } from './times.js';

export const TASK_STATUSES = ['pending', 'processing', 'success', 'failure'] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];
type Anything = Readonly<Record<string, unknown>>;

/** The longest message of a task, in characters. */
const MAX_MESSAGE = 65_535;

/** What every notification of a task carries. */
abstract class TaskFields {
  @Id('the task') readonly task_id!: string;
  @OrNull(Text('the project that asked for it')) readonly owner!: string | null;
  @Name('import …') readonly task_type!: string;
  @OrNull(Fields('what it was asked to do')) readonly task_input!: Anything | null;
  @OrNull(Time('when the record goes')) readonly expires_at!: string | null;
  @Time('when the record was made') readonly created_at!: string;
  @Time('when it was changed last') readonly updated_at!: string;
}

/** Of `task.create` and `task.delete`: a task in any state. */
export class TaskPayload extends TaskFields {
  @OneOf('how far it has come', TASK_STATUSES) readonly status!: TaskStatus;
  @OrNull(Fields('what it gave')) readonly result!: Anything | null;
  @OrNull(Text('why it failed', MAX_MESSAGE)) readonly message!: string | null;
}

/** Of `task.run`. */
export class RunningTaskPayload extends TaskFields {
  @OneOf('how far it has come', ['pending', 'processing']) readonly status!: 'pending' | 'processing';
  @Exactly('there is none yet', null) readonly result!: null;
  @Exactly('there is none yet', null) readonly message!: null;
}

/** Of `task.processing`. */
export class ProcessingTaskPayload extends TaskFields {
  @Exactly('it is being done', 'processing') readonly status!: 'processing';
  @Exactly('there is none yet', null) readonly result!: null;
  @Exactly('there is none yet', null) readonly message!: null;
}

/** Of `task.success`. */
export class SucceededTaskPayload extends TaskFields {
  @Exactly('it is done', 'success') readonly status!: 'success';
  @Fields('what it gave') readonly result!: Anything;
  @Exactly('nothing failed', null) readonly message!: null;
}

/** Of `task.failure`. */
export class FailedTaskPayload extends TaskFields {
  @Exactly('it failed', 'failure') readonly status!: 'failure';
  @Exactly('it gave nothing', null) readonly result!: null;
  @Text('why', MAX_MESSAGE) readonly message!: string;
}

export interface TaskRecord {
  readonly id: string;
  readonly type: string;
  readonly status: TaskStatus;
  readonly created_at: Moment;
  readonly updated_at: Moment;
  readonly owner?: string | null;
  readonly input?: Anything | null;
  readonly result?: Anything | null;
  readonly message?: string | null;
  readonly expires_at?: Moment | null;
}

/** The payload of `task.create` and `task.delete`. */
export function taskPayload(record: TaskRecord): TaskPayload {
  return {
    ...commonFields(record),
    status: record.status,
    result: record.result ?? null,
    message: record.message ?? null,
  };
}

/** The payload of `task.run`, whose result and message are not there yet. */
export function runningTaskPayload(record: TaskRecord): RunningTaskPayload {
  const status = record.status === 'processing' ? 'processing' : 'pending';
  return { ...commonFields(record), status, result: null, message: null };
}

/** The payload of `task.processing`. */
export function processingTaskPayload(record: TaskRecord): ProcessingTaskPayload {
  return { ...commonFields(record), status: 'processing', result: null, message: null };
}

/** The payload of `task.success`. A task that gave nothing has the result `{}`. */
export function succeededTaskPayload(record: TaskRecord): SucceededTaskPayload {
  return { ...commonFields(record), status: 'success', result: record.result ?? {}, message: null };
}

/** The payload of `task.failure`. */
export function failedTaskPayload(record: TaskRecord): FailedTaskPayload {
  return { ...commonFields(record), status: 'failure', result: null, message: record.message ?? '' };
}

function commonFields(record: TaskRecord): TaskFields {
  return {
    task_id: record.id,
    owner: record.owner ?? null,
    task_type: record.type,
    task_input: record.input ?? null,
    expires_at: timeOrNull(record.expires_at),
    created_at: time(record.created_at),
    updated_at: time(record.updated_at),
  };
}
