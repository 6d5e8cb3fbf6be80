import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { routesOf } from './http/routes.js';
import { serverOf } from './http/server.js';
import { ImageData } from './images/image-data.js';
import { scheduleImageExists } from './images/image-exists.js';
import type { ImageRecord } from './images/image-record.js';
import { Images } from './images/images.js';
import { Members } from './images/members.js';
import { Running } from './running.js';
import { DataStore } from './store/data-store.js';
import { RecordStore } from './store/record-store.js';
import type { TaskRecord } from './tasks/task-record.js';
import { Tasks } from './tasks/tasks.js';

export interface ServiceOptions {
  /** Where records and data are kept; made when it is not there. */
  readonly directory: string;
  /** 0 takes a free port. @default 0 */
  readonly port?: number;
  /** @default 127.0.0.1 */
  readonly host?: string;
  /** The largest image, in bytes. @default 1 GiB */
  readonly maxImageBytes?: number;
  /** The only directory whose files tasks may import. @default none */
  readonly importDirectory?: string | undefined;
  /** True tells each hour which images there were. @default false */
  readonly audit?: boolean;
}

export interface Service {
  readonly url: string;
  /** Resolves when the requests and tasks in progress have ended. */
  close(): Promise<void>;
}

/** Starts an image service. Its notifications go to the process's current notifier, so that one is configured first. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const {
    directory,
    port = 0,
    host = '127.0.0.1',
    maxImageBytes = 1024 ** 3,
    importDirectory,
    audit = false,
  } = options;
  const imageRecords = await RecordStore.open<ImageRecord>(join(directory, 'images'));
  const taskRecords = await RecordStore.open<TaskRecord>(join(directory, 'tasks'));
  const data = await DataStore.open(join(directory, 'data'));
  await putRight(imageRecords, taskRecords);

  const running = new Running();
  const images = new Images(imageRecords, data);
  const imageData = new ImageData(imageRecords, data, maxImageBytes);
  const members = new Members(imageRecords);
  const tasks = new Tasks(taskRecords, images, imageData, running, importDirectory);

  const server = serverOf(routesOf({ images, imageData, members, tasks }), running);
  await once(server.listen(port, host), 'listening');
  const schedule = audit ? scheduleImageExists(imageRecords, join(directory, 'audit')) : undefined;
  const { port: boundPort } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${boundPort}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      await closed;
      await running.settled();
      await schedule?.close();
    },
  };
}

/** Ends what a process that was killed has left unfinished. */
async function putRight(images: RecordStore<ImageRecord>, tasks: RecordStore<TaskRecord>): Promise<void> {
  for (const { id, status } of images.all()) {
    if (status === 'saving') await images.change(id, (image) => ({ ...image, status: 'queued' }));
  }
  for (const { id, status } of tasks.all()) {
    if (status === 'success' || status === 'failure') continue;
    await tasks.change(id, (task) => ({ ...task, status: 'failure', message: 'the service was restarted' }));
  }
}
