import type { Readable } from 'node:stream';
import { decodeNotification } from '../listener/index.js';
import { reasonOf } from '../listener/verdict.js';
import { errorText } from '../notification/errors.js';
import type { ThrottledReporter } from '../notification/reporter.js';
import type { Forward, Source, SourceStats } from './source.js';

export interface LineSourceOptions {
  readonly name: string;
  /** Opened when the source starts. */
  readonly open: () => Readable;
  /** The most notifications that are being forwarded at once. */
  readonly window: number;
  readonly maxMessageBytes: number;
  readonly reporter: ThrottledReporter;
}

/**
 * Notifications as lines of JSON, in any of the wire formats. A file remembers nothing: who is killed in the middle
 * begins anew, with the same message ids.
 */
export class LineSource implements Source {
  readonly name: string;
  readonly #options: LineSourceOptions;
  readonly #forwarding = new Set<Promise<void>>();
  #ended!: () => void;
  readonly ended = new Promise<void>((resolve) => {
    this.#ended = resolve;
  });
  #input: Readable | undefined;
  #hasRoom: (() => void) | undefined;
  #alive: NodeJS.Timeout | undefined;
  #isStopped = false;
  #received = 0;
  #forwarded = 0;
  #leftOut = 0;
  #dead = 0;
  #pending = 0;
  #status: SourceStats['status'] = 'idle';
  #reason: string | undefined;

  constructor(options: LineSourceOptions) {
    this.name = options.name;
    this.#options = options;
  }

  async start(forward: Forward): Promise<void> {
    this.#status = 'up';
    // Neither a file that is read nor what waits for a sink keeps a process alive.
    this.#alive = setInterval(() => undefined, 2 ** 30);
    void this.#read(forward);
  }

  async stop(timeoutMs: number): Promise<void> {
    this.#isStopped = true;
    // Else an open standard input would keep the process.
    this.#input?.destroy();
    let timer: NodeJS.Timeout | undefined;
    const timeUp = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([Promise.all(this.#forwarding), timeUp]);
    clearTimeout(timer);
    clearInterval(this.#alive);
    if (this.#status === 'up' || this.#status === 'idle') this.#status = 'stopped';
  }

  stats(): SourceStats {
    return {
      received: this.#received,
      forwarded: this.#forwarded,
      leftOut: this.#leftOut,
      duplicates: 0,
      retried: 0,
      dead: this.#dead,
      givenBack: 0,
      pending: this.#pending,
      status: this.#status,
      ...(this.#reason !== undefined && { reason: this.#reason }),
    };
  }

  async #read(forward: Forward): Promise<void> {
    const { window, reporter, maxMessageBytes } = this.#options;
    try {
      this.#input = this.#options.open();
      for await (const line of linesOf(this.#input, maxMessageBytes)) {
        if (this.#isStopped) break;
        if (line !== undefined && line.length === 0) continue;
        this.#received += 1;
        this.#take(line, forward);
        if (this.#forwarding.size >= window) await new Promise<void>((resolve) => (this.#hasRoom = resolve));
      }
      await Promise.all(this.#forwarding);
      if (!this.#isStopped) this.#status = 'ended';
    } catch (error) {
      if (this.#isStopped) return this.#ended();
      this.#status = 'down';
      this.#reason = errorText(error);
      reporter.warn(`source:${this.name}`, () => `cannot be read: ${errorText(error)}`);
      await Promise.all(this.#forwarding);
    } finally {
      clearInterval(this.#alive);
    }
    this.#ended();
  }

  #take(line: Buffer | undefined, forward: Forward): void {
    const number = this.#received;
    const { maxMessageBytes: maxBytes } = this.#options;
    const decoded =
      line === undefined ? { reason: `over ${maxBytes} bytes` } : decodeNotification(line, undefined, { maxBytes });
    if ('reason' in decoded) {
      this.#refused(number, decoded.reason);
      return;
    }
    this.#pending += 1;
    const forwarding = forward(decoded.notification)
      .then(
        (isForwarded) => {
          if (isForwarded) this.#forwarded += 1;
          else this.#leftOut += 1;
        },
        (error) => this.#refused(number, reasonOf(error)),
      )
      .then(() => {
        this.#pending -= 1;
        this.#forwarding.delete(forwarding);
        this.#hasRoom?.();
      });
    this.#forwarding.add(forwarding);
  }

  #refused(number: number, reason: string): void {
    this.#dead += 1;
    this.#options.reporter.warn(`line:${this.name}`, () => `message ${number} is not forwarded: ${reason}`);
  }
}

/** The lines without their ends; undefined for one that is too long. */
async function* linesOf(input: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Buffer | undefined> {
  let parts: Buffer[] = [];
  let length = 0;
  const end = () => {
    const line = length > maxBytes ? undefined : Buffer.concat(parts);
    parts = [];
    length = 0;
    return line?.at(-1) === 0x0d ? line.subarray(0, -1) : line;
  };
  const add = (part: Buffer) => {
    length += part.length;
    // What is too long is not kept.
    if (length > maxBytes) parts = [];
    else parts.push(part);
  };
  for await (const chunk of input) {
    let from = 0;
    for (let at = chunk.indexOf(0x0a); at !== -1; at = chunk.indexOf(0x0a, from)) {
      add(chunk.subarray(from, at));
      yield end();
      from = at + 1;
    }
    if (from < chunk.length) add(chunk.subarray(from));
  }
  if (length > 0) yield end();
}
