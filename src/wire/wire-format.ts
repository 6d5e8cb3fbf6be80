import type { Notification } from '../notification/notification.js';

/** One way to write a notification down. Pure: the same notification and topic give the same text. */
export interface WireFormat {
  readonly name: string;
  /** The media type of the text. */
  readonly contentType: string;
  encode(notification: Notification, topic: string): string;
}
