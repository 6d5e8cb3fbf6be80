/** At most this many bytes: an AMQP routing key and a CloudEvents `type` have room for no more. */
export const MAX_EVENT_TYPE_BYTES = 255;

const EVENT_TYPE = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/;

/** What {@link isEventType} accepts, for error messages. */
export const EVENT_TYPE_RULE =
  'words of A-Z, a-z, 0-9, "_" and "-" joined by dots, at most 255 bytes (for instance image.update)';

/** True for `image.upload`, `task.run.start`; false for an empty word, a space, any other character, over 255 bytes. */
export function isEventType(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_EVENT_TYPE_BYTES && EVENT_TYPE.test(value);
}
