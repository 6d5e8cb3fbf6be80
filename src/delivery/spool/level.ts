import { errorText } from '../../notification/errors.js';
import { loadOptionalPackage } from '../../notification/optional-package.js';

/** One change of a batch. */
export type BatchOperation =
  | { readonly type: 'put'; readonly key: string; readonly value: string; readonly valueEncoding?: 'utf8' }
  | { readonly type: 'put'; readonly key: string; readonly value: Buffer; readonly valueEncoding: 'buffer' }
  | { readonly type: 'del'; readonly key: string };

export interface KeyRange {
  readonly gte?: string;
  readonly gt?: string;
  readonly lt?: string;
  readonly limit?: number;
  readonly reverse?: boolean;
}

interface LevelIterator {
  nextv(size: number): Promise<[string, string][]>;
  close(): Promise<void>;
}

/** What of classic-level is used; its own types are not needed to compile a service. */
export interface LevelDatabase {
  open(options: object): Promise<void>;
  close(): Promise<void>;
  get(key: string): Promise<string | undefined>;
  batch(operations: readonly BatchOperation[], options: { readonly sync: boolean }): Promise<void>;
  iterator(range: KeyRange & { readonly highWaterMarkBytes?: number }): LevelIterator;
}

export interface Level {
  readonly ClassicLevel: {
    new (location: string, options?: object): LevelDatabase;
    repair(location: string): Promise<void>;
  };
}

/** Loads classic-level; a ConfigurationError that blames `setting` where it is not installed. */
export function loadLevel(setting: string): Level {
  return loadOptionalPackage('classic-level', setting) as Level;
}

/**
 * What is wrong with a database.
 * - `locked`: somebody alive has it.
 * - `damaged`: its files are not as they should be; a repair may help.
 * - `failing`: the disk or the process cannot at the moment: full, read-only, too many open files.
 */
export type LevelFault = 'locked' | 'damaged' | 'failing';

const DAMAGED =
  /Corruption|does not exist \(create_if_missing|No such file or directory|Is a directory|Not a directory|Invalid argument|No such device/;

export function faultOf(error: unknown): LevelFault {
  const codes: unknown[] = [];
  const texts: string[] = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    codes.push((cause as { code?: unknown }).code);
    texts.push(cause.message);
  }
  if (codes.includes('LEVEL_LOCKED')) return 'locked';
  // Whether it is locked is not known, so it may be somebody's.
  if (texts.some((text) => /[\\/]LOCK: /.test(text))) return 'failing';
  return codes.includes('LEVEL_CORRUPTION') || texts.some((text) => DAMAGED.test(text)) ? 'damaged' : 'failing';
}

/** The most telling line of an error of LevelDB: that of its innermost cause. */
export function levelErrorText(error: unknown): string {
  let cause = error;
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause;
  return errorText(cause);
}
