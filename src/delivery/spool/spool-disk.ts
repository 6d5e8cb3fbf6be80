import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { backoffDelay } from '../../notification/backoff.js';
import type { ThrottledReporter } from '../../notification/reporter.js';
import { HealthRecord } from '../health.js';
import { makeFolder, removeTree, tryRename } from './files.js';
import { Instance } from './instance.js';
import { type BatchOperation, levelErrorText } from './level.js';
import { keepRows, readGroups } from './record-loader.js';
import { openOrRepair, type SalvageTools } from './salvage.js';

/** Between two attempts to get the disk back. */
const BACKOFF = { minMs: 500, maxMs: 15_000 };

export interface DiskEvents {
  /** There is a new directory: what is to be on disk is to be written there. */
  opened(instance: Instance): void;
  /** What an earlier directory had is in the new one too. */
  migrated(): void;
  /** Nothing can be written for now. */
  failed(): void;
  /** Resolves when nothing is on its way to the disk. */
  idle(): Promise<void>;
  /** True for the number of a notification that is on disk only. */
  isOnDiskOnly(sequence: number): boolean;
  /** Of what is on disk only, so many bytes are in the new directory. */
  copied(bytes: number): void;
}

/** An earlier directory of this notifier that is not copied yet. */
interface Source {
  readonly path: string;
  /** It could be opened, and then not be read. */
  isFaulty: boolean;
}

/**
 * The directory of one notifier over the time: begun at start, and begun anew when it cannot be written or read any
 * longer, since LevelDB may lose what comes after a failed write. What the old one has is copied to the new one, which
 * holds the old one meanwhile: so that no other process takes it for one that is left.
 */
export class SpoolDisk {
  readonly #directory: string;
  readonly #tools: SalvageTools;
  readonly #reporter: ThrottledReporter;
  readonly #events: DiskEvents;
  readonly health = new HealthRecord();
  #state: 'new' | 'opening' | 'working' | 'failing' | 'closed' = 'new';
  #instance: Instance | undefined;
  #sources: Source[] = [];
  #migration: Promise<void> | undefined;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(directory: string, tools: SalvageTools, events: DiskEvents) {
    this.#directory = directory;
    this.#tools = tools;
    this.#reporter = tools.reporter;
    this.#events = events;
  }

  /** Where to write; undefined while that is not possible. */
  get instance(): Instance | undefined {
    return this.#state === 'working' ? this.#instance : undefined;
  }

  get isOpening(): boolean {
    return this.#state === 'new' || this.#state === 'opening';
  }

  /** True for a directory that holds notifications of this very notifier. */
  isOwn(path: string): boolean {
    return this.#sources.some((source) => source.path === path);
  }

  /** Resolves when what is on disk only can be read; rejects when the disk failed meanwhile. */
  async readable(): Promise<Instance> {
    await this.#migration;
    if (this.instance === undefined) throw new Error('the spool cannot be read now');
    return this.instance;
  }

  /** Resolves when it is open, or failed to. */
  async open(): Promise<void> {
    this.#state = 'opening';
    this.health.set('degraded', 'not open yet');
    await this.#renew();
  }

  /** A write succeeded. */
  works(): void {
    if (this.#failures === 0) return;
    this.#failures = 0;
    this.#reporter.info('spool: writing to disk again');
  }

  /** It cannot be written; `isFaulty`: or not be read. */
  fail(error: unknown, isFaulty = false): void {
    if (this.#state !== 'working' && this.#state !== 'opening') return;
    if (this.#instance !== undefined && isFaulty) this.#sources.push({ path: this.#instance.path, isFaulty });
    this.#state = 'failing';
    this.#failures += 1;
    const reason = levelErrorText(error);
    this.health.set('down', reason);
    this.#reporter.warn(
      `spool:failing:${reason}`,
      () => `spool: cannot use ${this.#directory}, notifications are kept in memory only: ${reason}`,
    );
    this.#events.failed();
    this.#timer = setTimeout(() => void this.#renew(), backoffDelay(this.#failures, BACKOFF));
    this.#timer.unref();
  }

  /** Releases the lock; the directory goes when it is empty. Rejects with what LevelDB says. */
  async close(isEmpty: boolean): Promise<void> {
    this.#state = 'closed';
    clearTimeout(this.#timer);
    await this.#migration?.catch(() => undefined);
    await this.#instance?.close(isEmpty && this.#sources.length === 0);
    this.health.set('down', 'closed');
  }

  async #renew(): Promise<void> {
    if (this.#state === 'closed') return;
    let next: Instance | undefined;
    try {
      next = await Instance.create(this.#tools.level, this.#directory);
      if (this.#instance !== undefined) await this.#hold(next, this.#instance);
    } catch (error) {
      await next?.close(true).catch(() => undefined);
      this.#state = 'opening';
      this.fail(error);
      return;
    }
    if ((this.#state as string) === 'closed') {
      await next.close(this.#sources.length === 0);
      return;
    }
    this.#instance = next;
    this.#state = 'working';
    this.health.set('up');
    if (this.#sources.length > 0) {
      this.#migration = this.#migrate(next);
      this.#migration.catch(() => undefined);
    }
    this.#events.opened(next);
  }

  /** Moves the old directory into the new one, while its lock is still held. */
  async #hold(next: Instance, old: Instance): Promise<void> {
    await makeFolder(next.taken);
    const path = join(next.taken, basename(old.path));
    await this.#events.idle();
    if (!(await tryRename(old.path, path))) return;
    const isFaulty = this.#sources.some((source) => source.path === old.path);
    const inside = this.#sources
      .filter((source) => source.path !== old.path)
      .map((source) => ({ ...source, path: source.path.replace(old.path, path) }));
    this.#sources = [...inside, { path, isFaulty }];
    // Its paths are no longer right, so it may complain.
    await old.store.close().catch(() => undefined);
  }

  async #migrate(instance: Instance): Promise<void> {
    for (const source of [...this.#sources]) {
      await this.#copy(source, instance);
      this.#sources = this.#sources.filter((each) => each !== source);
    }
    this.#migration = undefined;
    this.#events.migrated();
  }

  /** Copies what is on disk only: the rest is in memory, and is written again from there. */
  async #copy(source: Source, instance: Instance): Promise<void> {
    let isRepaired = false;
    // What was read before a part that cannot be is not copied, and counted, once more.
    let copiedKey = -1;
    while (this.instance === instance) {
      const store = await openOrRepair(source.path, this.#tools, source.isFaulty);
      if (store === 'gone') return;
      if (store === 'later') {
        await sleep(BACKOFF.maxMs, undefined, { ref: false });
        continue;
      }
      source.isFaulty = false;
      try {
        for await (const chunk of readGroups(store)) {
          const groups = chunk.filter(({ key }) => key > copiedKey);
          const rows = groups.flatMap((group) => group.rows).filter((row) => this.#events.isOnDiskOnly(row.sequence));
          // Each by itself: those that were between them are elsewhere now.
          const operations = rows.flatMap((row) => keepRows(row.sequence, [row]));
          await this.#tools.setAside.keepRecords(groups.flatMap((group) => group.unreadable));
          if (operations.length > 0) await this.#write(instance, operations);
          this.#events.copied(bytesOf(operations));
          copiedKey = groups.at(-1)?.key ?? copiedKey;
        }
        await store.close();
        await removeTree(source.path);
        return;
      } catch (error) {
        await store.close().catch(() => undefined);
        if (this.instance !== instance) throw error;
        if (isRepaired) {
          await this.#tools.setAside.keep(source.path, error);
          return;
        }
        isRepaired = true;
        source.isFaulty = true;
      }
    }
    throw new Error('the disk failed');
  }

  async #write(instance: Instance, operations: readonly BatchOperation[]): Promise<void> {
    try {
      await instance.store.write(operations, true);
    } catch (error) {
      this.fail(error);
      throw error;
    }
  }
}

function bytesOf(operations: readonly BatchOperation[]): number {
  return operations.reduce((sum, each) => (each.type === 'put' ? sum + Buffer.byteLength(each.value) : sum), 0);
}
