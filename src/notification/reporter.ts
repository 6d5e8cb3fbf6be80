import { types } from 'node:util';
import { errorText } from './errors.js';

/**
 * Where tidings says what an operator should know of itself: a broker that cannot be reached, notifications dropped.
 * Never a payload and never a secret.
 */
export interface Reporter {
  /** `message` is one line. Must not throw and must not wait. */
  warn(message: string): void;
  info(message: string): void;
}

/** One line each on standard error, so that a service's standard output stays its own. */
export const stderrReporter: Reporter = {
  warn: (message) => writeLine(`tidings: ${message}`),
  info: (message) => writeLine(`tidings: ${message}`),
};

function ignore(): void {}

function writeLine(line: string): void {
  const { stderr } = process;
  try {
    stderr.write(`${line.replaceAll(/\s*\n\s*/g, ' ')}\n`, (error) => {
      if (error == null) return;
      // What read it has gone. The stream emits the error after this callback; unheard, it would end the service.
      stderr.once('error', ignore);
      setImmediate(() => stderr.removeListener('error', ignore));
    });
  } catch {
    // A closed standard error must not end the service.
  }
}

const INTERVAL_MS = 60_000;
/** More kinds of warnings than this are one kind. */
const MAX_KEYS = 1_000;

/**
 * Says each kind of thing once per minute, and how often it was not said in between: a dead broker must not fill a
 * disk with warnings.
 */
export class ThrottledReporter {
  readonly #reporter: Reporter;
  readonly #told = new Map<string, { at: number; muted: number }>();

  constructor(reporter: Reporter) {
    this.#reporter = reporter;
  }

  /** `key` names the kind; `message` is made only when it is said. */
  warn(key: string, message: () => string): void {
    const kind = this.#told.has(key) || this.#told.size < MAX_KEYS ? key : 'other';
    const now = performance.now();
    const last = this.#told.get(kind);
    if (last !== undefined && now - last.at < INTERVAL_MS) {
      last.muted += 1;
      return;
    }
    this.#told.set(kind, { at: now, muted: 0 });
    const again = last !== undefined && last.muted > 0 ? ` (and ${last.muted} times more since it was last said)` : '';
    this.say('warn', () => message() + again);
  }

  info(message: string): void {
    this.say('info', () => message);
  }

  private say(level: 'warn' | 'info', message: () => string): void {
    const failed = (error: unknown) => stderrReporter.warn(`the reporter failed: ${errorText(error)}`);
    try {
      const told: unknown = this.#reporter[level](message());
      // An async function is none by its type, and is given all the same; unheard, its rejection would end the service.
      if (types.isPromise(told)) told.catch(failed);
    } catch (error) {
      failed(error);
    }
  }
}
