import { randomUUID } from 'node:crypto';

/** What a line of a log says, but for what a test does not care about. */
export interface Line {
  readonly type: string;
  /** Seconds after the first of March 2026. */
  readonly at: number;
  readonly id?: string;
  readonly priority?: string;
  readonly publisher?: string;
  readonly payload?: unknown;
  readonly context?: Readonly<Record<string, unknown>>;
}

export const BEGAN = Date.UTC(2026, 2, 1);

/** As the log driver writes it. */
export function plain({
  type,
  at,
  id = randomUUID(),
  priority = 'INFO',
  publisher = 'image.a',
  ...rest
}: Line): string {
  const { payload = {}, context = {} } = rest;
  return JSON.stringify({
    level: 'info',
    logger: `oslo.messaging.notification.${type}`,
    message_id: id,
    publisher_id: publisher,
    event_type: type,
    priority,
    timestamp: new Date(BEGAN + at * 1_000).toISOString(),
    payload,
    context,
  });
}

/** As a service of OpenStack sends it: no operation id, the context in keys of its own, the time naive. */
export function openStack({
  type,
  at,
  id = randomUUID(),
  priority = 'INFO',
  publisher = 'compute.a',
  ...rest
}: Line): string {
  const { payload = {}, context = {} } = rest;
  const message = {
    message_id: id,
    publisher_id: publisher,
    event_type: type,
    priority,
    payload,
    timestamp: new Date(BEGAN + at * 1_000).toISOString().replace('T', ' ').replace('Z', '000'),
    _unique_id: randomUUID(),
    ...Object.fromEntries(Object.entries(context).map(([key, value]) => [`_context_${key}`, value])),
  };
  return JSON.stringify({ 'oslo.version': '2.0', 'oslo.message': JSON.stringify(message) });
}
