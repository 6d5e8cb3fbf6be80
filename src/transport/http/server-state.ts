import { DeliveryError } from '../../notification/errors.js';
import type { HttpVerdict } from './http-verdict.js';

/** A server is left alone for at least so long, doubling up to the second, in milliseconds. */
const MIN_PAUSE_MS = 500;
const MAX_PAUSE_MS = 5_000;
/** So many different things in a row must fail before it is the server's fault, and not that of one of them. */
const MIN_FAILURES = 2;
/** So many things that have failed are kept in mind. */
const MAX_SUSPECTS = 1_000;

/** Why a server is left alone. */
export interface Pause {
  readonly error: Error;
  /** For how long the server itself still asks for it, in milliseconds; 0 where it does not. */
  readonly askedMs: number;
}

/** Keeps in mind how exchanges with a server went, and decides when it is left alone for a while. */
export class ServerState {
  #error: Error | undefined;
  #pausedUntil = 0;
  #askedUntil = 0;
  /** Pauses in a row. */
  #pauses = 0;
  /** Different things in a row that have failed for the first time. */
  #failures = 0;
  /** What has failed before: when it does so again, that says nothing of the server. */
  readonly #suspects = new Set<string>();

  /** `content` names what was sent. */
  note({ server, outcome }: Pick<HttpVerdict, 'server' | 'outcome'>, content: string): void {
    if (server === 'works' || outcome === undefined) {
      this.#pauses = 0;
      this.#failures = 0;
      return;
    }
    if (server === 'suspect' && !this.#isServersFault(content)) return;
    this.#failures = 0;
    const now = performance.now();
    this.#error = outcome;
    const { retryAfterMs = 0 } = outcome as { retryAfterMs?: number };
    this.#askedUntil = Math.max(this.#askedUntil, now + retryAfterMs);
    this.#pausedUntil = Math.max(this.#askedUntil, now + Math.min(MAX_PAUSE_MS, MIN_PAUSE_MS * 2 ** this.#pauses));
    this.#pauses = Math.min(this.#pauses + 1, 10);
  }

  #isServersFault(content: string): boolean {
    if (this.#suspects.has(content)) return false;
    const [oldest] = this.#suspects;
    if (this.#suspects.size >= MAX_SUSPECTS && oldest !== undefined) this.#suspects.delete(oldest);
    this.#suspects.add(content);
    this.#failures += 1;
    return this.#failures >= MIN_FAILURES;
  }

  /** Undefined when it may be sent something. */
  get pause(): Pause | undefined {
    const now = performance.now();
    if (this.#error === undefined || now >= this.#pausedUntil) return undefined;
    return { error: this.#error, askedMs: Math.max(0, this.#askedUntil - now) };
  }

  /** Ends a pause that the server has not asked for: somebody else has waited. */
  resume(): void {
    this.#pausedUntil = this.#askedUntil;
  }
}

/** Why something was not sent: it holds back for as long as the server itself asks for it. */
export function leftAlone({ error, askedMs }: Pause): DeliveryError {
  return new DeliveryError(error.message, { cause: error, ...(askedMs > 0 ? { retryAfterMs: askedMs } : {}) });
}
