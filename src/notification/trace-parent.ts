/** What a span says of itself, in OpenTelemetry's terms; immutable by its specification. */
export interface SpanIds {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
}

interface OpenTelemetryGlobal {
  readonly context?: { active(): { getValue(key: symbol): { spanContext(): SpanIds } | undefined } };
}

/** Where each copy of `@opentelemetry/api` 1.x finds what was registered, and the key of the span in a context. */
const API = Symbol.for('opentelemetry.js.api.1');
const SPAN = Symbol.for('OpenTelemetry Context Key SPAN');

const TRACE_ID = /^(?!0{32})[0-9a-f]{32}$/;
const SPAN_ID = /^(?!0{16})[0-9a-f]{16}$/;

/**
 * The ids of the OpenTelemetry span that the code runs in. Read where the API keeps it, without importing the API: a
 * service that does not use it pays for one look-up.
 */
export function ambientSpan(): SpanIds | undefined {
  const api = (globalThis as { [API]?: OpenTelemetryGlobal })[API];
  if (api === undefined) return undefined;
  try {
    return api.context?.active().getValue(SPAN)?.spanContext();
  } catch {
    // Somebody else's code: what it throws must not reach the service.
    return undefined;
  }
}

/**
 * W3C trace context, level 1 (https://www.w3.org/TR/trace-context/#traceparent-header); undefined for ids that are not
 * valid, as those of a span that nobody records may be.
 */
export function traceParent(span: SpanIds): string | undefined {
  try {
    const { traceId, spanId, traceFlags } = span;
    if (!TRACE_ID.test(traceId) || !SPAN_ID.test(spanId)) return undefined;
    return `00-${traceId}-${spanId}-${(traceFlags & 0xff).toString(16).padStart(2, '0')}`;
  } catch {
    return undefined;
  }
}
