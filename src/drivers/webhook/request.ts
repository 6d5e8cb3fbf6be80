import { createHash } from 'node:crypto';
import type { OutgoingMessage } from '../../delivery/driver.js';

/** What is posted: one notification, or an array of them. */
export interface WebhookRequest {
  /** The header `webhook-id`. */
  readonly id: string;
  readonly contentType: string;
  readonly body: string;
}

/** The notification as it is; its `message_id` is the id, or the hash of one that no header can carry. */
export function singleRequest({ notification, contentType, body }: OutgoingMessage): WebhookRequest {
  return { id: headerId(notification.messageId), contentType, body };
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

/** Other senders' ids, which are forwarded, may be any text. A hash is the same for each attempt too. */
function headerId(messageId: string): string {
  if (/^[\x21-\x7e]{1,255}$/.test(messageId)) return messageId;
  return `msg_${createHash('sha256').update(messageId).digest('hex').slice(0, 32)}`;
}
