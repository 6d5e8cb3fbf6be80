import { join } from 'node:path';
import { errorText } from '../../notification/errors.js';
import type { ThrottledReporter } from '../../notification/reporter.js';
import { makeFolder, moveInto, writeWhole } from './files.js';
import { DAMAGED, newLinesFile } from './layout.js';

/** What cannot be read is not thrown away: it goes to the folder `damaged`, and is counted and told. */
export class SetAside {
  readonly #folder: string;
  readonly #reporter: ThrottledReporter;
  #count = 0;

  constructor(directory: string, reporter: ThrottledReporter) {
    this.#folder = join(directory, DAMAGED);
    this.#reporter = reporter;
  }

  /** How many records and folders were set aside. */
  get count(): number {
    return this.#count;
  }

  /** Keeps records as they were found, one a line, with the reason. Rejects when the disk fails. */
  async keepRecords(records: readonly { readonly text: string; readonly why: string }[]): Promise<void> {
    const [first] = records;
    if (first === undefined) return;
    await makeFolder(this.#folder);
    const lines = records.map(({ text, why }) => `${JSON.stringify({ why, record: text })}\n`);
    await writeWhole(newLinesFile(this.#folder), lines.join(''));
    this.#count += records.length;
    this.#reporter.warn(
      'spool:damaged',
      () => `spool: ${records.length} records cannot be read (${first.why}); they are in ${this.#folder}`,
    );
  }

  /** Keeps a file or a whole folder, and says where. Rejects when the disk fails. */
  async keep(path: string, error: unknown): Promise<string> {
    const kept = await moveInto(this.#folder, path);
    this.#count += 1;
    this.#reporter.warn(`spool:damaged:${kept}`, () => `spool: ${kept} cannot be read: ${errorText(error)}`);
    return kept;
  }
}
