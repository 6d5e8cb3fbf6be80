import { createReadStream } from 'node:fs';
import { mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type Service, startService } from '../service.js';

/** The file that the demo uploads. */
export interface DemoFile {
  readonly name: string;
  readonly directory: string;
  readonly size: number;
  read(): AsyncIterable<Uint8Array>;
}

export async function demoFile(path: string): Promise<DemoFile> {
  const stats = await stat(path);
  if (!stats.isFile()) throw new Error(`${path} is not a file`);
  return { name: basename(path), directory: dirname(path), size: stats.size, read: () => createReadStream(path) };
}

/** A service on a free port, with a directory that is gone when it is closed. */
export interface Workshop extends Service {
  /** Runs `work` while there is a file where the directory of the image data should be, which no user may write to. */
  withBrokenStore(work: () => Promise<void>): Promise<void>;
}

export async function openWorkshop(maxImageBytes: number, importDirectory: string): Promise<Workshop> {
  const directory = await mkdtemp(join(tmpdir(), 'image-service-'));
  const service = await startService({ directory, maxImageBytes, importDirectory });
  const data = join(directory, 'data');
  return {
    url: service.url,
    async close() {
      await service.close();
      await rm(directory, { recursive: true });
    },
    async withBrokenStore(work) {
      await rename(data, `${data}.away`);
      await writeFile(data, '');
      await work();
      await rm(data);
      await rename(`${data}.away`, data);
    },
  };
}
