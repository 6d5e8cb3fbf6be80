import type { Writable } from './group-commit.js';
import { encodeGroup, encodeRemaining } from './group-format.js';
import { notificationKey, partialKey } from './keys.js';
import type { BatchOperation } from './level.js';

/** What a group needs of the spool. Sets of drivers are numbers, one bit each. */
export interface GroupOwner {
  readonly driverNames: readonly string[];
  /** The line of a record that is in memory; undefined for one that is not. */
  lineOf(sequence: number): string | undefined;
  /** What is on disk of it is another thing now: by how many records for each driver, and by how many bytes. */
  changed(group: RecordGroup, counts: readonly number[], bytes: number): void;
}

/** Where no more than this share is left of a group, what is left is written anew, so that the rest frees its room. */
const SPARSE = 1 / 4;

interface Writing {
  readonly counts: readonly number[];
  readonly bytes: number;
  readonly isPartial: boolean;
}

/** Notifications that were written together, while some of them are in memory or what is on disk is not up to date. */
export class RecordGroup implements Writable {
  /** Its number on disk. */
  readonly key: number;
  readonly #owner: GroupOwner;
  /** Ascending. */
  readonly #sequences: readonly number[];
  /** The drivers that wait for each of them. */
  readonly #pending: number[];
  /** How many records somebody waits for. */
  #left: number;
  /** How many records are written in full. */
  #length: number;
  /** How many of its records are in memory. */
  residents = 0;
  /** What it takes on disk, in bytes; not yet known to be there: 0. */
  #bytes = 0;
  /** How many records on disk wait for each driver. */
  #counts: readonly number[];
  #isPartial = false;
  #writing: Writing | undefined;
  #isChanged = false;
  isOnDisk = false;

  constructor(owner: GroupOwner, key: number, sequences: readonly number[], pending: number[]) {
    this.#owner = owner;
    this.key = key;
    this.#sequences = sequences;
    this.#pending = pending;
    this.#length = sequences.length;
    this.#left = pending.reduce((count, drivers) => (drivers === 0 ? count : count + 1), 0);
    this.#counts = owner.driverNames.map(() => 0);
  }

  /** One that is on disk already, as it is: `bytes` is what it takes there. */
  static found(owner: GroupOwner, key: number, sequences: readonly number[], pending: number[], bytes: number) {
    const group = new RecordGroup(owner, key, sequences, pending);
    group.#bytes = bytes;
    group.#counts = group.#countNow();
    group.isOnDisk = true;
    // Whether a part of it is crossed out already is not known: then that goes with it.
    group.#isPartial = true;
    return group;
  }

  /** What it is about to take on disk, before it is. */
  begin(bytes: number): void {
    this.#writing = { counts: this.#countNow(), bytes, isPartial: false };
  }

  /** True when nobody waits for anything in it. */
  get isDone(): boolean {
    return this.#left === 0;
  }

  /** True when what is on disk is as it should be. */
  get isClean(): boolean {
    return this.isOnDisk && !this.#isChanged && this.#writing === undefined;
  }

  /** A driver no longer waits for a record. False where it did not. */
  settle(sequence: number, driver: number): boolean {
    const index = this.#indexOf(sequence);
    const before = this.#pending[index] ?? 0;
    if ((before & (1 << driver)) === 0) return false;
    this.#pending[index] = before & ~(1 << driver);
    if (this.#pending[index] === 0) this.#left -= 1;
    this.#isChanged = true;
    return true;
  }

  /** The numbers of records that nobody waits for. */
  *done(): Iterable<number> {
    for (const [index, sequence] of this.#sequences.entries()) if (this.#pending[index] === 0) yield sequence;
  }

  /** The numbers of records that somebody waits for. */
  *remaining(): Iterable<number> {
    for (const [index, sequence] of this.#sequences.entries()) if (this.#pending[index] !== 0) yield sequence;
  }

  /** The counts of what is on disk. */
  get counts(): readonly number[] {
    return this.#counts;
  }

  prepare(operations: BatchOperation[]): boolean {
    if (!this.#isChanged || !this.isOnDisk) return false;
    this.#isChanged = false;
    const [key, partial] = [notificationKey(this.key), partialKey(this.key)];
    const counts = this.#countNow();
    if (this.isDone) {
      this.#writing = { counts, bytes: 0, isPartial: false };
      operations.push({ type: 'del', key });
      if (this.#isPartial) operations.push({ type: 'del', key: partial });
      return false;
    }
    const lines = this.#left <= this.#length * SPARSE ? this.#linesLeft() : undefined;
    if (lines === undefined) {
      this.#writing = { counts, bytes: this.#bytes, isPartial: true };
      operations.push({ type: 'put', key: partial, value: this.#encodeRemaining() });
      return false;
    }
    const value = encodeGroup(lines);
    this.#length = lines.length;
    this.#writing = { counts, bytes: Buffer.byteLength(value), isPartial: false };
    operations.push({ type: 'put', key, value }, { type: 'del', key: partial });
    return false;
  }

  committed(): void {
    const writing = this.#writing;
    if (writing === undefined) return;
    this.#writing = undefined;
    const counts = writing.counts.map((count, driver) => count - (this.#counts[driver] ?? 0));
    const bytes = writing.bytes - this.#bytes;
    this.#counts = writing.counts;
    this.#bytes = writing.bytes;
    this.#isPartial = writing.isPartial;
    this.isOnDisk = true;
    this.#owner.changed(this, counts, bytes);
  }

  failed(): void {
    this.#writing = undefined;
    this.#isChanged = true;
  }

  #linesLeft(): string[] | undefined {
    const lines: string[] = [];
    for (const sequence of this.remaining()) {
      const line = this.#owner.lineOf(sequence);
      if (line === undefined) return undefined;
      lines.push(line);
    }
    return lines;
  }

  #encodeRemaining(): string {
    const remaining: Record<string, [number, number][]> = {};
    for (const [driver, name] of this.#owner.driverNames.entries()) {
      const runs: [number, number][] = [];
      let run: [number, number] | undefined;
      for (const [index, sequence] of this.#sequences.entries()) {
        if (((this.#pending[index] ?? 0) & (1 << driver)) === 0) run = undefined;
        else if (run !== undefined) run[1] = sequence;
        else {
          run = [sequence, sequence];
          runs.push(run);
        }
      }
      if (runs.length > 0) remaining[name] = runs;
    }
    return encodeRemaining(remaining);
  }

  #countNow(): number[] {
    const counts = this.#owner.driverNames.map(() => 0);
    for (const drivers of this.#pending) {
      for (let driver = 0; drivers >> driver !== 0; driver += 1) {
        if ((drivers & (1 << driver)) !== 0) counts[driver] = (counts[driver] ?? 0) + 1;
      }
    }
    return counts;
  }

  #indexOf(sequence: number): number {
    let [low, high] = [0, this.#sequences.length - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      const found = this.#sequences[middle] as number;
      if (found === sequence) return middle;
      if (found < sequence) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }
}
