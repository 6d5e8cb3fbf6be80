export type Say = (line: string) => void;

/** One command of `tidings`. */
export interface Command {
  /** What it is for, in a few words; the list of commands shows it. */
  readonly summary: string;
  /** What `--help` says. */
  readonly usage: string;
  /** Resolves with the exit code. Throws a UsageError for wrong arguments. */
  run(args: readonly string[], say: Say): Promise<number>;
}
