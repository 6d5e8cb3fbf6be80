import { describe, expect, it } from 'vitest';
import * as tidings from '../../src/index.js';
import { NotifiesAll, SkipNotifications, StartEndAll } from '../../src/index.js';
import { snakeCase } from '../../src/instrument/snake-case.js';
import { record } from '../support/recorded.js';

type Dashboards = typeof import('../decorated/dashboards.js');

const compiled = (standard: string): Promise<Dashboards> =>
  import(new URL(`../../build/decorated/${standard}/test/decorated/dashboards.js`, import.meta.url).href);

describe.each(['standard', 'legacy'])('class decorators (%s decorators)', async (standard) => {
  const module = await compiled(standard);
  const { Dashboard, SubDashboard, Matched, Both } = module.defineDashboards(tidings);

  it('tell of each method by its name in snake case, with its result and its errors', async () => {
    const { told, summary } = record();
    const dashboard = new Dashboard('admin');
    expect(dashboard.handleCreateImage('cirros')).toBe('admin/cirros');
    await expect(dashboard.parseURL('http://x')).resolves.toBe('http://x');
    expect(() => dashboard.getHTTPResponse2()).toThrow('no response');
    expect(await summary()).toEqual([
      'INFO dashboard.handle_create_image',
      'INFO dashboard.inside',
      'INFO dashboard.parse_url',
      'ERROR dashboard.get_http_response2',
    ]);
    const [, inside, parsed] = await told();
    expect(inside?.context.operation_id).toBe(parsed?.context.operation_id);
  });

  it('take private methods of TypeScript, which are like any other, but not #private ones', async () => {
    const { summary } = record();
    expect(new Dashboard().runPrivately()).toBe('private hidden');
    expect(await summary()).toEqual(['INFO dashboard.handle_privately', 'INFO dashboard.run_privately']);
  });

  it('leave alone what is no work of the service', async () => {
    const { summary } = record();
    const dashboard = new Dashboard();
    expect(dashboard.handleField()).toBe('field');
    expect(dashboard.size).toBe(1);
    expect(dashboard._handleHidden()).toBe('hidden');
    expect(Dashboard.handleStatically()).toBe('static');
    expect(JSON.stringify(dashboard)).toBe('{"title":"main"}');
    expect([String(dashboard), dashboard.toLocaleString(), dashboard.valueOf(), dashboard.inspect()]).toEqual(
      Array(4).fill('main'),
    );
    expect(await dashboard).toBe('then');
    dashboard.onModuleInit();
    dashboard.onApplicationBootstrap();
    dashboard.onModuleDestroy();
    dashboard.beforeApplicationShutdown();
    dashboard.onApplicationShutdown();
    expect(await summary()).toEqual([]);
    expect(dashboard.callSymbol()).toBe('symbol');
    expect(await summary()).toEqual(['INFO dashboard.call_symbol']);
  });

  it('leave alone what has a decorator of its own, or @SkipNotifications()', async () => {
    const { summary } = record();
    const dashboard = new Dashboard();
    expect(dashboard.handleOwn()).toBe('own');
    expect(dashboard.handlePair()).toBe('pair');
    expect(dashboard.handleSkipped()).toBe('skipped');
    expect(dashboard.handleStill()).toBe('still');
    expect(dashboard.handleSkippedAbove()).toBe('replaced above');
    expect(dashboard.handleReplaced()).toBe('replaced replaced');
    expect(await summary()).toEqual([
      'INFO dashboard.own',
      'INFO dashboard.pair.start',
      'INFO dashboard.pair.end',
      'INFO dashboard.still',
      'INFO dashboard.handle_replaced',
    ]);
  });

  it.runIf(standard === 'legacy')('see such a decorator below one that replaces the method', async () => {
    const { summary } = record();
    const { Below } = module.defineSkippedBelow(tidings);
    const below = new Below();
    expect([below.skipped(), below.own(), below.told()]).toEqual(['replaced skipped', 'replaced own', 'told']);
    expect(await summary()).toEqual(['INFO below.own', 'INFO below.told']);
  });

  it.runIf(standard === 'standard')('see it where the platform has Symbol.metadata', async () => {
    const { summary } = record();
    Object.defineProperty(Symbol, 'metadata', { value: Symbol.for('Symbol.metadata'), configurable: true });
    try {
      const { Below } = module.defineSkippedBelow(tidings);
      const below = new Below();
      expect([below.skipped(), below.own(), below.told()]).toEqual(['replaced skipped', 'replaced own', 'told']);
    } finally {
      Reflect.deleteProperty(Symbol, 'metadata');
    }
    expect(await summary()).toEqual(['INFO below.own', 'INFO below.told']);
  });

  it('leave the class, its prototype and its methods as they are to everybody else', () => {
    expect(module.registered.filter((each) => each === Dashboard)).toHaveLength(2);
    expect([Dashboard.name, Dashboard.length, Dashboard.version]).toEqual(['Dashboard', 0, 3]);
    expect(Object.getOwnPropertyDescriptor(Dashboard.prototype, 'handleCreateImage')).toMatchObject({
      enumerable: false,
      configurable: true,
      writable: true,
    });
    expect(Dashboard.prototype.handleCreateImage).toHaveLength(1);
    expect(Dashboard.prototype.handleCreateImage.name).toBe('handleCreateImage');
    expect(new Dashboard()).toBeInstanceOf(Dashboard);
    expect(new Dashboard().constructor).toBe(Dashboard);
  });

  it('take the methods of the class itself, which a subclass overrides as ever', async () => {
    const { summary } = record();
    const sub = new SubDashboard('s');
    expect(sub.handleMore()).toBe('more');
    expect(await summary()).toEqual([]);
    expect(sub.handleCreateImage('x')).toBe('sub s/x');
    expect(await summary()).toEqual(['INFO dashboard.handle_create_image']);
  });

  it('take only what `match` takes, and pass the other options on', async () => {
    const { told } = record();
    const matched = new Matched();
    matched.handleFirst('a');
    matched.handleSecond('b');
    matched.other();
    matched._handleNever();
    expect(`${matched}`).toBe('matched');
    expect((await told()).map(({ priority, eventType, payload }) => [priority, eventType, payload])).toEqual([
      ['DEBUG', 'matched.handle_first', { args: ['a'] }],
      ['DEBUG', 'matched.handle_second', { args: ['b'] }],
    ]);
  });

  it('stand beside each other: the one nearer to the class comes first', async () => {
    const { summary } = record();
    const both = new Both();
    both.runTask();
    both.list();
    expect(await summary()).toEqual(['INFO both.run_task.start', 'INFO both.run_task.end', 'INFO both.list']);
  });
});

describe('the name of a method as a word of an event type', () => {
  it.each([
    ['handleCreateImage', 'handle_create_image'],
    ['parseURL', 'parse_url'],
    ['getHTTPResponse2', 'get_http_response2'],
    ['HTTPGet', 'http_get'],
    ['getXAxis', 'get_x_axis'],
    ['toS3Bucket', 'to_s3_bucket'],
    ['listVMs', 'list_vms'],
    ['deleteIDsOfURLs', 'delete_ids_of_urls'],
    ['already_snake', 'already_snake'],
    ['handle_URL', 'handle_url'],
    ['x', 'x'],
    ['kebab-case', 'kebab-case'],
    ['42', '42'],
  ])('%s is %s', (name, word) => expect(snakeCase(name)).toBe(word));
});

/** What the compilers call a decorator with. */
type Decorate = (...args: unknown[]) => unknown;

describe('class decorators on what they cannot take', () => {
  const decorators: Record<string, unknown> = {
    '@NotifiesAll("image")': NotifiesAll('image'),
    '@StartEndAll("image")': StartEndAll('image'),
  };

  it.each(Object.entries(decorators))('%s is refused with the member, its kind and the class', (name, decorator) => {
    const decorate = decorator as Decorate;
    class Gallery {
      update() {}
      get size() {
        return 1;
      }
      static make() {}
    }
    const descriptor = (key: string, of: object = Gallery.prototype) => Object.getOwnPropertyDescriptor(of, key);
    const refusal = (what: string) => new TypeError(`${name} cannot decorate the ${what}; it decorates classes`);
    expect(() => decorate(Gallery.prototype, 'update', descriptor('update'))).toThrow(refusal('method Gallery.update'));
    expect(() => decorate(Gallery, 'make', descriptor('make', Gallery))).toThrow(refusal('method Gallery.make'));
    expect(() => decorate(Gallery.prototype, 'size', descriptor('size'))).toThrow(refusal('accessor Gallery.size'));
    expect(() => decorate(Gallery.prototype, 'title')).toThrow(refusal('property Gallery.title'));
    expect(() => decorate(Gallery, undefined, 0)).toThrow(refusal('parameter 0 of Gallery.constructor'));
    expect(() => decorate(() => 1)).toThrow(TypeError);
    expect(() => decorate(() => 1, { kind: 'method', name: 'update', addInitializer() {} })).toThrow(
      refusal('method update'),
    );
  });

  it('@SkipNotifications() is refused on anything but a method', () => {
    const decorate = SkipNotifications() as unknown as Decorate;
    class Gallery {}
    expect(() => decorate(Gallery)).toThrow(
      new TypeError('@SkipNotifications() cannot decorate the class Gallery; it decorates methods'),
    );
    expect(() => decorate(Gallery, { kind: 'class', name: 'Gallery', addInitializer() {} })).toThrow(
      /the class Gallery/,
    );
    expect(() => decorate(Gallery.prototype, 'title')).toThrow(/the property Gallery.title/);
    expect(() => decorate(undefined, { kind: 'field', name: 'title', addInitializer() {} })).toThrow(/the field title/);
  });

  it('wrong resources and options are told where the decorator is written, whatever the class has', () => {
    expect(() => NotifiesAll('image service')).toThrow(
      /^@NotifiesAll\("image service"\) has the event type "image service"; it takes/,
    );
    expect(() => StartEndAll({ start: 'a', end: 'b' } as never)).toThrow(tidings.ConfigurationError);
    expect(() => NotifiesAll('image', { matches: /x/ } as object)).toThrow(/matches is not an option/);
    expect(() => NotifiesAll('image', { match: 'handle' as never })).toThrow(
      /match is "handle"; it takes a regular expression or a function of the name/,
    );
    expect(() => StartEndAll('image', { at: 'start' } as object)).toThrow(/at is not an option/);
    expect(() => StartEndAll('image', { priority: 'LOUD' as 'INFO' })).toThrow(/priority is "LOUD"/);
  });

  it('a name that makes no event type is told with its class and method, unless it is left out', () => {
    const gallery = () =>
      class Gallery {
        größe() {}
        list() {}
      };
    expect(() => NotifiesAll('image')(gallery())).toThrow(
      /^@NotifiesAll\("image"\) on Gallery\.größe has the event type "image\.größe"; it takes/,
    );
    expect(() => StartEndAll('image')(gallery())).toThrow(tidings.ConfigurationError);
    expect(() => NotifiesAll('image', { match: /list/ })(gallery())).not.toThrow();
    expect(() => NotifiesAll('i'.repeat(252))(gallery())).toThrow(/Gallery\.größe/);
    expect(() => NotifiesAll('i'.repeat(252), { match: /list/ })(gallery())).toThrow(/Gallery\.list/);
  });

  it('a method that is read-only is told, not left out in silence', () => {
    class Gallery {
      list() {}
    }
    Object.defineProperty(Gallery.prototype, 'list', { configurable: false, writable: false });
    expect(() => NotifiesAll('image')(Gallery)).toThrow(
      /^@NotifiesAll\("image"\) on Gallery\.list: the method is read/,
    );
  });

  it('a method that only cannot be configured is taken', async () => {
    const { summary } = record();
    class Gallery {
      list() {}
    }
    Object.defineProperty(Gallery.prototype, 'list', { configurable: false });
    NotifiesAll('image')(Gallery);
    new Gallery().list();
    expect(await summary()).toEqual(['INFO image.list']);
  });
});
