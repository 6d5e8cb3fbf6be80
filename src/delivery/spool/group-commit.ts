import { runInBackground } from '../../notification/context-store.js';
import type { BatchOperation } from './level.js';
import type { Store } from './store.js';

/** Something whose state is to be on disk. It may change at any time, also while it is written: then it is written again. */
export interface Writable {
  /** Adds what is to be written, as of now. True when somebody waits until it is really on disk. */
  prepare(operations: BatchOperation[]): boolean;
  /** What {@link prepare} added is on disk. */
  committed(): void;
  /** What {@link prepare} added is not on disk. */
  failed(): void;
}

/** One group is put together on the event loop, so it is no larger than this. */
const GROUP = 500;
/** What nobody waits for, such as crossing out what is delivered, is collected for so long, in milliseconds. */
const LAZY_MS = 50;

/**
 * Writes changes in groups: one group at a time, each with one sync; while one is on its way, the next one gathers. A
 * change that is undone before its turn costs nothing.
 */
export class GroupCommit {
  readonly #onFailure: (error: unknown) => void;
  #dirty = new Set<Writable>();
  #group: readonly Writable[] = [];
  #store: Store | undefined;
  #isUrgent = false;
  #isScheduled = false;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  /** After `onFailure` nothing is written until {@link use} is called again. */
  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure;
  }

  get isDirty(): boolean {
    return this.#dirty.size > 0 || this.#group.length > 0;
  }

  /** Everything that is not written, what is on its way included. */
  unwritten(): Set<Writable> {
    return new Set([...this.#group, ...this.#dirty]);
  }

  /** From now on changes go there; undefined: nowhere, they gather. */
  use(store: Store | undefined): void {
    this.#store = store;
    this.#schedule();
  }

  /** `item` has changed. `isUrgent`: somebody waits for it. */
  touch(item: Writable, isUrgent: boolean): void {
    this.#dirty.add(item);
    if (isUrgent) this.#isUrgent = true;
    if (!this.#isScheduled) this.#schedule();
  }

  /** There is nothing to be written of it any longer. */
  forget(item: Writable): void {
    this.#dirty.delete(item);
  }

  /** Resolves when nothing is on its way. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** Resolves when all that had changed before the call is written, or there is nowhere to write. */
  async flush(): Promise<void> {
    while (this.#store !== undefined && this.isDirty) {
      this.#isUrgent = true;
      await (this.#running ?? runInBackground(() => this.#run()));
    }
  }

  #schedule(): void {
    if (this.#store === undefined || this.#running !== undefined || this.#isScheduled || this.#dirty.size === 0) return;
    if (this.#isUrgent) {
      this.#isScheduled = true;
      clearTimeout(this.#timer);
      this.#timer = undefined;
      setImmediate(this.#start);
    } else if (this.#timer === undefined) {
      this.#timer = setTimeout(this.#start, LAZY_MS);
      this.#timer.unref();
    }
  }

  readonly #start = () => {
    this.#isScheduled = false;
    this.#timer = undefined;
    if (this.#running === undefined) runInBackground(() => void this.#run());
  };

  #run(): Promise<void> {
    this.#running = this.#writeGroups().finally(() => {
      this.#running = undefined;
      this.#schedule();
    });
    return this.#running;
  }

  async #writeGroups(): Promise<void> {
    do {
      const store = this.#store;
      if (store === undefined || this.#dirty.size === 0) return;
      const operations: BatchOperation[] = [];
      let sync = false;
      this.#group = this.#nextGroup();
      for (const item of this.#group) sync = item.prepare(operations) || sync;
      try {
        if (operations.length > 0) await store.write(operations, sync);
      } catch (error) {
        this.#store = undefined;
        const failed = this.#group;
        this.#group = [];
        this.#dirty = new Set([...failed, ...this.#dirty]);
        for (const item of failed) item.failed();
        this.#onFailure(error);
        return;
      }
      const written = this.#group;
      this.#group = [];
      for (const item of written) item.committed();
    } while (this.#dirty.size > 0 && (this.#isUrgent || this.#dirty.size > GROUP));
  }

  #nextGroup(): Writable[] {
    if (this.#dirty.size <= GROUP) {
      const all = [...this.#dirty];
      this.#dirty = new Set();
      this.#isUrgent = false;
      return all;
    }
    const group: Writable[] = [];
    for (const item of this.#dirty) {
      if (group.length === GROUP) break;
      group.push(item);
      this.#dirty.delete(item);
    }
    return group;
  }
}
