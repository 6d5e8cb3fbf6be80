import { DeliveryError } from '../../notification/errors.js';
import type { LineSink } from './line-sink.js';

function ignore(): void {}

/** The process's standard output, which belongs to the service: it is never ended, and no listener stays on it. */
export class StdoutSink implements LineSink {
  readonly #stdout = process.stdout;
  #unsettled = 0;

  async open(): Promise<void> {}

  write(line: string): Promise<void> {
    return new Promise((resolve, reject) => {
      let settled = false;
      const settle = (error?: Error | null) => {
        if (settled) return;
        settled = true;
        if (error == null) {
          this.#release();
          resolve();
        } else {
          // The stream emits the error after this callback; unheard, it would end the process.
          setImmediate(() => this.#release());
          reject(unwritable(error));
        }
      };
      this.#hold();
      try {
        this.#stdout.write(`${line}\n`, settle);
        // A test that captures the output puts its own function there, which may never call back.
        if (Object.hasOwn(this.#stdout, 'write')) setImmediate(settle);
      } catch (error) {
        settle(error as Error);
      }
    });
  }

  async close(): Promise<void> {}

  #hold(): void {
    if (this.#unsettled === 0) this.#stdout.on('error', ignore);
    this.#unsettled += 1;
  }

  #release(): void {
    this.#unsettled -= 1;
    if (this.#unsettled === 0) this.#stdout.removeListener('error', ignore);
  }
}

function unwritable(error: Error): DeliveryError {
  const { code } = error as NodeJS.ErrnoException;
  const reason =
    code === 'EPIPE' || code === 'ERR_STREAM_WRITE_AFTER_END'
      ? 'is closed: what read it has gone'
      : 'cannot be written to';
  return new DeliveryError(
    `standard output ${reason} (${code ?? error.message}); to keep notifications, set a log file (TIDINGS_LOG_FILE)`,
    { cause: error },
  );
}
