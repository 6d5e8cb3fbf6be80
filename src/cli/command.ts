export type Say = (line: string) => void;

/** One command of `tidings`. */
export interface Command {
  readonly usage: string;
  /** Resolves with the exit code. Throws a UsageError for wrong arguments. */
  run(args: readonly string[], say: Say): Promise<number>;
}
