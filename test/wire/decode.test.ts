import { readFileSync } from 'node:fs';
import { deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Notification } from '../../src/index.js';
import { cloudeventsFormat } from '../../src/wire/cloudevents.js';
import { type Decoded, decodeNotification } from '../../src/wire/decode.js';
import { osloFormat } from '../../src/wire/oslo.js';
import { plainFormat } from '../../src/wire/plain.js';
import { anyNotification } from './notifications.js';

function taken(decoded: Decoded): Notification {
  if ('reason' in decoded) throw new Error(decoded.reason);
  return decoded.notification;
}

function reasonOf(decoded: Decoded): string | undefined {
  return 'reason' in decoded ? decoded.reason : undefined;
}

/** Version 1 of oslo.messaging, with what its Python puts beside the six attributes. */
const bare = {
  message_id: '300affec-02eb-4158-b495-c6b9fe1fb859',
  publisher_id: 'compute.host1',
  event_type: 'compute.instance.create.end',
  priority: 'info',
  payload: { state: 'active' },
  timestamp: '2026-11-20 07:18:08.114703',
  _unique_id: 'b1946ac92492d2347c6235b4d2611184',
  _msg_id: 'm',
  _reply_q: 'q',
  _timeout: null,
  _context_request_id: 'req-1',
  _context_roles: ['member'],
};

const notification: Notification = {
  messageId: bare.message_id,
  publisherId: bare.publisher_id,
  eventType: bare.event_type,
  priority: 'INFO',
  timestamp: '2026-11-20T07:18:08.114703Z',
  payload: { state: 'active' },
  context: { request_id: 'req-1', roles: ['member'] },
};

const envelope = (inner: unknown) => ({ 'oslo.version': '2.0', 'oslo.message': JSON.stringify(inner) });
const decodedJson = (value: unknown) => decodeNotification(JSON.stringify(value));

describe('decodeNotification', () => {
  it.each([osloFormat, plainFormat, cloudeventsFormat])('gives back any notification that $name wrote', (format) => {
    fc.assert(
      fc.property(anyNotification, (each) => {
        const decoded = decodeNotification(Buffer.from(format.encode(each, 'notifications')));
        expect(decoded).toEqual({ notification: each, format: format.name });
      }),
      { numRuns: 400 },
    );
  });

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json(),
          fc.json().map((inner) => `{"oslo.version":"2.0","oslo.message":${JSON.stringify(inner)}}`),
        ),
        fc.constantFrom(undefined, { compression: 'application/x-gzip' }),
        (body, headers) => {
          const decoded = decodeNotification(body, headers);
          if ('reason' in decoded) expect(decoded.reason).toMatch(/^[^\n]{5,200}$/);
        },
      ),
    );
  });

  it('reads every message that a real Glance sent', () => {
    const lines = readFileSync('test/fixtures/glance-25.1-wire.jsonl', 'utf8').trim().split('\n');
    expect(lines).toHaveLength(46);
    const types = new Set<string>();
    for (const line of lines) {
      const { body, routingKey } = JSON.parse(line);
      const inner = JSON.parse(JSON.parse(body)['oslo.message']);
      const decoded = decodeNotification(Buffer.from(body));
      expect(decoded).toMatchObject({ format: 'oslo' });
      const { messageId, publisherId, eventType, priority, timestamp, payload, context } = taken(decoded);
      expect([messageId, publisherId, eventType, payload]).toEqual([
        inner.message_id,
        inner.publisher_id,
        inner.event_type,
        inner.payload,
      ]);
      expect(priority.toLowerCase()).toBe(routingKey.split('.')[1]);
      expect(timestamp).toBe(`${inner.timestamp.replace(' ', 'T')}Z`.replace(/000Z$/, 'Z'));
      expect(context).toEqual({});
      types.add(eventType);
    }
    expect(types.size).toBe(31);
  });

  it.each([
    ['the envelope 2.0', envelope(bare)],
    ['the bare form', bare],
    [
      'AMQP 1.0, an envelope and a context',
      { request: envelope({ ...bare, _context_roles: undefined }), context: { roles: ['member'] } },
    ],
    ['AMQP 1.0, the bare form', { request: bare, context: {} }],
    ['AMQP 1.0 without a context', { request: envelope(bare), context: null }],
  ])('reads %s as oslo.messaging writes it', (_form, body) => {
    expect(decodedJson(body)).toEqual({ notification, format: 'oslo' });
  });

  it.each([
    ['2026-11-20 07:18:08.114703', '2026-11-20T07:18:08.114703Z'],
    ['2026-11-20 07:18:08.114000', '2026-11-20T07:18:08.114Z'],
    ['2026-11-20 07:18:08', '2026-11-20T07:18:08.000Z'],
    ['2026-11-20T07:18:08.114703', '2026-11-20T07:18:08.114703Z'],
    ['2026-11-20T09:18:08.114703+02:00', '2026-11-20T07:18:08.114703Z'],
    ['2026-11-20T07:18:08.114703999Z', '2026-11-20T07:18:08.114703Z'],
    ['2026-11-20T01:48:08.1-0530', '2026-11-20T07:18:08.100Z'],
  ])('reads the time %s', (written, read) => {
    expect(taken(decodedJson({ ...bare, timestamp: written })).timestamp).toBe(read);
  });

  it.each(['INFO', 'info', 'Info'])('reads the priority %s', (priority) => {
    expect(taken(decodedJson({ ...bare, priority })).priority).toBe('INFO');
  });

  it('takes null and absent for the empty text, and makes up an id that is no duplicate', () => {
    const body = { ...bare, publisher_id: null, event_type: null, message_id: undefined, payload: undefined };
    const first = taken(decodedJson(body));
    expect(first).toMatchObject({ publisherId: '', eventType: '', payload: null });
    expect(first.messageId).toMatch(/^[0-9a-f-]{36}$/);
    expect(taken(decodedJson(body)).messageId).not.toBe(first.messageId);
    const before = Date.now();
    expect(Date.parse(taken(decodedJson({ priority: 'INFO' })).timestamp)).toBeGreaterThanOrEqual(before);
  });

  it.each([
    ['zlib', deflateSync],
    ['gzip', gzipSync],
  ])('decompresses %s, as the header says', (_name, compress) => {
    const body = compress(JSON.stringify(envelope(bare)));
    expect(decodeNotification(body, { compression: 'application/x-gzip' })).toEqual({ notification, format: 'oslo' });
  });

  it('reads the CloudEvents of others', () => {
    const event = {
      specversion: '1.0',
      id: '1',
      source: 'https://github.com/cloudevents?a=%',
      type: 'com.example.created',
      subject: 's',
      tenantid: 't1',
      data_base64: Buffer.from('{"a":1}').toString('base64'),
    };
    expect(taken(decodedJson(event))).toMatchObject({
      messageId: '1',
      publisherId: 'https://github.com/cloudevents?a=%',
      priority: 'INFO',
      payload: { a: 1 },
      context: { tenantid: 't1' },
    });
    expect(taken(decodedJson({ ...event, datacontenttype: 'text/plain' })).payload).toBe('{"a":1}');
    expect(taken(decodedJson({ ...event, datacontenttype: 'image/png' })).payload).toBe(event.data_base64);
  });

  const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

  it.each([
    ['', /^the body is not JSON \(it ends too early\)$/],
    ['{"priority": "INFO", secret}', /^the body is not JSON( \(at character 22\))?$/],
    ['[]', 'the body is JSON of an array, not an object'],
    ['null', 'the body is JSON of null, not an object'],
    ['"text"', 'the body is JSON of a string, not an object'],
    [Buffer.from([0x7b, 0xff, 0x7d]), 'the body is not UTF-8'],
    [{ ...envelope(bare), 'oslo.version': '2.1' }, 'oslo.version is "2.1", not the text "2.0"'],
    [{ ...envelope(bare), 'oslo.version': 2 }, 'oslo.version is a number, not the text "2.0"'],
    [{ 'oslo.message': '{}' }, 'oslo.version is missing, not the text "2.0"'],
    [{ ...envelope(bare), 'oslo.message': bare }, 'oslo.message is an object, not JSON in a text'],
    [{ ...envelope(bare), 'oslo.message': '{' }, /^oslo\.message is not JSON/],
    [envelope([]), 'oslo.message is JSON of an array, not an object'],
    [{ ...bare, priority: undefined }, /^priority is missing; there are AUDIT, DEBUG,/],
    [{ ...bare, priority: null }, /^priority is null; there are/],
    [{ ...bare, priority: 'loud' }, /^priority is "loud"; there are/],
    [{ ...bare, priority: 'x'.repeat(1000) }, /^priority is .{1,70}; there are/],
    [{ ...bare, message_id: 7 }, 'message_id is a number, not a text'],
    [{ ...bare, event_type: ['a'] }, 'event_type is an array, not a text'],
    [{ ...bare, timestamp: 'yesterday' }, /^timestamp is "yesterday"; it takes 2026-11-20 07:18:08.114703 or/],
    [{ ...bare, timestamp: '2026-13-20 07:18:08' }, /^timestamp is/],
    [{ ...bare, timestamp: 12 }, /^timestamp is a number/],
    [{ ...bare, context: 'x' }, 'context is a string, not an object'],
    [{ request: 'x', context: {} }, 'request is a string, not an object'],
    [{ request: bare, context: 'x' }, 'context is a string, not an object'],
    [{ specversion: '0.3' }, 'specversion is "0.3", not the text "1.0"'],
    [{ specversion: '1.0', data_base64: 1 }, 'data_base64 is a number, not a text'],
    [{ specversion: '1.0', data_base64: 'e30x' }, /^data_base64 is not JSON/],
    [{ specversion: '1.0', tidingscontext: '[]' }, 'the extension tidingscontext is not a JSON object in a text'],
    [`{"priority":"INFO","payload":${nested(100)}}`, 'the body is over 100 levels deep'],
    [envelope(JSON.parse(`{"priority":"INFO","payload":${nested(100)}}`)), 'oslo.message is over 100 levels deep'],
    [nested(500_000), 'the body is over 100 levels deep'],
  ])('says why %j is none', (body, reason) => {
    const isRaw = typeof body === 'string' || Buffer.isBuffer(body);
    const found = reasonOf(isRaw ? decodeNotification(body) : decodedJson(body));
    expect(found).toEqual(typeof reason === 'string' ? reason : expect.stringMatching(reason));
    expect(found).not.toContain('secret');
  });

  it('takes 99 levels', () => {
    expect(decodeNotification(`{"priority":"INFO","payload":${nested(99)}}`)).toHaveProperty('notification');
  });

  it('is bounded in size, before and after decompression', () => {
    const body = Buffer.from(JSON.stringify({ ...bare, payload: 'x'.repeat(5_000) }));
    expect(reasonOf(decodeNotification(body, undefined, { maxBytes: 5_000 }))).toBe('over 5000 bytes');
    const bomb = deflateSync(Buffer.alloc(20 * 1024 ** 2, 0x20));
    expect(reasonOf(decodeNotification(bomb, { compression: 'application/x-gzip' }))).toBe(
      'over 16777216 bytes when decompressed',
    );
  });

  it.each([
    ['application/x-bz2', Buffer.from('BZh9'), /^compressed by "application\/x-bz2"; application\/x-gzip/],
    ['application/x-gzip', Buffer.from('{}'), /the body is neither zlib nor gzip, or damaged$/],
    [7, Buffer.from('{}'), 'the header compression is a number'],
  ])('says why it cannot decompress %s', (compression, body, reason) => {
    const found = reasonOf(decodeNotification(body, { compression }));
    expect(found).toEqual(typeof reason === 'string' ? reason : expect.stringMatching(reason));
  });
});
