import type { Writable } from './group-commit.js';
import { encodeGroup, encodeLine } from './group-format.js';
import { notificationKey } from './keys.js';
import type { BatchOperation } from './level.js';
import { type GroupOwner, RecordGroup } from './record-group.js';
import { type SpoolRecord, storedNotification } from './spool-record.js';

/** So many are put together on the event loop at once, which holds it for less than a millisecond. */
export const MAX_RECORDS = 250;
/** No more is written at once, in characters. */
const MAX_LENGTH = 1024 ** 2;
/** What is written as one value: as long as one record of it is left, all of it takes room. In characters. */
const GROUP_LENGTH = 64 * 1024;

export interface FreshOwner extends GroupOwner {
  names(drivers: number): readonly string[];
  /** It cannot be put together. */
  unwritable(record: SpoolRecord): void;
  /** It is on disk. */
  written(group: RecordGroup, records: readonly SpoolRecord[]): void;
}

/** The records that are not on disk yet, in the order of acceptance. What is done before its turn is never written. */
export class FreshRecords implements Writable {
  readonly #owner: FreshOwner;
  #waiting: SpoolRecord[] = [];
  /** On their way to the disk. */
  #groups: { readonly group: RecordGroup; readonly records: readonly SpoolRecord[] }[] = [];

  constructor(owner: FreshOwner) {
    this.#owner = owner;
  }

  /** How many wait for their turn, some of which may be done in the meantime. */
  get length(): number {
    return this.#waiting.length;
  }

  add(record: SpoolRecord): void {
    this.#waiting.push(record);
  }

  /** Those that somebody waits for and that are not on disk, what is on its way included. */
  *unwritten(): Iterable<SpoolRecord> {
    for (const { records } of this.#groups) yield* records.filter(isWanted);
    yield* this.#waiting.filter(isWanted);
  }

  /** On their way to the disk. */
  get groups(): RecordGroup[] {
    return this.#groups.map(({ group }) => group);
  }

  prepare(operations: BatchOperation[]): boolean {
    let length = 0;
    let taken = 0;
    let next: { lines: string[]; records: SpoolRecord[]; length: number } | undefined;
    const finish = () => {
      if (next !== undefined) operations.push(this.#group(next.lines, next.records));
      next = undefined;
    };
    let count = 0;
    for (const record of this.#waiting) {
      if (count === MAX_RECORDS || length > MAX_LENGTH) break;
      taken += 1;
      if (!isWanted(record)) continue;
      const line = this.#lineOf(record);
      if (line === undefined) continue;
      if (record.isAlone) finish();
      next ??= { lines: [], records: [], length: 0 };
      next.lines.push(line);
      next.records.push(record);
      next.length += line.length;
      length += line.length;
      count += 1;
      if (record.isAlone || next.length > GROUP_LENGTH) finish();
    }
    finish();
    this.#waiting = taken === this.#waiting.length ? [] : this.#waiting.slice(taken);
    return this.#groups.length > 0;
  }

  getReady(): void {
    let length = 0;
    for (const record of this.#waiting.slice(0, MAX_RECORDS)) {
      if (isWanted(record)) record.line = this.#lineOf(record);
      length += record.line?.length ?? 0;
      if (length > MAX_LENGTH) return;
    }
  }

  /** Undefined for what the wire format cannot hold either: its driver finds out, and counts it. */
  #lineOf(record: SpoolRecord): string | undefined {
    if (record.line !== undefined) return record.line;
    try {
      return lineOf(record, this.#owner.names(record.pending));
    } catch {
      this.#owner.unwritable(record);
      return undefined;
    }
  }

  committed(): void {
    const written = this.#groups;
    this.#groups = [];
    for (const { group, records } of written) {
      group.committed();
      this.#owner.written(group, records);
    }
  }

  failed(): void {
    const records = this.#groups.flatMap((each) => each.records);
    this.#groups = [];
    for (const record of records) record.group = undefined;
    this.#waiting = [...records, ...this.#waiting];
  }

  /** Forgets all of them. */
  clear(): void {
    this.#waiting = [];
  }

  #group(lines: readonly string[], records: readonly SpoolRecord[]): BatchOperation {
    const sequences = records.map(({ sequence }) => sequence);
    const key = sequences[0] as number;
    const group = new RecordGroup(
      this.#owner,
      key,
      sequences,
      records.map(({ pending }) => pending),
    );
    // Bytes, which classic-level takes in half the time of a long text.
    const value = Buffer.from(encodeGroup(lines));
    group.begin(value.length);
    for (const record of records) {
      record.group = group;
      record.line = undefined;
    }
    this.#groups.push({ group, records });
    return { type: 'put', key: notificationKey(key), value, valueEncoding: 'buffer' };
  }
}

/** What is written of a record that `drivers` wait for. Throws when it cannot be put together. */
export function lineOf(record: SpoolRecord, drivers: readonly string[]): string {
  return encodeLine(record.sequence, storedNotification(record.accepted, drivers));
}

function isWanted(record: SpoolRecord): boolean {
  return !record.isDone && !record.isDissolved;
}
