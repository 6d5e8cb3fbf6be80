import type { StreamPipeOptions, UnderlyingByteSource, UnderlyingSource } from 'node:stream/web';
import type { WebTaken } from './web-consumption.js';

type Controller = ReadableStreamDefaultController | ReadableByteStreamController;

/**
 * Stands in for a Web stream where the platform would read it unseen: passes its chunks on, and counts them. It keeps
 * none and asks for none before it is asked, so the stream is read exactly as far as without it.
 */
export class WebRelay {
  readonly stream: ReadableStream;
  readonly #reader: ReadableStreamDefaultReader;
  readonly #web: WebTaken | undefined;
  #isReading = false;
  #hasClosed = false;
  #isOver = false;

  /** `web` is left out when `reader` is observed itself. `isBytes`: readers may bring their own buffers. */
  constructor(reader: ReadableStreamDefaultReader, web: WebTaken | undefined, isBytes: boolean) {
    this.#reader = reader;
    this.#web = web;
    const source = {
      start: (controller: Controller) => this.#follow(controller),
      pull: (controller: Controller) => this.#pull(controller),
      cancel: (reason: unknown) => {
        this.#isOver = true;
        web?.cancel();
        return reader.cancel(reason);
      },
    };
    this.stream = isBytes
      ? new ReadableStream({ ...source, type: 'bytes' } as UnderlyingByteSource, { highWaterMark: 0 })
      : new ReadableStream(source as UnderlyingSource, { highWaterMark: 0 });
  }

  /** Pipes as the stream itself would, and unlocks it at the end. */
  pipeTo(destination: WritableStream, ...options: [StreamPipeOptions?]): Promise<void> {
    const unlock = () => {
      // A read that waits is given up: its chunk stays in the stream, for whoever reads it next.
      this.#isOver = true;
      this.#reader.releaseLock();
    };
    return this.stream.pipeTo(destination, ...options).then(unlock, (error) => {
      unlock();
      throw error;
    });
  }

  /** An error of the stream, and its end, reach the other side also while that asks for nothing. */
  #follow(controller: Controller): void {
    this.#reader.closed.then(
      () => {
        this.#hasClosed = true;
        if (!this.#isReading) this.#close(controller);
      },
      (error) => this.#fail(controller, error),
    );
  }

  async #pull(controller: Controller): Promise<void> {
    this.#isReading = true;
    try {
      const { done, value } = await this.#reader.read();
      if (done) this.#close(controller);
      else if (!this.#isOver) {
        this.#web?.count(value);
        controller.enqueue(value);
        // The last chunk leaves after its stream has closed.
        if (this.#hasClosed) this.#close(controller);
      }
    } catch (error) {
      this.#fail(controller, error);
    } finally {
      this.#isReading = false;
    }
  }

  #close(controller: Controller): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#web?.complete();
    controller.close();
    // A reader that brought its own buffer waits until that is given back.
    if ('byobRequest' in controller) controller.byobRequest?.respond(0);
  }

  #fail(controller: Controller, error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#web?.fail(error);
    controller.error(error);
  }
}
