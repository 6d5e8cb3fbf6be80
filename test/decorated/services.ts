// Compiled under both decorator standards; the API is passed in, so that the tests and this use the same copy of it.
import type * as tidings from '../../src/index.js';

type Api = Pick<typeof tidings, 'Notifies' | 'StartEnd' | 'notifyAbout'>;
type CallOf<F, Self = unknown> = tidings.CallOf<F, Self>;

export interface Image {
  id: string;
  name: string;
}

/** Another decorator, as frameworks have them: marks the function. */
// biome-ignore lint/suspicious/noExplicitAny: works under both standards.
function mark(value: string): any {
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  return (target: any, _context: unknown, descriptor?: PropertyDescriptor) => {
    const fn = descriptor?.value ?? target;
    fn.marks = [...(fn.marks ?? []), value];
  };
}

export function defineServices({ Notifies, StartEnd, notifyAbout }: Api) {
  const NO_RESULT = { payload: 'result' } as const;

  class ImageService {
    readonly greeting = 'hello';

    @Notifies('image.update', {
      payload: (call: CallOf<ImageService['update'], ImageService>) => ({
        id: call.args[0],
        name: call.result.name,
        greeting: call.self.greeting,
        phase: call.phase,
      }),
    })
    update(id: string, name = 'unnamed'): Image {
      return { id, name };
    }

    @Notifies('image.fetch', NO_RESULT)
    async fetch(id: string): Promise<Image> {
      await new Promise((resolve) => setImmediate(resolve));
      return { id, name: 'fetched' };
    }

    @Notifies('image.prepare', {
      at: 'start',
      payload: (call: CallOf<ImageService['prepare']>) => ({ id: call.args[0] }),
    })
    async prepare(id: string): Promise<string> {
      notifyAbout.info('image.inside', { id });
      return id;
    }

    @Notifies('image.any')
    any<R>(body: (this: ImageService) => R): R {
      return body.call(this);
    }

    @StartEnd('task.run')
    run<R>(body: (this: ImageService) => R): R {
      return body.call(this);
    }

    @Notifies('image.list')
    *list<T, R>(body: (this: ImageService) => Generator<T, R, unknown>): Generator<T, R, unknown> {
      return yield* body.call(this);
    }

    @StartEnd('task.steps')
    *steps<T, R>(body: (this: ImageService) => Generator<T, R, unknown>): Generator<T, R, unknown> {
      return yield* body.call(this);
    }

    @Notifies('image.follow')
    async *follow<T, R>(body: (this: ImageService) => AsyncGenerator<T, R, unknown>): AsyncGenerator<T, R, unknown> {
      return yield* body.call(this);
    }

    @StartEnd('task.progress')
    async *progress<T, R>(body: (this: ImageService) => AsyncGenerator<T, R, unknown>): AsyncGenerator<T, R, unknown> {
      return yield* body.call(this);
    }

    @StartEnd(
      { start: 'image.begin', end: 'image.upload' },
      {
        payload: {
          start: (call: CallOf<ImageService['upload']>) => ({ begins: call.args[0] }),
          end: (call: CallOf<ImageService['upload']>) => ({ ended: call.result.id }),
          error: (call: CallOf<ImageService['upload']>) => ({ failed: (call.error as Error).message }),
        },
      },
    )
    async upload(id: string, fail = false): Promise<Image> {
      if (fail) throw new Error('no space left');
      return { id, name: 'uploaded' };
    }

    @mark('outer')
    @Notifies('image.marked')
    @mark('inner')
    marked(): string {
      return 'marked';
    }

    @Notifies('image.static')
    static count(...ids: string[]): number {
      return ids.length;
    }

    @Notifies('image.symbol')
    [Symbol.for('image.list')](): string[] {
      return [];
    }

    @Notifies('outer.event')
    @StartEnd('inner.event')
    twice(): string {
      return 'twice';
    }

    bareUpdate(id: string, name = 'unnamed'): Image {
      return { id, name };
    }
  }

  class SubService extends ImageService {
    override update(id: string, name?: string): Image {
      return { ...super.update(id, name), id: `sub-${id}` };
    }
  }

  return { ImageService, SubService };
}
