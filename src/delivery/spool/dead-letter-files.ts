import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode, list, writeWhole } from './files.js';
import { DEAD, LINES_FILE } from './layout.js';
import { decodeDeadLetter, type StoredDeadLetter } from './record-format.js';

/** One dead letter, and the line that it is; a line that cannot be read has none. */
export interface DeadLetterLine {
  readonly text: string;
  readonly letter: StoredDeadLetter | undefined;
}

/** The files of dead letters of a spool, oldest first. */
export async function deadLetterFiles(directory: string): Promise<string[]> {
  const folder = join(directory, DEAD);
  return (await list(folder))
    .filter((name) => LINES_FILE.test(name))
    .sort()
    .map((name) => join(folder, name));
}

/** Nothing where somebody else has removed the file meanwhile. */
export async function readDeadLetters(file: string): Promise<DeadLetterLine[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => ({ text: line, letter: tryDecode(line) }));
}

/** Keeps only these lines. */
export async function keepDeadLetters(file: string, lines: readonly DeadLetterLine[]): Promise<void> {
  if (lines.length === 0) await rm(file, { force: true });
  else await writeWhole(file, lines.map(({ text }) => `${text}\n`).join(''));
}

function tryDecode(line: string): StoredDeadLetter | undefined {
  try {
    return decodeDeadLetter(line);
  } catch {
    return undefined;
  }
}
