import { type CallOf, Notifies, notifyAbout, StartEnd } from 'tidings';
import type { Caller } from '../caller.js';
import { timestamp } from '../clock.js';
import { NotFoundError } from '../errors.js';
import type { ImageData } from '../images/image-data.js';
import type { ImageRecord } from '../images/image-record.js';
import type { Images } from '../images/images.js';
import type { Running } from '../running.js';
import type { RecordStore } from '../store/record-store.js';
import { importInput } from './import-input.js';
import { openSource } from './import-source.js';
import { type ImportInput, newTask, type TaskRecord, taskPayload } from './task-record.js';

/** Imports of images, which run in the background. */
export class Tasks {
  readonly #records: RecordStore<TaskRecord>;
  readonly #images: Images;
  readonly #imageData: ImageData;
  readonly #importDirectory: string | undefined;
  readonly #running: Running;

  constructor(
    records: RecordStore<TaskRecord>,
    images: Images,
    imageData: ImageData,
    running: Running,
    importDirectory: string | undefined,
  ) {
    this.#records = records;
    this.#images = images;
    this.#imageData = imageData;
    this.#running = running;
    this.#importDirectory = importDirectory;
  }

  show(id: string, caller: Caller): TaskRecord {
    const task = this.#records.get(id);
    if (task === undefined || task.owner !== caller.projectId) throw new NotFoundError(`there is no task ${id}`);
    return task;
  }

  @Notifies('task.create', { payload: (call: CallOf<Tasks['create']>) => taskPayload(call.result) })
  async create(body: Readonly<Record<string, unknown>>, caller: Caller): Promise<TaskRecord> {
    return this.#records.insert(newTask(importInput(body), caller));
  }

  /** Runs a task in the background. Whoever asked for it has had his answer: how it ends is in its record. */
  start(task: TaskRecord, caller: Caller): void {
    this.#running.add(this.run(task, caller));
  }

  /**
   * The pair `task.run.start` and `task.run.end`, with the steps of the task between them. All of them, and what the
   * import tells of its image, carry the request id of the request that asked for the task.
   */
  @StartEnd('task.run', {
    payload: {
      start: (call: CallOf<Tasks['run']>) => taskPayload(call.args[0]),
      end: (call: CallOf<Tasks['run']>) => taskPayload(call.result),
    },
  })
  async run(task: TaskRecord, caller: Caller): Promise<TaskRecord> {
    notifyAbout.info('task.processing', taskPayload(await this.#change(task.id, { status: 'processing' })));
    try {
      const image = await this.#import(task.input, caller);
      const succeeded = await this.#change(task.id, { status: 'success', result: { image_id: image.id } });
      notifyAbout.info('task.success', taskPayload(succeeded));
      return succeeded;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      notifyAbout.info('task.failure', taskPayload(await this.#change(task.id, { status: 'failure', message })));
      throw error;
    }
  }

  async #import(input: ImportInput, caller: Caller): Promise<ImageRecord> {
    const data = await openSource(input.import_from, this.#importDirectory);
    const image = input.image_id ?? (await this.#images.create({ ...input.image_properties }, caller)).id;
    return this.#imageData.upload(image, data, caller);
  }

  #change(id: string, changes: Partial<TaskRecord>): Promise<TaskRecord> {
    return this.#records.change(id, (task) => ({ ...task, ...changes, updated_at: timestamp() }));
  }
}
