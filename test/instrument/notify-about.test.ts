import { describe, expect, it } from 'vitest';
import { type NotifyOptions, notifyAbout, PRIORITIES, withNotificationContext } from '../../src/index.js';
import { record } from '../support/recorded.js';

/** Throws when anything of it is looked at. */
const hostile = new Proxy(new Error('hostile'), {
  get() {
    throw new Error('get');
  },
  getPrototypeOf() {
    throw new Error('getPrototypeOf');
  },
  ownKeys() {
    throw new Error('ownKeys');
  },
});

describe('notifyAbout', () => {
  it('tells at the priority of its method, and by default at INFO', async () => {
    const { summary } = record();
    notifyAbout('a.default');
    notifyAbout('a.chosen', {}, { priority: 'AUDIT' });
    for (const method of ['audit', 'debug', 'info', 'warn', 'error', 'critical', 'sample'] as const) {
      notifyAbout[method](`a.${method}`);
    }
    expect(await summary()).toEqual([
      'INFO a.default',
      'AUDIT a.chosen',
      ...PRIORITIES.map((priority) => `${priority} a.${priority.toLowerCase()}`),
    ]);
  });

  it('returns a receipt that is no thenable: awaiting it waits for nothing', async () => {
    const { notifier } = record();
    const receipt = notifyAbout('a.b');
    expect('then' in receipt).toBe(false);
    expect(receipt.status).toBe('waiting');
    expect(await receipt.delivered()).toEqual({ status: 'delivered', drivers: { memory: { status: 'delivered' } } });
    expect(receipt.messageId).toMatch(/^[0-9a-f-]{36}$/);
    await notifier.close();
    expect(await notifyAbout('a.late').durable()).toMatchObject({ status: 'closed' });
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a number', 5],
    ['a symbol', Symbol('x')],
    ['empty', ''],
    ['with a space', 'a b'],
    ['too long', 'x'.repeat(256)],
    ['hostile', hostile],
  ])('drops and counts an event type that is %s, and does not throw', (_, eventType) => {
    const { notifier } = record();
    expect(notifyAbout(eventType as string).status).toBe('dropped');
    expect(notifier.stats()).toMatchObject({
      dropped: { invalid_event_type: 1 },
      drivers: { memory: { accepted: 0 } },
    });
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['a text', 'x'],
    ['an unknown priority', { priority: 'LOUD' }],
    ['no topics', { topics: [] }],
    ['a context that is none', { context: 7 }],
    ['a publisher that is none', { publisherId: {} }],
    ['hostile', hostile],
    ['a hostile context', { context: hostile }],
  ])('neither throws nor loses count when its options are %s', async (_, options) => {
    const { notifier, told } = record();
    notifyAbout('a.b', {}, options as NotifyOptions);
    notifyAbout.error('a.b', hostile, options as NotifyOptions);
    const { dropped } = notifier.stats();
    expect((await told()).length + (dropped.internal_error ?? 0)).toBe(2);
  });

  it('runs the body of a context that cannot be read', async () => {
    const { told } = record();
    const run = () => {
      notifyAbout('a.b');
      return 1;
    };
    expect(withNotificationContext(null as never, run)).toBe(1);
    expect(withNotificationContext(hostile as never, run)).toBe(1);
    expect((await told()).map(({ context }) => context)).toEqual([{}, {}]);
  });
});
