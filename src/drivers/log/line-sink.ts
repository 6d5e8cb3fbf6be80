/** Where lines go. */
export interface LineSink {
  /**
   * Makes the sink ready, again after a failed write; does nothing when it is. Rejects with an error to act upon.
   * `warn`: takes a line for the operator, from now on.
   */
  open(warn?: (message: string) => void): Promise<void>;
  /** Resolves when the operating system has taken the line; rejects when it has not. Always settles. */
  write(line: string): Promise<void>;
  /** Waits for what was written and lets go. Never rejects. */
  close(): Promise<void>;
}
