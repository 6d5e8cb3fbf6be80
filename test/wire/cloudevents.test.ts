import { type CloudEventV1, HTTP } from 'cloudevents';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Notification } from '../../src/index.js';
import { cloudeventsFormat } from '../../src/wire/cloudevents.js';
import { anyNotification } from './notifications.js';

const notification: Notification = {
  messageId: '300affec-02eb-4158-b495-c6b9fe1fb859',
  publisherId: 'image service.host/1',
  eventType: 'image.create',
  priority: 'WARN',
  timestamp: '2026-11-20T07:29:26.761Z',
  payload: { id: 'i1', name: 'cirros é 🎉' },
  context: { request_id: 'req-1', parent_operation_id: 'op', duration_ms: 1.5, attempt: 3, tenant_id: 't1' },
};

/** As the official package reads it from a structured HTTP request; it checks the event against CloudEvents' schema. */
function official(each: Notification): CloudEventV1<unknown> {
  const headers = { 'content-type': cloudeventsFormat.contentType };
  return HTTP.toEvent({ headers, body: cloudeventsFormat.encode(each, 'notifications') }) as CloudEventV1<unknown>;
}

describe('the cloudevents format', () => {
  it('is what the official package reads as the same event', () => {
    const event = official(notification);
    expect(event).toMatchObject({
      specversion: '1.0',
      id: notification.messageId,
      source: 'image%20service.host%2F1',
      type: 'image.create',
      time: notification.timestamp,
      datacontenttype: 'application/json',
      priority: 'WARN',
      requestid: 'req-1',
      parentoperationid: 'op',
      durationms: '1.5',
      attempt: 3,
      tenantid: 't1',
      data: notification.payload,
    });
    // Only what the extensions' own names do not say.
    expect(JSON.parse(event.tidingscontext as string)).toEqual({ tenant_id: 't1' });
  });

  it('is valid for the official package, whatever the notification', () => {
    fc.assert(
      fc.property(anyNotification, (each) => {
        const event = official(each);
        expect(event.id).toBe(each.messageId);
        // The package itself leaves out what is falsy: null, false, 0 and the empty text.
        expect(event.data).toEqual(each.payload || undefined);
        expect(event.priority).toBe(each.priority);
      }),
    );
  });
});
