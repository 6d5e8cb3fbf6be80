export type { CatalogDefinitions, CatalogOptions } from './catalog/catalog.js';
export type {
  EventDefinition,
  EventDefinitions,
  PayloadClass,
  PayloadSource,
  PayloadsOf,
  Phase,
  TextPayload,
} from './catalog/event-definition.js';
export { type FieldDecorator, Meaning, Nested, Nullable, Redacted } from './catalog/field-marks.js';
export type { StandardSchema } from './catalog/standard-schema.js';
export type { DriverStats, DropReason } from './delivery/accounting.js';
export type { DrainReport, WaitOptions } from './delivery/delivery.js';
export type { DiagnosticMessage } from './delivery/diagnostics.js';
export type { DeliveryOutcome, Driver, DriverHost, OutgoingMessage } from './delivery/driver.js';
export type { DriverHealth } from './delivery/health.js';
export type { JournalStats } from './delivery/journal.js';
export type { DeliveryReport, DeliveryStatus, DriverReport, Receipt, ReceiptWait } from './delivery/receipt.js';
export type { AnyCall, Call, CallOf } from './instrument/call.js';
export type { InstrumentingClassDecorator } from './instrument/class-decorator.js';
export type { InstrumentingDecorator } from './instrument/decorator.js';
export type { NotifiesOptions, PairOfTypes, StartEndOptions } from './instrument/instrumentation.js';
export { Notifies, type NotifiesDecorator, type WithNotifies, withNotifies } from './instrument/notifies.js';
export { NotifiesAll, type NotifiesAllOptions } from './instrument/notifies-all.js';
export { type NotifyAbout, type NotifyAt, type NotifyTrouble, notifyAbout } from './instrument/notify-about.js';
export { SkipNotifications, type SkippingDecorator } from './instrument/skip-notifications.js';
export { StartEnd, type StartEndDecorator, type WithStartEnd, withStartEnd } from './instrument/start-end.js';
export { StartEndAll, type StartEndAllOptions } from './instrument/start-end-all.js';
export { withNotificationContext } from './notification/context-store.js';
export {
  ConfigurationError,
  DeliveryError,
  type DeliveryErrorOptions,
  InvalidPayloadError,
  isTidingsError,
  RefusedError,
  TidingsError,
  type TidingsErrorCode,
} from './notification/errors.js';
export type { EventPayloads, EventType, PayloadOf } from './notification/event-payloads.js';
export type { EventRules, RuleBook } from './notification/event-rules.js';
export { isEventType } from './notification/event-type.js';
export type { JsonObject, JsonValue } from './notification/json.js';
export type { Notification, NotificationContext } from './notification/notification.js';
export { PRIORITIES, type Priority } from './notification/priority.js';
export type { RedactOptions } from './notification/redaction.js';
export type { Reporter } from './notification/reporter.js';
export type { EarlyDropReason, NotifierStats } from './notifier/counters.js';
export { Notifier } from './notifier/notifier.js';
export type { NotifierHealth } from './notifier/notifier-health.js';
export type { NotifierDefaults, NotifyOptions } from './notifier/notify-options.js';
export { type CloseOnSignalsOptions, closeOnSignals } from './setup/close-on-signals.js';
export { createNotifier } from './setup/create-notifier.js';
export { configureNotifications, currentNotifier } from './setup/current-notifier.js';
export type {
  DriverEntry,
  NamedDriver,
  NotificationOptions,
  RouteOptions,
  RoutingOptions,
} from './setup/options.js';
export { type Catalog, type CatalogPayloads, defineCatalog } from './typed/define-catalog.js';
