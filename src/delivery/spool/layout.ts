import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { PROCESS_ID } from './process-identity.js';

/**
 * What is where in the spool's directory.
 * - `<process>-<uuid>/`: a LevelDB directory, of one notifier. Its lock is the sign of life.
 *   - `taken/<name>/`: a directory that was taken over by its owner and is not emptied yet.
 *   - `exit-<uuid>.jsonl`: what was accepted in the last moment of a process that called `process.exit()`.
 *   - `needs.json`: the drivers that deliver what is in there, where its last owner had none of them.
 * - `dead/*.jsonl`: dead letters, one a line; a file does not change but by being replaced.
 * - `damaged/`: what could not be read.
 */
export const DEAD = 'dead';
export const DAMAGED = 'damaged';
export const TAKEN = 'taken';
export const NEEDS = 'needs.json';
export const EXIT_FILE = /^exit-[0-9a-f-]{36}\.jsonl$/;
export const LINES_FILE = /^[^.].*\.jsonl$/;

const INSTANCE = /^[0-9a-f]{12}-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const LEVEL_DATA = /^(?:MANIFEST-\d+|\d+\.(?:log|ldb|sst))$/;

export function newInstanceName(): string {
  return `${PROCESS_ID}-${randomUUID()}`;
}

export function isInstanceName(name: string): boolean {
  return INSTANCE.test(name);
}

/** True where this process made it. */
export function isOfThisProcess(name: string): boolean {
  return name.startsWith(`${PROCESS_ID}-`);
}

/** True when one of these files holds records, or says where they are. */
export function holdsRecords(files: readonly string[]): boolean {
  return files.some((file) => file === 'CURRENT' || file === TAKEN || LEVEL_DATA.test(file) || EXIT_FILE.test(file));
}

export function newExitFile(folder: string): string {
  return join(folder, `exit-${randomUUID()}.jsonl`);
}

/** Sorts by time. */
export function newLinesFile(folder: string): string {
  return join(folder, `${new Date().toISOString().replaceAll(/[:.]/g, '-')}-${randomUUID()}.jsonl`);
}
