import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crc32c } from '../../src/delivery/spool/crc32c.js';
import { loadLevel } from '../../src/delivery/spool/level.js';
import { checkTable } from '../../src/delivery/spool/sorted-table.js';
import { Store } from '../../src/delivery/spool/store.js';

const ROWS = 60;
const key = (index: number) => `n-${String(index).padStart(15, '0')}`;
const value = (index: number) => `${index} ${'ä'.repeat(index * 10)}`;

let folder: string;
let table: Buffer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tidings-tables-'));
  const level = loadLevel('test');
  const store = await Store.open(level, folder, { create: true });
  for (let index = 0; index < ROWS; index += 1) {
    await store.write([{ type: 'put', key: key(index), value: value(index) }], false);
  }
  await store.write([{ type: 'del', key: key(7) }], true);
  await store.close();
  // Opened anew, LevelDB sorts its log into a table.
  await (await Store.open(level, folder, { create: false })).close();
  const tables = readdirSync(folder).filter((name) => name.endsWith('.ldb'));
  expect(tables).toHaveLength(1);
  table = readFileSync(join(folder, tables[0] as string));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('crc32c', () => {
  // RFC 3720, appendix B.4.
  it.each([
    [Buffer.alloc(32), 0x8a9136aa],
    [Buffer.alloc(32, 0xff), 0x62a8ab43],
    [Buffer.from(Array.from({ length: 32 }, (_, index) => index)), 0x46dd794e],
    [Buffer.from('123456789'), 0xe3069283],
  ])('%#', (bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
  });
});

describe('a sorted table of LevelDB', () => {
  it('is whole as it was written', async () => {
    expect(await checkTable(table)).toEqual({ isWhole: true, rows: [] });
  });

  it('with any byte changed is not whole, and gives no row that was not written', async () => {
    // The padding of the footer is covered by nothing, and nothing is read from it.
    const footer = table.length - 48;
    await fc.assert(
      fc.asyncProperty(fc.nat(footer - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const damaged = Buffer.from(table);
        damaged[at] = (damaged[at] as number) ^ change;
        const { isWhole, rows } = await checkTable(damaged);
        expect(isWhole).toBe(false);
        for (const row of rows) {
          const index = Number(row.key.slice(2));
          expect(row.key).toBe(key(index));
          if (row.value !== undefined) expect(row.value).toBe(value(index));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('gives the rows of the blocks that are not damaged', async () => {
    const damaged = Buffer.from(table);
    damaged[10] = (damaged[10] as number) ^ 1;
    const { isWhole, rows } = await checkTable(damaged);
    expect(isWhole).toBe(false);
    expect(rows.length).toBeGreaterThan(ROWS / 3);
    expect(rows.length).toBeLessThan(ROWS);
    expect(rows.at(-1)).toMatchObject({ key: key(ROWS - 1), value: value(ROWS - 1) });
  });

  it('cut off anywhere, or of anything else, is not whole', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(table.length - 1), async (length) => {
        expect((await checkTable(table.subarray(0, length))).isWhole).toBe(false);
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        expect(await checkTable(Buffer.from(bytes))).toEqual({ isWhole: false, rows: [] });
      }),
    );
    const onlyFooter = Buffer.concat([Buffer.alloc(100, 0xff), table.subarray(-48)]);
    expect(await checkTable(onlyFooter)).toEqual({ isWhole: false, rows: [] });
  });
});
