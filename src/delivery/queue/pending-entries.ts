import type { Accepted, Entry } from '../entry.js';
import type { Journal } from '../journal.js';
import type { DriverReport } from '../receipt.js';
import { DelayQueue } from './delay-queue.js';
import { DiskBacklog } from './disk-backlog.js';
import { EntryQueue } from './entry-queue.js';
import type { Generation } from './generations.js';

export interface PendingLimits {
  /** The most notifications in memory: in the queue, delayed or in flight. */
  readonly queueMessages: number;
  /** The most memory that they may hold, in bytes (an estimate). */
  readonly queueBytes: number;
  /** From so many on, and so many bytes, what the journal has is on disk only. Default: the two above. */
  readonly residentMessages?: number;
  readonly residentBytes?: number;
}

export interface PendingEvents {
  /** There is something to send. */
  due(): void;
  /** One on disk cannot be read. */
  lost(generation: Generation): void;
}

/** What one driver has not delivered yet: the queue, those delayed until their next attempt, in flight, on disk only. */
export class PendingEntries {
  readonly #limits: PendingLimits;
  readonly #resident: { readonly residentMessages: number; readonly residentBytes: number };
  readonly #journal: Journal;
  readonly #driver: number;
  readonly #queue = new EntryQueue();
  readonly #delayed: DelayQueue;
  /** Kept to give up what is in flight when time runs out, and to ignore an answer that comes later. */
  readonly #inFlight = new Set<Entry>();
  readonly #backlog: DiskBacklog;
  #bytes = 0;
  #sequence = 0;

  /** `driver`: its number in the journal. */
  constructor(limits: PendingLimits, journal: Journal, driver: number, events: PendingEvents) {
    this.#limits = limits;
    const { residentMessages = limits.queueMessages, residentBytes = limits.queueBytes } = limits;
    this.#resident = { residentMessages, residentBytes };
    this.#journal = journal;
    this.#driver = driver;
    this.#delayed = new DelayQueue(() => events.due());
    this.#backlog = new DiskBacklog(journal, driver, {
      loaded: (accepted, generation) => {
        this.#queue.push(this.enter(accepted, generation));
        events.due();
      },
      lost: (generation) => {
        events.lost(generation);
        events.due();
      },
    });
  }

  get queued(): number {
    return this.#queue.length;
  }

  get delayed(): number {
    return this.#delayed.length;
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** Makes an entry of it, which holds memory from here on until {@link leave}; it is in no queue yet. */
  enter(accepted: Accepted, generation: Generation): Entry {
    this.#bytes += accepted.bytes;
    return { accepted, sequence: this.#sequence++, generation, attempts: 0, notBefore: 0, heldUntil: 0 };
  }

  leave(entry: Entry): void {
    this.#bytes -= entry.accepted.bytes;
  }

  /** True when there is more in memory than there may be, with `more` entries that are in no queue yet. */
  isOver(more: number): boolean {
    return this.#inMemory + more > this.#limits.queueMessages || this.#bytes > this.#limits.queueBytes;
  }

  /**
   * How many of the oldest in the queue have to go for one more entry, which is in no queue yet; none where it has room, and
   * where the whole queue would not make enough.
   */
  get surplus(): number {
    let messages = this.#inMemory + 1 - this.#limits.queueMessages;
    let bytes = this.#bytes - this.#limits.queueBytes;
    let count = 0;
    if (messages <= 0 && bytes <= 0) return count;
    for (const entry of this.#queue) {
      count += 1;
      messages -= 1;
      bytes -= entry.accepted.bytes;
      if (messages <= 0 && bytes <= 0) return count;
    }
    return 0;
  }

  /** True while at least half of the queue is free, and more than this many bytes of that half. */
  hasRoom(bytes: number): boolean {
    const { queueMessages, queueBytes } = this.#limits;
    return this.#inMemory < queueMessages / 2 && (this.#bytes + bytes <= queueBytes / 2 || this.#inMemory === 0);
  }

  push(entry: Entry): void {
    this.#queue.push(entry);
  }

  shift(): Entry | undefined {
    return this.#queue.shift();
  }

  /** Puts entries back before all others, in their order of acceptance. */
  putBack(entries: readonly Entry[]): void {
    this.#queue.putBack(entries);
  }

  delay(entry: Entry): void {
    this.#delayed.add(entry);
  }

  /** Queues what is due at `now`, behind all others: what fails again and again must not keep the rest from its turn. */
  queueDue(now: number): void {
    for (const entry of this.#delayed.takeDue(now)) this.#queue.push(entry);
  }

  queueDelayed(): void {
    this.#queue.putBack(this.#delayed.takeAll());
  }

  /** Queues what is delayed, but for what the other end asked to wait for. */
  hurry(now: number): void {
    this.#queue.putBack(this.#delayed.hurry(now));
  }

  /** Removes and returns those that are `gone`, queued or delayed. */
  takeIf(gone: (entry: Entry) => boolean): Entry[] {
    const taken = this.#delayed.takeIf(gone);
    const kept: Entry[] = [];
    for (let entry = this.#queue.shift(); entry !== undefined; entry = this.#queue.shift()) {
      (gone(entry) ? taken : kept).push(entry);
    }
    this.#queue.putBack(kept);
    return taken;
  }

  fly(entry: Entry): void {
    this.#inFlight.add(entry);
  }

  /** False when it was given up in the meantime. */
  land(entry: Entry): boolean {
    return this.#inFlight.delete(entry);
  }

  /** Everything that is in flight, which is so no longer. */
  landAll(): Entry[] {
    const entries = [...this.#inFlight];
    this.#inFlight.clear();
    return entries;
  }

  /** Removes the entry of one notification from the queue; undefined when it is not there. */
  remove(accepted: Accepted): Entry | undefined {
    return this.#queue.remove(accepted);
  }

  /** Everything in memory. */
  *inMemory(): Iterable<Entry> {
    yield* this.#inFlight;
    yield* this.#delayed;
    yield* this.#queue;
  }

  /** True where it belongs behind others that are on disk only, or memory has no room; then it is there from now on. */
  spill(entry: Entry): boolean {
    const { record } = entry.accepted;
    const { residentMessages, residentBytes } = this.#resident;
    const isOver = this.#inMemory + 1 > residentMessages || this.#bytes > residentBytes;
    if (record === undefined || (this.#backlog.length === 0 && !isOver)) return false;
    this.leave(entry);
    this.#backlog.add(record.sequence, entry.generation);
    this.#journal.release(record, this.#driver);
    return true;
  }

  isOnDiskOnly(sequence: number): boolean {
    return this.#backlog.has(sequence);
  }

  addOnDisk(sequence: number, generation: Generation): void {
    this.#backlog.add(sequence, generation);
  }

  removeOnDisk(sequence: number): Generation | undefined {
    return this.#backlog.remove(sequence);
  }

  /** Forgets what is on disk only; it stays there. */
  forgetOnDisk(forgotten: (sequence: number, generation: Generation) => void): void {
    this.#backlog.clear(forgotten);
  }

  /** Loads from disk when the queue is half empty: not for every notification that leaves. */
  load(lostReport: DriverReport): void {
    if (this.#backlog.length === 0) return;
    const { residentMessages, residentBytes } = this.#resident;
    if (this.#inMemory > residentMessages / 2 || this.#bytes > residentBytes / 2) return;
    this.#backlog.load(residentMessages - this.#inMemory, residentBytes - this.#bytes, lostReport);
  }

  get #inMemory(): number {
    return this.#queue.length + this.#delayed.length + this.#inFlight.size;
  }
}
