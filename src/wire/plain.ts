import type { WireFormat } from './wire-format.js';

/** The six attributes and the context as one JSON object, names in snake case, the time in ISO 8601 with `Z`. */
export const plainFormat: WireFormat = {
  name: 'plain',
  contentType: 'application/json',
  encode(notification) {
    return JSON.stringify({
      message_id: notification.messageId,
      publisher_id: notification.publisherId,
      event_type: notification.eventType,
      priority: notification.priority,
      timestamp: notification.timestamp,
      payload: notification.payload,
      context: notification.context,
    });
  },
};
