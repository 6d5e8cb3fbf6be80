import type { ThrottledReporter } from '../../notification/reporter.js';
import { putBack, takeOutDamagedTables } from './damaged-tables.js';
import { freeBytes, sizeOf } from './files.js';
import { faultOf, type Level, levelErrorText } from './level.js';
import type { SetAside } from './set-aside.js';
import { Store } from './store.js';

/** A repair writes everything anew; on a full disk it would lose records. */
const REPAIR_MARGIN_BYTES = 16 * 1024 ** 2;

export interface SalvageTools {
  readonly level: Level;
  readonly setAside: SetAside;
  readonly reporter: ThrottledReporter;
}

/**
 * Opens a directory that nobody else can open, and repairs it where that is needed and there is room. `gone`: it is
 * beyond repair, and set aside. `later`: the disk cannot at the moment. `isRepaired`: it was read up to a fault before.
 */
export async function openOrRepair(
  path: string,
  { level, setAside, reporter }: SalvageTools,
  isFaulty = false,
): Promise<Store | 'gone' | 'later'> {
  let fault: unknown;
  const damaged = await takeOutDamagedTables(path, setAside);
  if (damaged.length > 0) fault = new Error(`${damaged.length} of its tables are not as they were written`);
  else if (!isFaulty) {
    try {
      return await Store.open(level, path, { create: false });
    } catch (error) {
      fault = error;
      if (faultOf(error) !== 'damaged') {
        reporter.warn(`spool:open:${path}`, () => `spool: cannot open ${path} now: ${levelErrorText(error)}`);
        return 'later';
      }
    }
  }
  const needed = 2 * (await sizeOf(path)) + REPAIR_MARGIN_BYTES;
  if ((await freeBytes(path)) < needed) {
    reporter.warn(
      `spool:repair:${path}`,
      () => `spool: ${path} is damaged; it is repaired when ${needed} bytes are free`,
    );
    return 'later';
  }
  reporter.warn(`spool:repair:${path}`, () => {
    const why = fault === undefined ? 'a part of it cannot be read' : levelErrorText(fault);
    return `spool: ${path} is damaged, what is readable is kept: ${why}`;
  });
  try {
    await level.ClassicLevel.repair(path);
    const store = await Store.open(level, path, { create: false });
    await putBack(store, damaged);
    return store;
  } catch (error) {
    if (faultOf(error) !== 'damaged') return 'later';
    await setAside.keep(path, error);
    return 'gone';
  }
}
