import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../src/index.js';
import { notifyAbout } from '../../src/index.js';
import { record } from '../support/recorded.js';

/** What a consumer gets for a payload. */
async function received(payload: unknown): Promise<JsonValue | undefined> {
  const { told } = record();
  notifyAbout('payload.test', () => payload);
  return (await told())[0]?.payload;
}

class Entity {
  readonly id = 'e1';
  #hidden = 'x';
  get computed(): string {
    return this.#hidden;
  }
}

const cyclic: Record<string, unknown> = { name: 'cycle' };
cyclic.self = cyclic;
cyclic.list = [cyclic];
const shared = { n: 1 };
const deep = Array.from({ length: 100 }).reduce<unknown>((inner) => ({ inner }), 'bottom');
const revoked = Proxy.revocable({}, {});
revoked.revoke();

const CASES: Record<string, [unknown, unknown]> = {
  undefined: [undefined, {}],
  null: [null, null],
  'a text': ['upload failed', 'upload failed'],
  'an Error': [new TypeError('boom'), 'boom'],
  'an Error without a message': [new TypeError(''), 'TypeError'],
  'an Error inside': [
    { error: new RangeError('out', { cause: 'why' }) },
    { error: { name: 'RangeError', message: 'out', cause: 'why' } },
  ],
  'a cycle': [cyclic, { name: 'cycle', self: '[circular]', list: ['[circular]'] }],
  'the same object twice': [
    [shared, shared],
    [{ n: 1 }, { n: 1 }],
  ],
  'a BigInt': [{ size: 9007199254740993n }, { size: '9007199254740993' }],
  'a BigInt of a million digits': [{ size: 1n << 4_000_000n }, { size: '[too large]' }],
  'a Date': [
    { at: new Date(0), never: new Date(Number.NaN) },
    { at: '1970-01-01T00:00:00.000Z', never: null },
  ],
  'a Map': [{ m: new Map([['a', { b: 1 }]]) }, { m: { a: { b: 1 } } }],
  'a Map with other keys': [new Map([[shared, 1]]), [[{ n: 1 }, 1]]],
  'a Set': [new Set([1, 'two']), [1, 'two']],
  'a Buffer': [{ b: Buffer.from('tidings') }, { b: 'dGlkaW5ncw==' }],
  'a typed array': [{ b: new Uint16Array([1, 2]) }, { b: 'AQACAA==' }],
  'numbers JSON has not': [
    [Number.NaN, Number.POSITIVE_INFINITY, -0],
    [null, null, 0],
  ],
  'what JSON leaves out': [
    { f: () => 1, s: Symbol('s'), u: undefined, list: [undefined, () => 1] },
    { list: [null, null] },
  ],
  'boxed primitives': [
    [Object('a'), Object(1), Object(true)],
    ['a', 1, true],
  ],
  'a toJSON': [{ toJSON: () => ({ as: 'json' }) }, { as: 'json' }],
  'a toJSON that throws': [
    {
      inner: {
        secret: 's',
        toJSON() {
          throw new Error('no');
        },
      },
    },
    { inner: '[unreadable]' },
  ],
  'a getter that throws': [
    {
      ok: 1,
      get bad(): never {
        throw new Error('no');
      },
    },
    { ok: 1, bad: '[unreadable]' },
  ],
  'an entity': [new Entity(), { id: 'e1' }],
  'a lone surrogate': [{ 'k\ud800': 'v\udfff' }, { 'k\ufffd': 'v\ufffd' }],
  'a key that is __proto__': [JSON.parse('{"__proto__":{"polluted":1}}'), JSON.parse('{"__proto__":{"polluted":1}}')],
  'a revoked proxy': [{ p: revoked.proxy }, { p: '[unreadable]' }],
  'a revoked proxy as the payload': [revoked.proxy, '[unreadable]'],
  'a URL': [{ url: new URL('http://user:hunter2@host/path') }, { url: 'http://user:***@host/path' }],
  'a regular expression': [{ r: /a+/g }, { r: '/a+/g' }],
  'a null prototype': [Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
  'a promise': [{ p: Promise.resolve(1) }, { p: {} }],
};

describe('a payload arrives as a consumer would parse it', () => {
  it.each(Object.entries(CASES))('%s', async (_, [payload, expected]) => {
    expect(await received(payload)).toStrictEqual(expected);
  });

  it('cut off where it is too deep', async () => {
    expect(JSON.stringify(await received(deep))).toMatch(/^(\{"inner":){32}"\[too deep\]"\}{32}$/);
  });

  it('as it was when it was told', async () => {
    const { told } = record();
    const image = { name: 'before', tags: ['a'] };
    notifyAbout('image.update', image);
    image.name = 'after';
    image.tags.push('b');
    expect((await told())[0]?.payload).toEqual({ name: 'before', tags: ['a'] });
  });

  it('equal to what JSON makes of it, for anything JSON can carry', async () => {
    const { told, notifier } = record({ redact: false });
    // JSON.stringify writes lone surrogates down escaped; what arrives here is well-formed, so compare that.
    const values = fc.sample(fc.jsonValue({ maxDepth: 5 }), 300);
    for (const value of values) notifyAbout('payload.test', () => value);
    const arrived = (await told()).map(({ payload }) => payload);
    expect(arrived).toEqual(values.map((value) => JSON.parse(JSON.stringify(value))));
    expect(notifier.stats().drivers.memory).toMatchObject({ accepted: 300, delivered: 300 });
  });

  it('whatever it is: a valid message or a counted drop, and never an exception', async () => {
    const { told, notifier } = record({ maxMessageBytes: '64KiB' });
    const anything = fc.anything({
      withBigInt: true,
      withBoxedValues: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withObjectString: true,
      withSet: true,
      withSparseArray: true,
      withTypedArray: true,
      withUnicodeString: true,
    } as object);
    fc.assert(
      fc.property(anything, (value) => {
        notifyAbout('payload.test', value);
      }),
      { numRuns: 500 },
    );
    const arrived = await told();
    const { memory } = notifier.stats().drivers;
    const dropped = Object.values(memory?.dropped ?? {}).reduce((sum, count) => sum + count, 0);
    expect(memory?.accepted).toBe(500);
    expect(arrived.length + dropped).toBe(500);
  });
});

describe('a payload that is too large', () => {
  it.each<[string, () => unknown]>([
    ['a text of 100 MB', () => 'x'.repeat(100_000_000)],
    ['a field of 100 MB', () => ({ data: 'x'.repeat(100_000_000) })],
    ['10 MB of bytes', () => Buffer.alloc(10_000_000)],
    ['an endless array', () => new Array(4_000_000_000)],
    ['a set of a million', () => new Set(Array.from({ length: 1_000_000 }, (_, index) => index))],
    ['the same object two to the thirtieth times', () => Array.from({ length: 30 }).reduce<unknown>((x) => [x, x], 1)],
    ['an error of 100 MB', () => new Error('password='.repeat(11_000_000))],
  ])('%s is dropped, counted, said on the receipt and once to the operator', async (_, payload) => {
    const { told, notifier, reporter } = record();
    const receipt = notifyAbout('payload.large', payload());
    expect(await receipt.delivered()).toMatchObject({
      status: 'dropped',
      reason: 'over 1048576 bytes (maxMessageBytes)',
    });
    notifyAbout('payload.small', {});
    expect((await told()).map(({ eventType }) => eventType)).toEqual(['payload.small']);
    expect(notifier.stats().drivers.memory).toMatchObject({ accepted: 2, delivered: 1, dropped: { too_large: 1 } });
    expect(reporter.lines).toEqual(['memory: dropped payload.large (too_large): over 1048576 bytes (maxMessageBytes)']);
  });

  it('is measured as it goes out: escapes count', async () => {
    const { notifier } = record({ maxMessageBytes: 1000 });
    notifyAbout('payload.wide', { text: '€'.repeat(300) });
    await notifier.flush();
    expect(notifier.stats().drivers.memory).toMatchObject({ dropped: { too_large: 1 } });
  });

  it.each([
    ['found while it is copied', { text: 'x'.repeat(2000) }, { omitted: '[too large]' }],
    ['found when it is written down', { text: '€'.repeat(300) }, { omitted: '[too large]' }],
    ['a text', 'x'.repeat(2000), '[too large]'],
    ['an error', new Error('€'.repeat(500)), '[too large]'],
  ])('goes out with a marker, by option: %s', async (_, payload, marker) => {
    const { told, notifier, reporter } = record({ maxMessageBytes: 1000, oversized: 'marker' });
    const receipt = notifyAbout('payload.large', payload);
    notifyAbout('payload.small', {});
    expect(await told()).toMatchObject([
      { eventType: 'payload.large', messageId: receipt.messageId, payload: marker },
      { eventType: 'payload.small', payload: {} },
    ]);
    expect(receipt.status).toBe('delivered');
    expect(notifier.stats().drivers.memory).toMatchObject({ delivered: 2, shortened: 1, dropped: {} });
    expect(reporter.lines).toEqual([]);
  });

  it('is dropped even so where the rest alone is too large', async () => {
    const { notifier } = record({ maxMessageBytes: 256, oversized: 'marker', contextKeys: ['note'] });
    notifier.info('payload.large', {}, { context: { note: 'x'.repeat(500) } });
    await notifier.flush();
    expect(notifier.stats().drivers.memory).toMatchObject({ dropped: { too_large: 1 }, shortened: 0 });
  });
});
