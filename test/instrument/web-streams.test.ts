import { Duplex, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { UnderlyingSource } from 'node:stream/web';
import { setImmediate as turn } from 'node:timers/promises';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type AnyCall, withNotifies, withStartEnd } from '../../src/index.js';
import { record } from '../support/recorded.js';

const payload = ({ bytes, items, cancelled }: AnyCall) => ({ bytes, items, cancelled });
const fault = new Error('disk');
const CHUNK = new Uint8Array(1_000);

interface Source {
  readonly stream: ReadableStream;
  pulls: number;
  cancelled: unknown[];
}

/** Gives chunks on demand, and remembers what it was asked for. */
function source(chunks: unknown[], { type, fails = false }: { type?: 'bytes'; fails?: boolean } = {}): Source {
  const left = [...chunks];
  const made: Source = {
    pulls: 0,
    cancelled: [],
    stream: new ReadableStream(
      {
        ...(type && { type }),
        pull(controller: ReadableByteStreamController & ReadableStreamDefaultController) {
          made.pulls += 1;
          if (left.length > 0) controller.enqueue(left.shift() as Uint8Array<ArrayBuffer>);
          else if (fails) controller.error(fault);
          else {
            controller.close();
            controller.byobRequest?.respond(0);
          }
        },
        cancel: (reason: unknown) => void made.cancelled.push(reason),
      } as unknown as UnderlyingSource,
      { highWaterMark: 0 },
    ),
  };
  return made;
}

const three = (type?: 'bytes') => source([CHUNK.slice(), CHUNK.slice(), CHUNK.slice()], type && { type });

async function toldOf(stream: ReadableStream, consume: (stream: ReadableStream) => unknown): Promise<unknown[]> {
  const { told } = record();
  const download = withNotifies('image.download', () => stream, { payload: { end: payload, error: payload } });
  await consume(download());
  await turn();
  return (await told()).map((each) => [each.priority, each.payload]);
}

const done = [['INFO', { bytes: 3_000, items: 0, cancelled: false }]];
const sink = (write: () => unknown = () => {}) => new WritableStream({ write: async () => void (await write()) });
const readAll = async (stream: ReadableStream) => {
  const reader = stream.getReader();
  while (!(await reader.read()).done);
};
const fromWeb = (stream: ReadableStream) => Readable.fromWeb(stream as Parameters<typeof Readable.fromWeb>[0]);
const drain = async (stream: ReadableStream) => {
  for await (const _ of stream);
};

describe.each([undefined, 'bytes'] as const)('a Web stream of type %s', (type) => {
  it.each<[string, (stream: ReadableStream) => unknown]>([
    ['a reader', readAll],
    [
      'a reader that does not wait for the end',
      async (stream) => {
        const reader = stream.getReader();
        for (let n = 0; n < 3; n += 1) await reader.read();
        await reader.read();
      },
    ],
    [
      'reads without waiting',
      async (stream) => {
        const reader = stream.getReader();
        await Promise.all([1, 2, 3, 4].map(() => reader.read()));
      },
    ],
    [
      'two readers',
      async (stream) => {
        const reader = stream.getReader();
        await reader.read();
        reader.releaseLock();
        await readAll(stream);
      },
    ],
    ['for await', drain],
    [
      'values() that keeps it',
      async (stream) => {
        for await (const _ of stream.values({ preventCancel: true })) break;
        await readAll(stream);
      },
    ],
    ['pipeTo', (stream) => stream.pipeTo(sink())],
    ['pipeThrough', (stream) => drain(stream.pipeThrough(new TransformStream()))],
    ['tee, both read', (stream) => Promise.all(stream.tee().map(drain))],
    [
      'tee, one left',
      async (stream) => {
        const [kept, left] = stream.tee();
        void left.cancel();
        await drain(kept);
      },
    ],
    ['Readable.fromWeb', (stream) => text(fromWeb(stream))],
    [
      'Duplex.fromWeb',
      (readable) => text(Duplex.fromWeb({ readable, writable: sink() } as Parameters<typeof Duplex.fromWeb>[0])),
    ],
    [
      'Readable.fromWeb after a reader',
      async (stream) => {
        const reader = stream.getReader();
        await reader.read();
        reader.releaseLock();
        await text(fromWeb(stream));
      },
    ],
    ['a Response around it', (stream) => new Response(stream).arrayBuffer()],
  ])('is counted when it is read by %s', async (_, consume) => {
    expect(await toldOf(three(type).stream, consume)).toEqual(done);
  });

  it.each<[string, (stream: ReadableStream) => unknown, number]>([
    ['cancelled', (stream) => stream.cancel('r'), 0],
    [
      'cancelled by its reader',
      async (stream) => {
        const reader = stream.getReader();
        await reader.read();
        await reader.cancel('r');
      },
      1_000,
    ],
    [
      'left by a loop',
      async (stream) => {
        for await (const _ of stream) break;
      },
      1_000,
    ],
    [
      'left by a loop over Readable.fromWeb',
      async (stream) => {
        for await (const _ of fromWeb(stream)) break;
      },
      1_000,
    ],
    ['tee, both cancelled', (stream) => Promise.all(stream.tee().map((branch) => branch.cancel('r'))), 0],
    [
      'piped to what is aborted',
      (stream) => stream.pipeTo(sink(), { signal: AbortSignal.abort('r') }).catch(() => {}),
      0,
    ],
    ['piped to what fails', (stream) => stream.pipeTo(sink(() => Promise.reject(fault))).catch(() => {}), 1_000],
  ])('is cancelled with the bytes that left it when it is %s', async (_, consume, bytes) => {
    const { stream, cancelled } = three(type);
    const told = (await toldOf(stream, consume)) as [string, { bytes: number }][];
    // Before the first chunk nothing tells that a stream without a byte source gives bytes.
    const priority = type === 'bytes' || bytes > 0 ? 'WARN' : 'INFO';
    expect(told).toEqual([[priority, { bytes: expect.any(Number), items: 0, cancelled: true }]]);
    expect(told[0]?.[1].bytes).toBeGreaterThanOrEqual(bytes);
    expect(told[0]?.[1].bytes).toBeLessThan(3_000);
    expect(cancelled.length).toBe(1);
  });

  it.each<[string, (stream: ReadableStream) => Promise<unknown>]>([
    ['a reader', readAll],
    ['a loop', drain],
    ['a pipe', (stream) => stream.pipeTo(sink())],
    ['a transform', (stream) => drain(stream.pipeThrough(new TransformStream()))],
    ['a tee', (stream) => Promise.all(stream.tee().map(drain))],
    ['Readable.fromWeb', (stream) => text(fromWeb(stream))],
  ])('fails for %s with its own error', async (_, consume) => {
    const { stream } = source([CHUNK.slice()], { ...(type && { type }), fails: true });
    const failed = [['ERROR', { bytes: 1_000, items: 0, cancelled: false }]];
    expect(await toldOf(stream, (each) => expect(consume(each)).rejects.toBe(fault))).toEqual(failed);
  });

  it('pulls no more than without', async () => {
    record();
    const traces = await Promise.all(
      [(stream: ReadableStream) => stream, withStartEnd('image.download', (stream: ReadableStream) => stream)].map(
        async (give) => {
          const pulls: number[] = [];
          for (const consume of [
            () => {},
            (stream: ReadableStream) => stream.getReader().read(),
            (stream: ReadableStream) => void stream.tee(),
            (stream: ReadableStream) => void stream.tee()[0].getReader().read(),
            (stream: ReadableStream) => void stream.pipeTo(new WritableStream({ write: () => new Promise(() => {}) })),
            (stream: ReadableStream) => void stream.pipeThrough(new TransformStream()),
            (stream: ReadableStream) => void stream.values(),
            (stream: ReadableStream) => void fromWeb(stream),
            (stream: ReadableStream) =>
              void Readable.fromWeb(stream as Parameters<typeof Readable.fromWeb>[0], { highWaterMark: 1 }).read(0),
          ]) {
            const made = three(type);
            await consume(give(made.stream));
            for (let n = 0; n < 10; n += 1) await turn();
            pulls.push(made.pulls);
          }
          return pulls;
        },
      ),
    );
    expect(traces[1]).toEqual(traces[0]);
  });

  it('is locked and unlocked as without', async () => {
    record();
    const trace = async (give: (stream: ReadableStream) => ReadableStream) => {
      const locks: unknown[] = [];
      const stream = give(three(type).stream);
      locks.push(stream.locked);
      const reader = stream.getReader();
      locks.push(stream.locked);
      locks.push(await stream.cancel().catch((error) => error.name));
      locks.push(await stream.pipeTo(sink()).catch((error) => error.name));
      for (const use of [
        () => stream.tee(),
        () => stream.getReader(),
        () => stream.pipeThrough(new TransformStream()),
      ]) {
        try {
          use();
        } catch (error) {
          locks.push((error as Error).name);
        }
      }
      const waiting = stream.locked && reader.closed.catch((error) => error.name);
      reader.releaseLock();
      locks.push(await waiting, await reader.read().catch((error) => error.name), stream.locked);
      locks.push(await stream.pipeTo(1 as unknown as WritableStream).catch((error) => error.name), stream.locked);
      for (const wrong of [undefined, {}, { readable: 1, writable: 2 }]) {
        try {
          stream.pipeThrough(wrong as unknown as TransformStream);
        } catch (error) {
          locks.push((error as Error).name);
        }
      }
      try {
        stream.pipeThrough(new TransformStream(), { signal: 1 as unknown as AbortSignal });
      } catch (error) {
        locks.push((error as Error).name);
      }
      locks.push(stream.locked);
      // A failed destination leaves the rest to the next reader, the chunk that was on its way included.
      const failing = sink(() => Promise.reject(fault));
      locks.push(
        await stream.pipeTo(failing, { preventCancel: true }).catch((error) => error === fault),
        stream.locked,
      );
      let rest = 0;
      for await (const chunk of stream) rest += (chunk as Uint8Array).length;
      locks.push(rest, stream.locked);
      return locks;
    };
    const bare = await trace((stream) => stream);
    expect(await trace(withStartEnd('image.download', (stream: ReadableStream) => stream))).toEqual(bare);
  });
});

describe('a Web stream', () => {
  it('with a byte source takes the buffers of its readers, also after a tee', async () => {
    const byob = async (stream: ReadableStream) => {
      const reader = stream.getReader({ mode: 'byob' });
      let all = 0;
      for (;;) {
        const { done, value } = await reader.read(new Uint8Array(700));
        all += value?.byteLength ?? 0;
        if (done) return expect(all).toBe(3_000);
      }
    };
    expect(await toldOf(three('bytes').stream, byob)).toEqual(done);
    expect(await toldOf(three('bytes').stream, (stream) => Promise.all(stream.tee().map(byob)))).toEqual(done);
  });

  it('of objects counts items', async () => {
    const objects = () => source([{ n: 1 }, { n: 2 }]).stream;
    expect(await toldOf(objects(), drain)).toEqual([['INFO', { bytes: 0, items: 2, cancelled: false }]]);
    const leave = async (stream: ReadableStream) => {
      for await (const _ of stream) break;
    };
    expect(await toldOf(objects(), leave)).toEqual([['INFO', { bytes: 0, items: 1, cancelled: true }]]);
  });

  it('stays itself, and is told when the last chunk has left, before anybody asks for more', async () => {
    const { told } = record();
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(CHUNK);
        controller.close();
      },
    });
    const printed = inspect(stream);
    expect(withNotifies('image.download', () => stream, { payload })()).toBe(stream);
    expect([inspect(stream), Object.keys(stream), Object.getPrototypeOf(stream)]).toEqual([
      printed,
      [],
      ReadableStream.prototype,
    ]);
    const reader = stream.getReader();
    expect(Object.keys(reader)).toEqual([]);
    await reader.read();
    await turn();
    expect((await told()).map(({ payload }) => payload)).toEqual([{ bytes: 1_000, items: 0, cancelled: false }]);
  });

  it('that refuses to be cancelled, since it is locked, goes on', async () => {
    const refuse = async (stream: ReadableStream) => {
      const reader = stream.getReader();
      await expect(stream.cancel()).rejects.toThrow(TypeError);
      reader.releaseLock();
      await readAll(stream);
    };
    expect(await toldOf(three().stream, refuse)).toEqual(done);
  });

  it('whose pipe was aborted while it waited for a chunk gives that to the next reader', async () => {
    let give: ReadableStreamDefaultController | undefined;
    const stream = new ReadableStream({
      start(controller) {
        give = controller;
      },
    });
    const consume = async () => {
      const cutting = new AbortController();
      const piped = stream.pipeTo(sink(), { preventCancel: true, preventAbort: true, signal: cutting.signal });
      await turn();
      cutting.abort(fault);
      await expect(piped).rejects.toBe(fault);
      give?.enqueue(CHUNK);
      give?.close();
      await readAll(stream);
    };
    expect(await toldOf(stream, consume)).toEqual([['INFO', { bytes: 1_000, items: 0, cancelled: false }]]);
  });

  it('is told when its last chunk has gone into a pipe, whatever becomes of it there', async () => {
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(CHUNK);
        controller.close();
      },
    });
    const consume = (each: ReadableStream) => {
      void each.pipeTo(sink(() => new Promise(() => {})));
      return turn();
    };
    expect(await toldOf(stream, consume)).toEqual([['INFO', { bytes: 1_000, items: 0, cancelled: false }]]);
  });

  it.each(['error', 'close'] as const)('passes its %s on to a destination that takes nothing yet', async (what) => {
    const seen: unknown[] = [];
    let give: ReadableStreamDefaultController | undefined;
    const stream = new ReadableStream({
      start(controller) {
        give = controller;
      },
    });
    const full = new WritableStream(
      { abort: (reason) => void seen.push(reason), close: () => void seen.push('closed') },
      { highWaterMark: 0 },
    );
    const told = await toldOf(stream, async () => {
      const piped = stream.pipeTo(full).catch(() => {});
      await turn();
      if (what === 'error') give?.error(fault);
      else give?.close();
      await piped;
    });
    expect(seen).toEqual([what === 'error' ? fault : 'closed']);
    expect(told.length).toBe(1);
  });

  it('that is locked when it is returned is complete: whoever holds it reads it unseen', async () => {
    const { summary } = record();
    const { stream } = three();
    stream.getReader();
    withNotifies('image.download', () => stream)();
    expect(await summary()).toEqual(['INFO image.download']);
  });

  it('hides no rejection that nobody handles', async () => {
    record();
    const seen: unknown[] = [];
    const others = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    process.on('unhandledRejection', (reason) => void seen.push(reason));
    const failing = () => withNotifies('image.download', () => source([], { fails: true }).stream)();
    void failing().getReader().read();
    void failing().pipeTo(sink());
    failing().pipeThrough(new TransformStream());
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.removeAllListeners('unhandledRejection');
    for (const listener of others) process.on('unhandledRejection', listener);
    expect(seen).toEqual([fault, fault]);
  });
});
