import type { JsonValue } from './json.js';
import type { Priority } from './priority.js';

/**
 * What travels beside the payload: request, user, project and operation ids. Keys are snake case here and on the wire.
 * Which keys leave the process is decided by the notifier (`contextKeys`); tokens never do.
 */
export interface NotificationContext {
  readonly request_id?: string;
  readonly global_request_id?: string;
  readonly user_id?: string;
  readonly project_id?: string;
  readonly domain_id?: string;
  /** Shared by everything one instrumented call tells: both halves of a pair, and what its body tells. */
  readonly operation_id?: string;
  /** The operation that this one was called from. */
  readonly parent_operation_id?: string;
  /** How long the operation took, in milliseconds, by the monotonic clock. */
  readonly duration_ms?: number;
  /** W3C trace context of the ambient span. */
  readonly traceparent?: string;
  readonly [key: string]: JsonValue | undefined;
}

/**
 * One notification: the six attributes of OpenStack's notifications, and the context. Immutable: every driver sees the
 * same one.
 */
export interface Notification {
  /** UUID v4; the idempotency key, the same over retries and restarts. */
  readonly messageId: string;
  /** `<service>.<hostname>` of the process that told it. */
  readonly publisherId: string;
  /** For instance `image.upload`. */
  readonly eventType: string;
  readonly priority: Priority;
  /**
   * When the event happened: UTC, ISO 8601 with milliseconds and `Z`, for instance `2026-11-20T07:18:08.114Z`. One that
   * a Python service told and we read has its microseconds: `2026-11-20T07:18:08.114703Z`.
   */
  readonly timestamp: string;
  readonly payload: JsonValue;
  readonly context: NotificationContext;
}
