import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { runInBackground } from '../../notification/context-store.js';
import { errorText } from '../../notification/errors.js';
import type { ThrottledReporter } from '../../notification/reporter.js';
import { adoptDirectory, type NewHome } from './adopt-directory.js';
import { claimDirectory } from './claim-directory.js';
import { list, removeTree, tryRename, writeWhole } from './files.js';
import type { Instance } from './instance.js';
import { isInstanceName, NEEDS } from './layout.js';
import type { SalvageTools } from './salvage.js';

export interface TakeoverOptions {
  readonly directory: string;
  readonly scanMs: number;
}

/** Where what is taken over goes: the spool of this notifier. */
export interface TakeoverHome extends NewHome {
  /** Undefined while nothing can be written: then nothing is taken over. */
  instance(): Instance | undefined;
  /** True for a directory in `taken` that holds what is this notifier's own. */
  isOwn(path: string): boolean;
}

/**
 * Looks for directories of dead processes, at start and from time to time, and takes them over: each is moved into the
 * own directory, which makes it this notifier's and no other's, and its notifications are written to the own database.
 */
export class Takeover {
  readonly #options: TakeoverOptions;
  readonly #tools: SalvageTools;
  readonly #reporter: ThrottledReporter;
  readonly #home: TakeoverHome;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #isClosed = false;
  #takenOver = 0;

  constructor(options: TakeoverOptions, tools: SalvageTools, home: TakeoverHome) {
    this.#options = options;
    this.#tools = tools;
    this.#reporter = tools.reporter;
    this.#home = home;
  }

  /** How many directories were taken over and emptied. */
  get takenOver(): number {
    return this.#takenOver;
  }

  /** Resolves after the first look. */
  start(): Promise<void> {
    this.#running = runInBackground(() => this.#scan());
    return this.#running;
  }

  /** Resolves when the step that is under way is done. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #scan(): Promise<void> {
    try {
      const instance = this.#home.instance();
      if (instance !== undefined) {
        await this.#claimAll(instance);
        await this.#emptyAll(instance);
      }
    } catch (error) {
      this.#reporter.warn('spool:takeover', () => `spool: cannot take over what is left: ${errorText(error)}`);
    }
    if (this.#isClosed) return;
    // Spread, so that a hundred processes do not look at the same moment.
    this.#timer = setTimeout(() => void this.start(), this.#options.scanMs * (0.5 + Math.random()));
    this.#timer.unref();
  }

  async #claimAll(instance: Instance): Promise<void> {
    const { directory } = this.#options;
    const names = (await list(directory)).filter(isInstanceName);
    const own = basename(instance.path);
    for (const name of names) {
      if (this.#isClosed) return;
      const path = join(directory, name);
      if (name === own || !(await this.#isWanted(path))) continue;
      await claimDirectory(path, instance.taken, this.#tools);
    }
  }

  /** False where its last owner left what other drivers are needed for. */
  async #isWanted(path: string): Promise<boolean> {
    const text = await readFile(join(path, NEEDS), 'utf8').catch(() => undefined);
    if (text === undefined) return true;
    try {
      const { drivers } = JSON.parse(text) as { drivers: readonly string[] };
      const names = this.#home.names();
      return drivers.some((driver) => names.includes(driver));
    } catch {
      return true;
    }
  }

  /** Also what a process had taken over that this one took over. */
  async #emptyAll(instance: Instance): Promise<void> {
    const postponed = new Set<string>();
    for (;;) {
      const names = (await list(instance.taken)).filter((name) => !postponed.has(name));
      const path = names.map((name) => join(instance.taken, name)).find((each) => !this.#home.isOwn(each));
      if (path === undefined || this.#isClosed || this.#home.instance() !== instance) return;
      const result = await adoptDirectory(path, instance.taken, this.#home, this.#tools, () => this.#isClosed);
      if (result === 'later') postponed.add(basename(path));
      else if (result === 'empty') {
        await removeTree(path);
        this.#takenOver += 1;
      } else if (result !== 'gone') await this.#giveBack(path, result.needs);
    }
  }

  /** What this process has no drivers for is left to one that has. */
  async #giveBack(path: string, drivers: readonly string[]): Promise<void> {
    const { directory } = this.#options;
    await writeWhole(join(path, NEEDS), JSON.stringify({ drivers }));
    await tryRename(path, join(directory, basename(path)));
    this.#reporter.warn(
      `spool:needs:${drivers.join()}`,
      () =>
        `spool: in ${directory} are notifications for ${drivers.join(', ')}, which this process does not deliver by`,
    );
  }
}
