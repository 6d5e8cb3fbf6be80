// What `withNotifies` and `withStartEnd` infer. Compiled by several compilers.
import { type CallOf, withNotifies, withStartEnd } from 'tidings';

interface Image {
  readonly id: string;
  readonly size: number;
}

class Images {
  readonly prefix = 'i-';
}

// Arguments and result flow into every callback.
export const get = withNotifies('image.get', (id: string, size = 1): Image => ({ id, size }), {
  payload: (call) => ({ id: call.args[0].toUpperCase(), size: call.result.size.toFixed() }),
  when: (call) => call.args[1] !== 0 && call.result.id !== '',
});
export const getLater = withStartEnd('image.get', async (id: string): Promise<Image> => ({ id, size: 1 }), {
  payload: {
    start: (call) => ({ id: call.args[0].toUpperCase() }),
    end: (call) => ({ size: call.result.size.toFixed() }),
    error: (call) => ({ id: call.args[0].toUpperCase(), error: call.error }),
  },
});
export const bound = withNotifies(
  'image.bound',
  function (this: Images, id: string) {
    return this.prefix + id;
  },
  { payload: (call) => ({ prefix: call.self.prefix.length, id: call.result.length }) },
);
const got: Image = get('i');
const gotLater: Promise<Image> = getLater('i');
export const all = [got, gotLater, bound.call(new Images(), 'i')];

// Generics and overloads survive.
function firstOf<T>(list: readonly T[]): T | undefined {
  return list[0];
}
const first = withNotifies('list.first', firstOf);
export const one: number | undefined = first([1, 2]);
export const text: string | undefined = first(['a']);
function find(id: string): Image;
function find(id: string, later: true): Promise<Image>;
function find(id: string, later?: true): Image | Promise<Image> {
  return later ? Promise.resolve({ id, size: 0 }) : { id, size: 0 };
}
const found = withStartEnd('image.find', find, { payload: (call: CallOf<typeof find>) => ({ id: call.result.id }) });
export const foundNow: Image = found('i');
export const foundLater: Promise<Image> = found('i', true);

// @ts-expect-error the result is no promise
export const notLater: Promise<Image> = get('i');
// @ts-expect-error the argument is a text
get(7);
// @ts-expect-error the other overload
export const notNow: Image = found('i', true);
// @ts-expect-error `this` is an Images
bound('i');
// @ts-expect-error a text has no `size`
withNotifies('text.get', (id: string) => id, { payload: (call) => call.result.size });
// @ts-expect-error there is one argument
withNotifies('text.get', (id: string) => id, { payload: (call) => call.args[1] });
// @ts-expect-error the argument is a text
withStartEnd('text.get', async (id: string) => id, { payload: { start: (call) => call.args[0].toFixed() } });
// @ts-expect-error the call of another function
withNotifies('text.get', (id: string) => id, { payload: (call: CallOf<typeof get>) => call.result });
// @ts-expect-error no function
withNotifies('image.get', 7);
