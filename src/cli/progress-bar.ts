const WIDTH = 30;
/** Drawn at most this often, in milliseconds: a terminal is slow. */
const INTERVAL_MS = 100;

/** A bar on standard error while something takes long; nothing where that is no terminal. */
export class ProgressBar {
  readonly #label: string;
  readonly #stream: NodeJS.WriteStream;
  #drawnAt = Number.NEGATIVE_INFINITY;

  constructor(label: string, stream: NodeJS.WriteStream = process.stderr) {
    this.#label = label;
    this.#stream = stream;
  }

  /** `total` is undefined where nobody knows it: then there is no bar, but the count. */
  readonly update = (done: number, total: number | undefined, doing?: string): void => {
    const now = performance.now();
    const isLast = total !== undefined && done >= total;
    if (!this.#stream.isTTY || total === 0 || (!isLast && now - this.#drawnAt < INTERVAL_MS)) return;
    this.#drawnAt = now;
    const label = doing === undefined ? this.#label : `${this.#label}: ${doing}`;
    if (total === undefined) {
      this.#stream.write(`\r\x1b[K${label} ${done}`);
      return;
    }
    const filled = Math.min(WIDTH, Math.round((done / total) * WIDTH));
    this.#stream.write(`\r\x1b[K${label} [${'#'.repeat(filled).padEnd(WIDTH)}] ${done}/${total}`);
  };

  /** Takes the bar away: what it was for is said elsewhere. */
  end(): void {
    if (this.#stream.isTTY) this.#stream.write('\r\x1b[K');
  }
}
