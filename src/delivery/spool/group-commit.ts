import { runInBackground } from '../../notification/context-store.js';
import type { BatchOperation } from './level.js';
import type { Store } from './store.js';

/** Something whose state is to be on disk. It may change at any time, also while it is written: then it is written again. */
export interface Writable {
  /** Adds what is to be written, as of now. True when it must really be on disk before {@link committed} is called. */
  prepare(operations: BatchOperation[]): boolean;
  /** Its turn is next, and comes as soon as what is on its way is on disk: what takes time can be done meanwhile. */
  getReady?(): void;
  /** What {@link prepare} added is on disk. */
  committed(): void;
  /** What {@link prepare} added is not on disk. */
  failed(): void;
}

/**
 * When a change is to be written.
 * - `now`: somebody waits for it.
 * - `soon`: what is accepted. For a few milliseconds more of it gathers, and some of it is delivered before its turn.
 * - `along`: with the next group, for instance crossing out what is delivered.
 * - `late`: it may still change, and then something else is written.
 */
export type Urgency = 'late' | 'along' | 'soon' | 'now';

/** One group is put together on the event loop, so it is of no more things than this. */
const GROUP = 500;
/** How long a change waits for its turn at most, in milliseconds. */
const DELAY_MS = { late: 50, along: 50, soon: 5 } as const;
const ORDER = { along: 1, soon: 2, now: 3 } as const;

/**
 * Writes changes in groups: one group at a time, each with one sync; while one is on its way, the next one gathers. A
 * change that is undone before its turn costs nothing.
 */
export class GroupCommit {
  readonly #onFailure: (error: unknown) => void;
  #dirty = new Set<Writable>();
  readonly #late = new Set<Writable>();
  #group: readonly Writable[] = [];
  #store: Store | undefined;
  /** The order of the most urgent change that is not on its way. */
  #urgency = 0;
  #timer: NodeJS.Timeout | undefined;
  #lateTimer: NodeJS.Timeout | undefined;
  #isStarting = false;
  #running: Promise<void> | undefined;

  /** After `onFailure` nothing is written until {@link use} is called again. */
  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure;
  }

  get isDirty(): boolean {
    return this.#dirty.size > 0 || this.#late.size > 0 || this.#group.length > 0;
  }

  /** Everything that is not written, what is on its way included. */
  unwritten(): Set<Writable> {
    return new Set([...this.#group, ...this.#dirty, ...this.#late]);
  }

  /** From now on changes go there; undefined: nowhere, they gather. */
  use(store: Store | undefined): void {
    this.#store = store;
    this.#begin();
  }

  /** `item` has changed. */
  touch(item: Writable, urgency: Urgency): void {
    if (urgency === 'late') {
      this.#touchLate(item);
      return;
    }
    this.#dirty.add(item);
    this.#late.delete(item);
    const order = ORDER[urgency];
    if (order <= this.#urgency) return;
    this.#urgency = order;
    if (urgency === 'now') this.#begin();
    else {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(this.#onTime, DELAY_MS[urgency]);
      this.#timer.unref();
    }
  }

  #touchLate(item: Writable): void {
    if (this.#dirty.has(item)) return;
    this.#late.add(item);
    if (this.#lateTimer !== undefined) return;
    this.#lateTimer = setTimeout(this.#onLateTime, DELAY_MS.late);
    this.#lateTimer.unref();
  }

  /** There is nothing to be written of it any longer. */
  forget(item: Writable): void {
    this.#dirty.delete(item);
    this.#late.delete(item);
  }

  /** Resolves when nothing is on its way. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** Resolves when all that had changed before the call is written, or there is nowhere to write. */
  async flush(): Promise<void> {
    while (this.#store !== undefined && this.isDirty) {
      this.#urgency = ORDER.now;
      this.#dueAll();
      await (this.#running ?? runInBackground(() => this.#run()));
    }
  }

  #dueAll(): void {
    clearTimeout(this.#lateTimer);
    this.#lateTimer = undefined;
    for (const item of this.#late) this.#dirty.add(item);
    this.#late.clear();
  }

  readonly #onTime = () => {
    this.#urgency = ORDER.now;
    this.#begin();
  };

  readonly #onLateTime = () => {
    this.#dueAll();
    this.#onTime();
  };

  /** Starts a group, or leaves it to the one that is on its way. */
  #begin(): void {
    if (this.#store === undefined || this.#running !== undefined || this.#isStarting) return;
    this.#isStarting = true;
    // What is told in the same turn comes with it.
    setImmediate(this.#start);
  }

  readonly #start = () => {
    this.#isStarting = false;
    if (this.#running === undefined) runInBackground(() => void this.#run());
  };

  #run(): Promise<void> {
    this.#running = this.#writeGroups().finally(() => {
      this.#running = undefined;
      // Whoever was told of a write may have told something in turn. Also for nothing: then it is urgent no longer.
      if (this.#urgency === ORDER.now) this.#begin();
    });
    return this.#running;
  }

  async #writeGroups(): Promise<void> {
    do {
      const store = this.#store;
      if (store === undefined) return;
      const operations: BatchOperation[] = [];
      let sync = false;
      this.#group = this.#nextGroup();
      for (const item of this.#group) sync = item.prepare(operations) || sync;
      try {
        if (operations.length > 0) {
          const writing = store.write(operations, sync);
          setImmediate(this.#getNextReady);
          await writing;
        }
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
    } while (this.#dirty.size > 0 && this.#urgency === ORDER.now);
  }

  readonly #getNextReady = () => {
    // What nobody waits for may be undone before its turn.
    if (this.#urgency === ORDER.now && this.#running !== undefined) for (const item of this.#dirty) item.getReady?.();
  };

  #nextGroup(): Writable[] {
    if (this.#dirty.size <= GROUP) {
      const all = [...this.#dirty];
      this.#dirty = new Set();
      this.#urgency = 0;
      clearTimeout(this.#timer);
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
