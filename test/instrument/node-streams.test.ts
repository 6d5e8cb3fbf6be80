import { once } from 'node:events';
import { type Duplex, PassThrough, Readable, Transform, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type AnyCall, withNotifies, withStartEnd } from '../../src/index.js';
import { record } from '../support/recorded.js';

const payload = ({ bytes, items, cancelled, phase }: AnyCall) => ({ bytes, items, cancelled, phase });
const CHUNK = Buffer.alloc(10_000, 'x');

/** Gives chunks on demand and remembers how often it was asked. */
class Counted extends Readable {
  reads = 0;
  #left: number;

  constructor(chunks: number, options = {}) {
    super({ highWaterMark: CHUNK.length, ...options });
    this.#left = chunks;
  }

  override _read(): void {
    this.reads += 1;
    this.#left -= 1;
    this.push(this.#left < 0 ? null : this.readableObjectMode ? { n: this.#left } : CHUNK);
  }
}

async function toldOf(stream: Readable, consume: (stream: Readable) => unknown): Promise<unknown[]> {
  const { told } = record();
  const download = withNotifies('image.download', () => stream, { payload: { end: payload, error: payload } });
  await consume(download());
  await turn();
  return (await told()).map((notification) => ({
    priority: notification.priority,
    ...(notification.payload as object),
  }));
}

const done = (bytes: number, items = 0) => [{ priority: 'INFO', bytes, items, cancelled: false, phase: 'end' }];
const cut = (bytes: number) => [{ priority: 'WARN', bytes, items: 0, cancelled: true, phase: 'end' }];
const THREE = 3 * CHUNK.length;

describe('a Node stream', () => {
  it.each<[string, (stream: Readable) => unknown]>([
    [
      'for await',
      async (stream) => {
        for await (const _ of stream);
      },
    ],
    ['flowing', (stream) => once(stream.resume(), 'end')],
    [
      'data listeners that come late',
      async (stream) => {
        await turn();
        stream.on('data', () => {});
        await once(stream, 'end');
      },
    ],
    [
      'paused reads',
      (stream) =>
        new Promise((resolve) =>
          stream
            .on('readable', () => {
              while (stream.read() !== null);
            })
            .on('end', resolve),
        ),
    ],
    [
      'reads of a size',
      (stream) =>
        new Promise((resolve) =>
          stream
            .on('readable', () => {
              while (stream.read(7) ?? stream.read());
            })
            .on('end', resolve),
        ),
    ],
    ['text in chunks', (stream) => text(stream.setEncoding('utf8'))],
    ['text in hexadecimal', (stream) => text(stream.setEncoding('hex'))],
    ['pipe', (stream) => once(stream.pipe(new PassThrough()).resume(), 'end')],
    [
      'pipeline',
      (stream) =>
        pipeline(stream, new PassThrough(), async (source) => {
          for await (const _ of source);
        }),
    ],
    [
      'Readable.toWeb',
      async (stream) => {
        for await (const _ of Readable.toWeb(stream));
      },
    ],
    [
      'compose',
      async (stream) => {
        for await (const _ of stream.compose(new PassThrough()) as unknown as Readable);
      },
    ],
    [
      'two pipes',
      async (stream) => {
        const ends = [1, 2].map(() => once(stream.pipe(new PassThrough()).resume(), 'end'));
        await Promise.all(ends);
      },
    ],
  ])('is counted whatever way it is read: %s', async (_, consume) => {
    expect(await toldOf(new Counted(3), consume)).toEqual(done(THREE));
  });

  it('of objects counts items, and leaving it early is no fault', async () => {
    const objects = () => new Counted(3, { objectMode: true, highWaterMark: 1 });
    expect(
      await toldOf(objects(), async (stream) => {
        for await (const _ of stream);
      }),
    ).toEqual(done(0, 3));
    const left = await toldOf(objects(), async (stream) => {
      for await (const _ of stream) break;
    });
    expect(left).toEqual([{ priority: 'INFO', bytes: 0, items: 1, cancelled: true, phase: 'end' }]);
    const taken = await toldOf(objects(), (stream) => stream.take(2).toArray());
    expect(taken).toEqual([{ priority: 'INFO', bytes: 0, items: 2, cancelled: true, phase: 'end' }]);
  });

  it.each<[string, (stream: Readable) => unknown, number]>([
    ['destroyed before a read', (stream) => stream.destroy(), 0],
    [
      'destroyed after a read',
      (stream) => {
        stream.once('data', () => stream.destroy());
      },
      CHUNK.length,
    ],
    [
      'aborted',
      (stream) => stream.on('error', () => {}).destroy(Object.assign(new Error(), { name: 'AbortError' })),
      0,
    ],
    ['cancelled as a Web stream', (stream) => Readable.toWeb(stream).cancel(), 0],
    [
      'its pipeline cut',
      (stream) => {
        const destination = new PassThrough();
        destination.once('data', () => destination.destroy());
        return pipeline(stream, destination).catch(() => {});
      },
      CHUNK.length,
    ],
    [
      'its only pipe closed',
      async (stream) => {
        const destination = stream.pipe(
          new Writable({
            highWaterMark: 1,
            write() {
              this.destroy();
            },
          }),
        );
        await once(destination, 'close');
      },
      CHUNK.length,
    ],
    [
      'its only pipe failed',
      async (stream) => {
        const destination = stream.pipe(
          new Writable({ highWaterMark: 1, write: (_c, _e, done) => done(new Error('full')) }),
        );
        await once(destination, 'error');
        await turn();
      },
      CHUNK.length,
    ],
    [
      'its only pipe ended by its owner',
      async (stream) => {
        const destination = stream.pipe(new Writable({ highWaterMark: 1, write: () => {} }));
        await once(stream, 'data');
        await new Promise<void>((resolve) => {
          destination.once('unpipe', () => resolve());
          destination.destroy();
        });
      },
      CHUNK.length,
    ],
  ])('is cancelled, with the bytes that left it, when %s', async (_, consume, bytes) => {
    const [first, ...rest] = (await toldOf(new Counted(100), consume)) as { bytes: number }[];
    expect(rest).toEqual([]);
    expect([first]).toEqual(cut(first?.bytes ?? -1));
    expect(first?.bytes).toBeGreaterThanOrEqual(bytes);
    expect(first?.bytes).toBeLessThan(10 * CHUNK.length);
  });

  it('says how far it came without a payload function too', async () => {
    const { told } = record();
    const stream = withNotifies('image.download', () => new Counted(100))();
    let seen = 0;
    stream.on('data', (chunk) => {
      seen += chunk.length;
      stream.destroy();
    });
    await once(stream, 'close');
    expect((await told())[0]).toMatchObject({ priority: 'WARN', payload: { bytes: seen } });
  });

  it('goes on when a pipe is taken off on purpose', async () => {
    const consume = async (stream: Readable) => {
      const first = stream.pipe(new PassThrough());
      stream.unpipe(first);
      await once(stream.pipe(new PassThrough()).resume(), 'end');
    };
    expect(await toldOf(new Counted(3), consume)).toEqual(done(THREE));
  });

  it('goes on when one of two pipes is cut', async () => {
    const stream = new PassThrough();
    const consume = async () => {
      const [cut, whole] = [stream.pipe(new PassThrough()), stream.pipe(new PassThrough())];
      stream.write(CHUNK);
      await turn();
      await once(cut.destroy(), 'close');
      stream.end(CHUNK);
      await once(whole.resume(), 'end');
    };
    expect(await toldOf(stream, consume)).toEqual(done(2 * CHUNK.length));
  });

  it('fails with its error, after what left it', async () => {
    const fault = new Error('disk');
    const stream = new Counted(100);
    let seen = 0;
    const told = toldOf(stream, async () => {
      stream.on('data', (chunk) => {
        seen += chunk.length;
        stream.destroy(fault);
      });
      expect(await once(stream, 'error').catch((error) => [error])).toEqual([fault]);
    });
    expect(await told).toEqual([{ priority: 'ERROR', bytes: seen, items: 0, cancelled: false, phase: 'error' }]);
  });

  it('that has ended, failed or was destroyed before it is returned is told at once', async () => {
    const ended = new Counted(0);
    await once(ended.resume(), 'end');
    const failed = new Counted(1).on('error', () => {}).destroy(new Error('disk'));
    const { summary } = record();
    const give = withNotifies('image.download', (stream: Readable) => stream);
    give(ended);
    give(failed);
    const closed = new Counted(1).destroy();
    await once(closed, 'close');
    give(closed);
    expect(await summary()).toEqual(['INFO image.download', 'ERROR image.download', 'WARN image.download']);
  });

  it('stays itself: class, fields, listeners, laziness and what is printed of it', async () => {
    record();
    const bare = new Counted(3);
    const stream = new Counted(3);
    const keys = Object.keys(stream);
    const printed = inspect(stream);
    expect(withStartEnd('image.download', () => stream)()).toBe(stream);
    expect(Object.getPrototypeOf(stream)).toBe(Counted.prototype);
    expect(Object.keys(stream)).toEqual(keys);
    expect(inspect(stream)).toBe(printed);
    expect(JSON.stringify(stream)).toBe(JSON.stringify(bare));
    expect(stream.eventNames()).toEqual(bare.eventNames());
    await turn();
    expect(stream.reads).toBe(0);
    for (const each of [stream, bare]) {
      each.read(1);
      await turn();
    }
    expect([stream.reads, stream.readableLength, stream.readableFlowing]).toEqual([
      bare.reads,
      bare.readableLength,
      bare.readableFlowing,
    ]);
  });

  it('holds back as much as without: a slow consumer is not run over', async () => {
    record();
    const highest = async (stream: Counted) => {
      let written = 0;
      const slow = new Writable({
        highWaterMark: 1,
        write: (_c, _e, next) => {
          written += 1;
          setTimeout(next, 1);
        },
      });
      stream.pipe(slow);
      while (written < 5) await turn();
      stream.destroy();
      return stream.reads - written;
    };
    const bare = await highest(new Counted(100));
    expect(await highest(withNotifies('image.download', () => new Counted(100))())).toBe(bare);
  });

  it('that is kept and returned again is instrumented once, and ends each call that returned it', async () => {
    const { told } = record();
    const kept = new Counted(3);
    const first = withStartEnd('a.first', () => kept, { payload });
    const second = withStartEnd('b.second', () => kept, { payload });
    first();
    first();
    const { emit } = kept;
    second();
    expect(kept.emit).toBe(emit);
    await once(kept.resume(), 'end');
    first();
    const notifications = await told();
    expect(notifications.map(({ eventType }) => eventType)).toEqual([
      'a.first.start',
      'a.first.start',
      'b.second.start',
      'a.first.end',
      'a.first.end',
      'b.second.end',
      'a.first.start',
      'a.first.end',
    ]);
    const ends = notifications.filter(({ eventType }) => eventType.endsWith('end'));
    expect(ends.map(({ payload }) => (payload as { bytes: number }).bytes)).toEqual([THREE, THREE, THREE, THREE]);
    expect(new Set(ends.map(({ context }) => context.operation_id)).size).toBe(4);
  });

  it('does not collect calls without end when it is returned without end', async () => {
    const { notifier } = record();
    const endless = new PassThrough();
    const give = withNotifies('image.events', () => endless);
    for (let n = 0; n < 1_010; n += 1) give();
    expect(notifier.stats().drivers.memory?.accepted).toBe(10);
  });

  it('ends with `completes: return` when it is returned', async () => {
    const { told } = record();
    const give = withNotifies('image.download', async () => new Counted(3), { completes: 'return', payload });
    const stream = await give();
    expect(Object.hasOwn(stream, 'emit')).toBe(false);
    stream.destroy();
    expect((await told()).map(({ payload }) => payload)).toEqual([
      { bytes: 0, items: 0, cancelled: false, phase: 'end' },
    ]);
  });

  it('that is frozen is a value like any other', async () => {
    const { summary } = record();
    withNotifies('image.download', () => Object.freeze(new Counted(1)))();
    expect(await summary()).toEqual(['INFO image.download']);
  });

  it('gives no stream as a payload', async () => {
    const { told } = record();
    const stream = withNotifies('image.download', () => new Counted(1), { payload: 'result' })();
    await once(stream.resume(), 'end');
    expect((await told()).map(({ payload }) => payload)).toEqual([{}]);
  });

  it('is a Duplex that ends on its readable side, and is not what can only be written', async () => {
    const upper = () => new Transform({ transform: (chunk, _, next) => next(null, String(chunk).toUpperCase()) });
    const duplex = upper();
    expect(
      await toldOf(duplex, (stream) => {
        (stream as Duplex).end('abc');
        return text(stream);
      }),
    ).toEqual(done(3));
  });
});
