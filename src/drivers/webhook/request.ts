import { createHash } from 'node:crypto';
import type { OutgoingMessage } from '../../delivery/driver.js';

/** What is posted: one notification, or an array of them. */
export interface WebhookRequest {
  /** The header `webhook-id`. */
  readonly id: string;
  readonly contentType: string;
  readonly body: string;
}

/** The notification as it is; its `message_id` is the id. */
export function singleRequest({ notification, contentType, body }: OutgoingMessage): WebhookRequest {
  return { id: notification.messageId, contentType, body };
}

/**
 * A JSON array, also of a single one, so that the receiver need not tell apart. The id is made from those of the
 * notifications: an array that is sent again as it was has the same one. Its parts may come again in another array, so
 * a receiver tells duplicates apart by the `message_id` (CloudEvents: `id`) of each element.
 */
export function arrayRequest(messages: readonly OutgoingMessage[]): WebhookRequest {
  const hash = createHash('sha256');
  for (const { notification } of messages) hash.update(`${notification.messageId} `);
  const { contentType } = messages[0] as OutgoingMessage;
  return {
    id: `batch_${hash.digest('hex').slice(0, 32)}`,
    // CloudEvents, JSON batch format: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
    contentType: contentType.replace(/^application\/cloudevents\+json/, 'application/cloudevents-batch+json'),
    body: `[${messages.map(({ body }) => body).join(',')}]`,
  };
}
