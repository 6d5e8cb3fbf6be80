import { crc32c } from './crc32c.js';

/**
 * Reads LevelDB's sorted tables (`*.ldb`) without LevelDB, which trusts them: it ends the process, by an assertion, when
 * it merges one whose keys are no longer in order. Format: https://github.com/google/leveldb/blob/main/doc/table_format.md
 */

/** The last value of a key in a table, or that it was deleted. */
export interface TableRow {
  readonly key: string;
  /** Undefined: deleted. */
  readonly value: string | undefined;
  /** Of several rows of one key the one with the highest number counts. */
  readonly sequence: bigint;
}

export interface TableContent {
  /** True when all of it is as it was written. */
  readonly isWhole: boolean;
  /** What could be read of a table that is not whole. */
  readonly rows: readonly TableRow[];
}

const FOOTER_BYTES = 48;
const MAGIC = 0xdb4775248b80fb57n;
/** After each block: how it is compressed, and its checksum. */
const TRAILER_BYTES = 5;
const UNCOMPRESSED = 0;
const DELETED = 0x00;
const MASK_DELTA = 0xa282ead8;
/** Between two looks at the clock, so that the service can run in between, in bytes. */
const SLICE_BYTES = 1024 ** 2;

interface BlockHandle {
  readonly offset: number;
  readonly size: number;
}

class DamagedBlock extends Error {}

/** Checks every block of a table against its checksum. Never throws for what the table holds. */
export async function checkTable(table: Buffer): Promise<TableContent> {
  let handles: BlockHandle[];
  let isWhole: boolean;
  try {
    const { index, meta } = readFooter(table);
    handles = handlesIn(table, index);
    isWhole = isIntact(table, meta) && handlesIn(table, meta).every((filter) => isIntact(table, filter));
  } catch {
    // Where the blocks are is not known any longer.
    return { isWhole: false, rows: [] };
  }
  const damaged: BlockHandle[] = [];
  let sliced = 0;
  for (const handle of handles) {
    if (!isIntact(table, handle)) damaged.push(handle);
    sliced += handle.size;
    if (sliced < SLICE_BYTES) continue;
    sliced = 0;
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (isWhole && damaged.length === 0) return { isWhole, rows: [] };
  const intact = handles.filter((handle) => !damaged.includes(handle));
  return { isWhole: false, rows: intact.flatMap((handle) => rowsOf(table, handle)) };
}

/** The footer leads to the index of the blocks, and to that of the filters. */
function readFooter(table: Buffer): { readonly index: BlockHandle; readonly meta: BlockHandle } {
  const footer = table.length - FOOTER_BYTES;
  if (footer < 0 || table.readBigUInt64LE(table.length - 8) !== MAGIC) throw new DamagedBlock();
  const cursor = new Cursor(table, footer, table.length - 8);
  const meta = cursor.handle();
  const index = cursor.handle();
  if (!isIntact(table, index)) throw new DamagedBlock();
  return { index, meta };
}

/** The handles that the values of a block are. */
function handlesIn(table: Buffer, block: BlockHandle): BlockHandle[] {
  return [...entries(table, block)].map(({ value }) => new Cursor(value, 0, value.length).handle());
}

function isIntact(table: Buffer, { offset, size }: BlockHandle): boolean {
  const end = offset + size;
  if (end + TRAILER_BYTES > table.length) return false;
  const masked = table.readUInt32LE(end + 1);
  const rotated = (masked - MASK_DELTA) >>> 0;
  return crc32c(table.subarray(offset, end + 1)) === ((rotated >>> 17) | (rotated << 15)) >>> 0;
}

function rowsOf(table: Buffer, handle: BlockHandle): TableRow[] {
  try {
    return [...entries(table, handle)].map(({ key, value }) => {
      const tag = key.readBigUInt64LE(key.length - 8);
      return {
        key: key.toString('utf8', 0, key.length - 8),
        value: Number(tag & 0xffn) === DELETED ? undefined : value.toString('utf8'),
        sequence: tag >> 8n,
      };
    });
  } catch {
    // Compressed, by another version, or what only looks intact.
    return [];
  }
}

/** The entries of a block: each key says how much of its beginning it shares with the one before. */
function* entries(table: Buffer, { offset, size }: BlockHandle): Iterable<{ key: Buffer; value: Buffer }> {
  if (table[offset + size] !== UNCOMPRESSED) throw new DamagedBlock();
  const restarts = table.readUInt32LE(offset + size - 4);
  const cursor = new Cursor(table, offset, offset + size - 4 - 4 * restarts);
  let key: Buffer = Buffer.alloc(0);
  while (!cursor.isAtEnd) {
    const [shared, added, length] = [cursor.integer(), cursor.integer(), cursor.integer()];
    if (shared > key.length) throw new DamagedBlock();
    key = Buffer.concat([key.subarray(0, shared), cursor.bytes(added)]);
    yield { key, value: cursor.bytes(length) };
  }
}

class Cursor {
  readonly #buffer: Buffer;
  readonly #end: number;
  #at: number;

  constructor(buffer: Buffer, start: number, end: number) {
    if (start < 0 || start > end || end > buffer.length) throw new DamagedBlock();
    this.#buffer = buffer;
    this.#at = start;
    this.#end = end;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#end;
  }

  /** A varint: seven bits a byte, the lowest first. */
  integer(): number {
    let value = 0;
    for (let factor = 1; factor <= 2 ** 49; factor *= 128) {
      const byte = this.bytes(1)[0] as number;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
    throw new DamagedBlock();
  }

  handle(): BlockHandle {
    return { offset: this.integer(), size: this.integer() };
  }

  bytes(length: number): Buffer {
    if (this.#at + length > this.#end) throw new DamagedBlock();
    this.#at += length;
    return this.#buffer.subarray(this.#at - length, this.#at);
  }
}
