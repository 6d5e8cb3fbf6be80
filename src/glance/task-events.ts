import type { EventDefinitions } from '../catalog/event-definition.js';
import { PRIORITIES } from './image-events.js';
import {
  FailedTaskPayload,
  ProcessingTaskPayload,
  RunningTaskPayload,
  SucceededTaskPayload,
  TaskPayload,
} from './task-payload.js';

const pending = {
  task_id: '311968bf-7170-4302-a760-8a5ad2c93d0a',
  owner: '3f8e1d0c9b7a4a6e8c2d5b1f0e9d8c7b',
  task_type: 'import',
  status: 'pending',
  task_input: { import_from: 'https://images.example.com/cirros.img', import_from_format: 'raw' },
  result: null,
  message: null,
  expires_at: null,
  created_at: '2026-11-20T07:29:27Z',
  updated_at: '2026-11-20T07:29:27Z',
} as const;

export const taskEvents = {
  'task.create': {
    summary: 'A task was asked for',
    meaning: 'Sent when the record is stored. Nothing has been done yet.',
    payload: TaskPayload,
    priorities: PRIORITIES,
    example: pending,
  },
  'task.delete': {
    summary: 'The record of a task was deleted',
    meaning: 'Sent when the record is gone. What the task has made stays.',
    payload: TaskPayload,
    priorities: PRIORITIES,
    example: { ...pending, status: 'success', result: { image_id: '65f8a45e-2bef-46e4-88b5-bb2bd1830a0f' } },
  },
  'task.run': {
    summary: 'A task was picked up to be run',
    meaning: 'Sent when the executor takes the task. It does not mean that it is being done: task.processing says so.',
    payload: RunningTaskPayload,
    priorities: PRIORITIES,
    example: pending,
  },
  'task.processing': {
    summary: 'A task is being done',
    meaning: 'Sent when the task was handed to the executor and its processing begins.',
    payload: ProcessingTaskPayload,
    priorities: PRIORITIES,
    example: { ...pending, status: 'processing' },
  },
  'task.success': {
    summary: 'A task is done',
    meaning: 'Sent when the task has completed, with what it gave.',
    payload: SucceededTaskPayload,
    priorities: PRIORITIES,
    example: { ...pending, status: 'success', result: { image_id: '65f8a45e-2bef-46e4-88b5-bb2bd1830a0f' } },
  },
  'task.failure': {
    summary: 'A task has failed',
    meaning:
      'Sent when the task has failed for good, with the reason. At INFO: that a task fails is no fault of the service.',
    payload: FailedTaskPayload,
    priorities: PRIORITIES,
    example: { ...pending, status: 'failure', message: 'the image cannot be fetched' },
  },
} as const satisfies EventDefinitions;
