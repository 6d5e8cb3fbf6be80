import type { Consumed } from './driver-conformance.js';

/** What a consumer reads of a notification in the `plain` wire format. */
// biome-ignore lint/suspicious/noExplicitAny: parsed from what was sent.
export function consumedFrom(message: any): Consumed {
  return {
    messageId: message.message_id,
    publisherId: message.publisher_id,
    eventType: message.event_type,
    priority: message.priority,
    payload: message.payload,
  };
}
