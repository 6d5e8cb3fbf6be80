// What the method decorators accept and refuse. Compiled by several compilers, under both decorator standards.
import { type Call, type CallOf, Notifies, SkipNotifications, StartEnd } from 'tidings';

export interface Image {
  readonly id: string;
  readonly size: number;
}

class Store {
  readonly path = '/images';
}

export class Images {
  readonly greeting = 'hello';

  @Notifies('image.sync', { payload: (call: CallOf<Images['sync']>) => ({ id: call.args[0], size: call.result.size }) })
  sync(id: string, _size?: number): Image {
    return { id, size: 1 };
  }

  @StartEnd('image.later', {
    payload: {
      start: (call: CallOf<Images['later']>) => ({ ids: call.args.map((id) => id.toUpperCase()) }),
      end: (call: CallOf<Images['later'], Images>) => ({ size: call.result.size, from: call.self.greeting }),
      error: (call: CallOf<Images['later']>) => ({ error: call.error }),
    },
    when: (call) => call.durationMs >= 0,
  })
  async later(...ids: string[]): Promise<Image> {
    return { id: ids.join(), size: 2 };
  }

  @Notifies('image.generic', { payload: (call: CallOf<Images['generic']>) => ({ id: call.result.id }) })
  generic<T extends Image>(image: T, change: (image: T) => T): T {
    return change(image);
  }

  overloaded(id: string): Image;
  overloaded(id: string, size: number): Promise<Image>;
  @Notifies('image.overloaded', {
    payload: (call: CallOf<Images['overloaded']>) => ({ size: call.args[1], id: call.result.id }),
  })
  overloaded(id: string, size?: number): Image | Promise<Image> {
    return size === undefined ? { id, size: 0 } : Promise.resolve({ id, size });
  }

  @StartEnd('image.counted', {
    payload: (call: CallOf<(typeof Images)['count'], typeof Images>) => ({ of: call.self.name, ids: call.args[0] }),
  })
  static count(ids: readonly string[]): number {
    return ids.length;
  }

  @Notifies('image.chained', { payload: (call: CallOf<Images['chained']>) => ({ greeting: call.result.greeting }) })
  chained(): this {
    return this;
  }

  find(id: string): Image;
  find(size: number): Promise<string>;
  @StartEnd('image.found', { payload: (call: CallOf<Images['find']>) => ({ text: call.result.length }) })
  find(key: string | number): Image | Promise<string> {
    return typeof key === 'string' ? { id: key, size: 0 } : Promise.resolve('found');
  }

  @Notifies('image.optional', { payload: (call: CallOf<Images['maybe']>) => ({ id: call.result?.id }) })
  maybe(id?: string): Promise<Image | undefined> | undefined {
    return id === undefined ? undefined : Promise.resolve(undefined);
  }

  @Notifies('image.iterated')
  *iterate(): Generator<Image, number, string> {
    const id = yield { id: 'i', size: 0 };
    return id.length;
  }

  @Notifies('image.removed', { payload: (call: CallOf<Images['remove']>) => ({ id: call.args[0] }) })
  private remove(id: string): void {
    this.guarded(id);
  }

  @Notifies('image.guarded')
  protected guarded(id: string): void {
    if (id === '') this.remove(id);
  }

  // Callbacks that nobody annotated may read everything; ones that ask for less than the method gives are fine.
  @Notifies('image.loose', { payload: (call) => ({ id: call.args[0].anything, error: call.error }) })
  loose(id: string): string {
    return id;
  }

  @Notifies('image.wide', { payload: (call: Call<[id: string | number], unknown>) => ({ id: call.args[0] }) })
  wide(id: string): Image {
    return { id, size: 0 };
  }

  @SkipNotifications()
  @Notifies('image.twice')
  @StartEnd({ start: 'image.begin', end: 'image.done' })
  twice(): number {
    return 2;
  }
}

export class Repository<T, K extends string> {
  // biome-ignore lint/suspicious/noExplicitAny: what the type parameters of a generic class are annotated with.
  @Notifies('repository.get', { payload: (call: CallOf<Repository<any, any>['get']>) => ({ key: call.args[0] }) })
  get(_key: K): T | undefined {
    return undefined;
  }

  // biome-ignore lint/suspicious/noExplicitAny: as above.
  @StartEnd('repository.put', { payload: (call: CallOf<Repository<any, any>['put']>) => ({ put: call.result.id }) })
  async put(_key: K, value: T): Promise<T> {
    return value;
  }

  @StartEnd('repository.swap', { payload: (call) => ({ key: call.args[0] }) })
  async swap(_key: K, value: T): Promise<T> {
    return value;
  }

  @Notifies('repository.has', {
    payload: (call: CallOf<Repository<unknown, string>['has']>) => ({ key: call.args[0] }),
  })
  has(_key: string): boolean {
    return true;
  }
}

// What is decorated keeps its type.
const images = new Images();
export const sync: Image = images.sync('i');
export const later: Promise<Image> = images.later('i', 'j');
export const generic: Image & { readonly tag: 't' } = images.generic({ id: 'i', size: 1, tag: 't' }, (image) => image);
export const overloadedSync: Image = images.overloaded('i');
export const overloadedAsync: Promise<Image> = images.overloaded('i', 2);
export const counted: number = Images.count(['i']);
export const iterated: Generator<Image, number, string> = images.iterate();
export class MoreImages extends Images {
  readonly more = true;
  override twice(): number {
    return super.twice();
  }
}
export const chained: MoreImages = new MoreImages().chained();
// @ts-expect-error the second overload returns a promise
export const overloadedWrong: Image = images.overloaded('i', 2);
// @ts-expect-error the argument is a text
images.sync(7);
// @ts-expect-error it stays private
images.remove('i');

// What composes decorators, as Nest's applyDecorators does, takes ours.
export const composed: MethodDecorator[] = [
  Notifies('image.composed'),
  StartEnd('image.composed'),
  SkipNotifications(),
];

// A payload function of another method is refused, whatever it differs in.
export class Wrong {
  // @ts-expect-error another type of argument
  @Notifies('wrong.argument', { payload: (call: CallOf<Images['sync']>) => call.args[0] })
  argument(_id: number): Image {
    return { id: 'i', size: 0 };
  }

  // @ts-expect-error the payload function reads an argument that the method does not have
  @Notifies('wrong.arity', { payload: (call: Call<[id: string, size: number], Image>) => call.args[1] })
  arity(id: string): Image {
    return { id, size: 0 };
  }

  // @ts-expect-error the payload function understands fewer texts than the method takes
  @StartEnd('wrong.narrow', { payload: (call: Call<[id: 'a' | 'b'], Image>) => call.args[0] })
  narrow(id: string): Image {
    return { id, size: 0 };
  }

  // @ts-expect-error another result
  @Notifies('wrong.result', { payload: (call: Call<[id: string], Image>) => call.result.size })
  result(id: string): { readonly id: string } {
    return { id };
  }

  // @ts-expect-error another result in the promise
  @StartEnd('wrong.promise', { payload: { end: (call: Call<[id: string], Image>) => call.result.size } })
  async promise(id: string): Promise<string> {
    return id;
  }

  // @ts-expect-error `self` is of another class
  @Notifies('wrong.self', { payload: (call: Call<[], void, Store>) => call.self.path })
  self(): void {}

  // @ts-expect-error `self` is of a class that only some of the objects are of
  @Notifies('wrong.subclass', { payload: (call: Call<[], void, MoreWrong>) => call.self.more })
  subclass(): void {}

  // @ts-expect-error `self` of a static method is the class
  @Notifies('wrong.static', { payload: (call: Call<[], void, Store>) => call.self.path })
  static self(): void {}

  // @ts-expect-error in `when` and in a pair's phases too
  @Notifies('wrong.when', { when: (call: CallOf<Images['sync']>) => call.args[0] === '' })
  when(_id: number): Image {
    return { id: 'i', size: 0 };
  }
}

class MoreWrong extends Wrong {
  readonly more = true;
}

// @ts-expect-error a class is no method
@Notifies('wrong.class')
export class WrongKinds {
  // @ts-expect-error a property is no method
  @Notifies('wrong.property')
  property = 1;

  // @ts-expect-error nor is one that holds a function
  @StartEnd('wrong.function')
  fn = () => 1;

  // @ts-expect-error nor is a static one
  @StartEnd('wrong.function')
  static fn = () => 1;

  // @ts-expect-error an accessor is no method
  @StartEnd('wrong.getter')
  get getter(): number {
    return 1;
  }

  // @ts-expect-error nor is one that only sets
  @Notifies('wrong.setter')
  set setter(_value: number) {}

  // @ts-expect-error there are no notifications to skip in a property
  @SkipNotifications()
  skipped = 1;

  // @ts-expect-error nor in an accessor
  @SkipNotifications()
  get skippedToo(): number {
    return 1;
  }
}

// @ts-expect-error an event type is a text
Notifies(7);
// @ts-expect-error no such priority
Notifies('image.update', { priority: 'LOUD' });
// @ts-expect-error a pair has a start
StartEnd({ end: 'image.upload' });
// @ts-expect-error a pair is not told at one of its ends
StartEnd('image.upload', { at: 'start' });
