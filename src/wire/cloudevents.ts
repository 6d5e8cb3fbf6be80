import { extensionsOf } from './cloudevents-context.js';
import type { WireFormat } from './wire-format.js';

/**
 * What stands for an empty publisher id or event type, since `source` and `type` must not be empty; no percent-encoded
 * publisher id and no event type of ours has a colon.
 */
export const NAMELESS = 'urn:tidings:unknown';

/**
 * CloudEvents 1.0 in structured mode: `id` is the message id, `source` the percent-encoded publisher id, `type` the
 * event type, `data` the payload; the priority and each key of the context are extensions.
 * Source: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
 */
export const cloudeventsFormat: WireFormat = {
  name: 'cloudevents',
  contentType: 'application/cloudevents+json',
  encode(notification) {
    const { messageId, publisherId, eventType, priority, timestamp, payload, context } = notification;
    return JSON.stringify({
      specversion: '1.0',
      id: messageId,
      source: publisherId === '' ? NAMELESS : encodeURIComponent(publisherId.toWellFormed()),
      type: eventType === '' ? NAMELESS : eventType,
      time: timestamp,
      datacontenttype: 'application/json',
      priority,
      ...extensionsOf(context),
      data: payload,
    });
  },
};
