import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { notifyAbout, withNotifies, withStartEnd } from '../../src/index.js';
import { DisabledFilter } from '../../src/notifier/disabled-filter.js';
import { record } from '../support/recorded.js';

const word = fc.stringMatching(/^[A-Za-z0-9_-]{1,8}$/);
const eventType = fc.array(word, { minLength: 1, maxLength: 5 }).map((words) => words.join('.'));

describe('disabled notifications', () => {
  const filter = new DisabledFilter(' metadef_tag , ,metadef_property.delete,task.run,image.*'.split(','));

  it.each([
    ['metadef_tag.create', true],
    ['metadef_tag', true],
    ['metadef_property.delete', true],
    ['metadef_property.update', false],
    ['task.run.start', true],
    ['task.runner', false],
    ['image', true],
    ['image.member.create', true],
    ['image_cache.prune', false],
    ['Image.create', false],
    ['my.image.create', false],
  ])('%s: %s', (type, disabled) => {
    expect(filter.isDisabled(type)).toBe(disabled);
  });

  it('matches exactly what equals an entry or continues it after a dot', () => {
    fc.assert(
      fc.property(eventType, eventType, fc.boolean(), (entry, type, starred) => {
        const disabled = new DisabledFilter([starred ? `${entry}.*` : entry]).isDisabled(type);
        expect(disabled).toBe(type === entry || type.startsWith(`${entry}.`));
      }),
    );
    fc.assert(
      fc.property(eventType, eventType, (entry, rest) => {
        expect(new DisabledFilter([entry]).isDisabled(`${entry}.${rest}`)).toBe(true);
        expect(new DisabledFilter([entry]).isDisabled(`${entry}${rest}`)).toBe(false);
      }),
    );
  });

  it('warns once, at start, about entries that can match nothing', () => {
    const { reporter } = record({ disabledNotifications: ['image', 'im age', '*', 'a..b', ''] });
    expect(reporter.lines).toEqual([
      'disabled notifications: "im age" can match no event type',
      'disabled notifications: "*" can match no event type',
      'disabled notifications: "a..b" can match no event type',
    ]);
  });
});

describe('a disabled event', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('builds no payload, is counted, and says so on its receipt', async () => {
    const { told, notifier } = record({ disabledNotifications: 'image.send,task' });
    const payload = vi.fn(() => ({}));
    expect(withNotifies('image.send', () => 1, { payload })()).toBe(1);
    expect(withStartEnd('task.run', () => 2, { payload })()).toBe(2);
    const receipt = notifyAbout('image.send', payload);
    expect(receipt.status).toBe('disabled');
    expect(await receipt.delivered()).toMatchObject({ status: 'disabled', drivers: {} });
    expect(await told()).toEqual([]);
    expect(payload).not.toHaveBeenCalled();
    expect(notifier.stats()).toMatchObject({ disabled: 3, drivers: { memory: { accepted: 0 } } });
  });

  it('is one that code or environment turns off: a kill switch wins everywhere', async () => {
    vi.stubEnv('TIDINGS_DISABLED_NOTIFICATIONS', 'image.update');
    const { summary } = record({ disabledNotifications: ['image.delete'] });
    for (const type of ['image.update', 'image.delete', 'image.create']) notifyAbout(type);
    expect(await summary()).toEqual(['INFO image.create']);
  });

  it('may be one half of a pair', async () => {
    const { summary } = record({ disabledNotifications: ['task.run.start'] });
    withStartEnd('task.run', () => 1)();
    expect(await summary()).toEqual(['INFO task.run.end']);
  });
});
