import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Notification, PRIORITIES } from '../../src/index.js';
import { osloFormat } from '../../src/wire/oslo.js';
import { plainFormat } from '../../src/wire/plain.js';

const notification: Notification = {
  messageId: '300affec-02eb-4158-b495-c6b9fe1fb859',
  publisherId: 'image.localhost',
  eventType: 'image.create',
  priority: 'INFO',
  timestamp: '2026-11-20T07:29:26.761Z',
  payload: { id: 'i1', name: 'cirros é 🎉' },
  context: { request_id: 'req-1', duration_ms: 1.5 },
};

const any: fc.Arbitrary<Notification> = fc.record({
  messageId: fc.uuid({ version: 4 }),
  publisherId: fc.string({ minLength: 1 }),
  eventType: fc.stringMatching(/^[a-z_]{1,8}(\.[a-z_]{1,8}){0,3}$/),
  priority: fc.constantFrom(...PRIORITIES),
  timestamp: fc
    .date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true })
    .map((date) => date.toISOString()),
  payload: fc.jsonValue() as fc.Arbitrary<Notification['payload']>,
  context: fc.dictionary(fc.stringMatching(/^[a-z_]{1,12}$/), fc.string()),
});

function inner(body: string): Record<string, unknown> {
  const envelope = JSON.parse(body);
  expect(Object.keys(envelope)).toEqual(['oslo.version', 'oslo.message']);
  expect(envelope['oslo.version']).toBe('2.0');
  return JSON.parse(envelope['oslo.message']);
}

describe('the oslo format', () => {
  it('has the keys, the order and the forms of messages that a real Glance sends', () => {
    const [line = ''] = readFileSync('test/fixtures/glance-25.1-wire.jsonl', 'utf8').split('\n');
    const real = inner(JSON.parse(line).body);
    const ours = inner(osloFormat.encode({ ...notification, context: {} }, 'notifications'));
    expect(Object.keys(ours)).toEqual(Object.keys(real));
    expect(ours.timestamp).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/);
    expect(real.timestamp).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/);
    expect(ours._unique_id).toMatch(/^[0-9a-f]{32}$/);
    expect(real._unique_id).toMatch(/^[0-9a-f]{32}$/);
  });

  it('flattens the context and writes the time as Python does', () => {
    expect(inner(osloFormat.encode(notification, 'notifications'))).toMatchObject({
      message_id: notification.messageId,
      timestamp: '2026-11-20 07:29:26.761000',
      _context_request_id: 'req-1',
      _context_duration_ms: 1.5,
    });
  });

  it('gives a _unique_id that is the same for the same publish and differs by topic', () => {
    const id = (topic: string) => inner(osloFormat.encode(notification, topic))._unique_id;
    expect(id('notifications')).toBe(id('notifications'));
    expect(id('notifications')).not.toBe(id('audit'));
  });

  it('is ASCII, and carries anything', () => {
    fc.assert(
      fc.property(any, (each) => {
        const body = osloFormat.encode(each, 'notifications');
        expect(body).toMatch(/^[\x20-\x7f]*$/);
        const { message_id, publisher_id, event_type, priority, payload } = inner(body);
        expect([message_id, publisher_id, event_type, priority, payload]).toEqual([
          each.messageId,
          each.publisherId,
          each.eventType,
          each.priority,
          JSON.parse(JSON.stringify(each.payload)),
        ]);
      }),
    );
  });
});

describe('the plain format', () => {
  it('is the six attributes and the context', () => {
    fc.assert(
      fc.property(any, (each) => {
        expect(JSON.parse(plainFormat.encode(each, 'notifications'))).toEqual({
          message_id: each.messageId,
          publisher_id: each.publisherId,
          event_type: each.eventType,
          priority: each.priority,
          timestamp: each.timestamp,
          payload: JSON.parse(JSON.stringify(each.payload)),
          context: { ...each.context },
        });
      }),
    );
  });
});
