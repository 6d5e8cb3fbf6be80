import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { notifyAbout, withNotificationContext, withStartEnd } from '../../src/index.js';
import {
  type CapturedNotifications,
  captureNotifications,
  type ExpectedNotification,
} from '../../src/testing/index.js';
import '../../src/testing/vitest.js';

let captured: CapturedNotifications;
beforeEach(() => {
  captured = captureNotifications();
});
afterEach(() => captured.stop());

const image = { id: 'i1', size: 7, owner: { id: 'u1', name: 'Ada' }, tags: ['a', 'b'], deleted: null };

function fails(assertion: () => void, message: string | RegExp): void {
  expect(assertion).toThrow(message);
}

describe('toHaveNotified()', () => {
  beforeEach(() => {
    withNotificationContext({ request_id: 'r1' }, () => notifyAbout.warn('image.update', image));
    notifyAbout('image.update', image);
  });

  it.each<[string, ExpectedNotification | undefined]>([
    ['anything', undefined],
    ['the priority', { priority: 'WARN' }],
    ['some fields', { payload: { id: 'i1', owner: { name: 'Ada' } } }],
    ['arrays', { payload: { tags: ['a', 'b'] } }],
    ['null', { payload: { deleted: null } }],
    ['a field that is not there', { payload: { checksum: undefined } }],
    ['asymmetric matchers', { payload: { size: expect.any(Number), id: expect.stringMatching(/^i/) } }],
    ['an asymmetric matcher of all', { payload: expect.objectContaining({ size: 7 }) }],
    ['a regular expression', { payload: { id: /^i\d$/ } }],
    ['the context', { context: { request_id: 'r1' } }],
    ['the publisher', { publisherId: /^app\./ }],
    ['the number', { times: 2 }],
    ['the number of those that are so', { priority: 'WARN', times: 1 }],
    ['none', { priority: 'ERROR', times: 0 }],
  ])('passes by %s', (_, expected) => {
    expect(captured).toHaveNotified('image.update', expected);
    fails(() => expect(captured).not.toHaveNotified('image.update', expected), /^expected not to find image\.update/);
  });

  it.each<[string, ExpectedNotification]>([
    ['the priority', { priority: 'ERROR' }],
    ['a field', { payload: { id: 'i2' } }],
    ['a field below', { payload: { owner: { name: 'Bob' } } }],
    ['a field that is not there', { payload: { checksum: 'x' } }],
    ['a field that is there', { payload: { id: undefined } }],
    ['a shorter array', { payload: { tags: ['a'] } }],
    ['an object for an array', { payload: { tags: { 0: 'a' } } }],
    ['a text for a number', { payload: { size: '7' } }],
    ['the context', { context: { request_id: 'r2' } }],
    ['the publisher', { publisherId: 'nobody' }],
    ['the number', { times: 1 }],
    ['both at once', { priority: 'INFO', context: { request_id: 'r1' } }],
  ])('fails by %s', (_, expected) => {
    fails(() => expect(captured).toHaveNotified('image.update', expected), /^expected to find image\.update/);
    expect(captured).not.toHaveNotified('image.update', expected);
  });

  it('says what was told instead', () => {
    fails(
      () => expect(captured).toHaveNotified('image.delete', { priority: 'INFO' }),
      /^expected to find image\.delete \{ priority: 'INFO' \} told; told: \n {2}WARN image\.update \{ id: 'i1'.*\n {2}INFO/,
    );
  });

  it('takes notifications themselves, and refuses what is none', () => {
    expect(captured.notifications).toHaveNotified('image.update');
    fails(() => expect(undefined).toHaveNotified('image.update'), 'expected what captureNotifications() returned');
    fails(() => expect(captured).toHaveNotified('image.update', { payloads: {} } as object), 'knows no payloads');
    fails(() => expect(captured).toHaveNotified('a', { priority: 'LOUD' } as never), 'LOUD is no priority');
  });

  it('finds every JSON value by itself, and by any part of an object', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.dictionary(fc.string(), fc.jsonValue()), (value, more) => {
        const clean = captureNotifications({ redact: false });
        try {
          notifyAbout('any.value', { value, ...more });
          const [told] = clean.notifications;
          const known = (told?.payload as Record<string, unknown> | undefined)?.value;
          expect(clean).toHaveNotified('any.value', { payload: told?.payload });
          expect(clean).toHaveNotified('any.value', { payload: { value: known } });
          expect(clean).not.toHaveNotified('any.value', { payload: { value: [known] } });
        } finally {
          void clean.stop();
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('toHaveNotifiedInOrder()', () => {
  beforeEach(() => {
    for (const id of [1, 2, 3]) notifyAbout('task.progress', { id });
    notifyAbout('task.done');
  });

  it('passes where one comes after the other', () => {
    expect(captured).toHaveNotifiedInOrder(['task.progress', 'task.done']);
    expect(captured).toHaveNotifiedInOrder([['task.progress', { payload: { id: 1 } }], 'task.progress', 'task.done']);
    expect(captured).toHaveNotifiedInOrder([]);
  });

  it('fails where one is missing or too early, and says which', () => {
    fails(
      () => expect(captured).toHaveNotifiedInOrder(['task.done', 'task.progress']),
      'expected to find task.done, then task.progress told (task.progress is missing after the first 1)',
    );
    fails(() => expect(captured).toHaveNotifiedInOrder(Array(4).fill('task.progress')), 'after the first 3');
    expect(captured).not.toHaveNotifiedInOrder([['task.progress', { payload: { id: 3 } }], 'task.progress']);
  });
});

describe('toHaveNotifiedPair()', () => {
  const run = (body: () => void) => {
    try {
      withStartEnd('task.run', body, { payload: { start: () => ({ at: 'start' }), end: () => ({ at: 'end' }) } })();
    } catch {
      // As it should.
    }
  };

  it('passes where both halves are of one operation', () => {
    run(() => {});
    expect(captured).toHaveNotifiedPair('task.run');
    expect(captured).toHaveNotifiedPair('task.run', { failed: false, end: { payload: { at: 'end' } } });
    expect(captured).not.toHaveNotifiedPair('task.run', { failed: true });
    expect(captured).not.toHaveNotifiedPair('task.run', { start: { payload: { at: 'end' } } });
  });

  it('knows of failures', () => {
    run(() => {
      throw new Error('no space');
    });
    expect(captured).toHaveNotifiedPair('task.run', { failed: true, end: { payload: 'no space', priority: 'ERROR' } });
    expect(captured).not.toHaveNotifiedPair('task.run', { failed: false });
  });

  it('takes pairs of any two types', () => {
    withStartEnd({ start: 'image.prepare', end: 'image.upload' }, () => {})();
    expect(captured).toHaveNotifiedPair({ start: 'image.prepare', end: 'image.upload' }, { failed: false });
  });

  it('fails where the halves are of different operations, or one is missing', () => {
    run(() => {});
    const [start, end] = captured.notifications;
    run(() => {});
    const [, , , otherEnd] = captured.notifications;
    expect([start, end]).toHaveNotifiedPair('task.run');
    expect([end, start]).not.toHaveNotifiedPair('task.run');
    expect([start]).not.toHaveNotifiedPair('task.run');
    fails(
      () => expect([start, otherEnd]).toHaveNotifiedPair('task.run'),
      /^expected to find task\.run\.start and task\.run\.end or task\.run\.error, with one operation_id, told/,
    );
  });
});

describe('toHaveNotifiedNothing()', () => {
  it('passes until something is told', () => {
    expect(captured).toHaveNotifiedNothing();
    fails(() => expect(captured).not.toHaveNotifiedNothing(), 'expected something to be told; told: nothing');
    notifyAbout('image.create');
    expect(captured).not.toHaveNotifiedNothing();
    fails(() => expect(captured).toHaveNotifiedNothing(), /^expected nothing to be told; told: \n {2}INFO image/);
  });
});
