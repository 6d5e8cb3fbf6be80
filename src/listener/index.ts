export type { Decoded, DecodedFormat, DecodeOptions } from '../wire/decode.js';
export { decodeNotification } from '../wire/decode.js';
export type { DeadCause, ListenerStats } from './counters.js';
export type { Expected, Filters, Where } from './filter.js';
export {
  type BatchHandler,
  type BatchOptions,
  DEAD,
  type Delivery,
  HANDLED,
  type Handler,
  type HandlerOptions,
  type HandlerResult,
  REQUEUE,
  type Received,
  type ReceivedPayload,
} from './handler.js';
export { createListener, type Listener, type ListenerHealth, type StopOptions } from './listener.js';
export {
  type BatchHandlerDecorator,
  type HandlerDecorator,
  type NotificationHandler,
  notificationHandlersOf,
  OnNotification,
  type OnNotificationOptions,
} from './on-notification.js';
export type { ListenerOptions } from './options.js';
