import type { OutgoingMessage } from '../../delivery/driver.js';
import type { JsonValue } from '../../notification/json.js';
import type { Priority } from '../../notification/priority.js';
import { LEVEL_OF_PRIORITY } from './level.js';

/** Writes one notification down as one line, without the line's end. */
export type LineFormat = (message: OutgoingMessage) => string;

/**
 * The logger's name that oslo.messaging's `log` driver uses, so that log pipelines made for OpenStack match.
 * Source: oslo_messaging/notify/_impl_log.py.
 */
export function loggerName(eventType: string): string {
  return `oslo.messaging.notification.${eventType}`;
}

/**
 * `{"level":"info","logger":"oslo.messaging.notification.image.update",` and then the fields of the body. The body is
 * not parsed: every wire format is one JSON object on one line.
 */
export const jsonLine: LineFormat = ({ notification, body }) => {
  const level = JSON.stringify(LEVEL_OF_PRIORITY[notification.priority]);
  const logger = JSON.stringify(loggerName(notification.eventType));
  const fields = body.slice(1);
  return `{"level":${level},"logger":${logger}${fields.startsWith('}') ? '' : ','}${fields}`;
};

/** Python's names of levels; the `AUDIT` level is oslo.log's own. Python has none for SAMPLE. */
const PYTHON_LEVEL: Readonly<Record<Priority, string>> = {
  CRITICAL: 'CRITICAL',
  ERROR: 'ERROR',
  WARN: 'WARNING',
  INFO: 'INFO',
  AUDIT: 'AUDIT',
  SAMPLE: 'INFO',
  DEBUG: 'DEBUG',
};

/**
 * `2026-11-20 07:18:08.114 4711 INFO oslo.messaging.notification.image.update [req-1 u-1 p-1 d-1 - -] {"message_id":…}`,
 * as OpenStack services log by default, so that what parses their logs finds the fields; the time is UTC.
 * Source: oslo_log/_options.py, `logging_context_format_string` and `logging_default_format_string`.
 */
export function osloLine(processId: number): LineFormat {
  return ({ notification: { timestamp, priority, eventType, context }, body }) => {
    const { request_id, user_id = '-', project_id = '-', domain_id = '-' } = context;
    const ids = request_id === undefined ? '-' : `${request_id} ${user_id} ${project_id} ${domain_id} - -`;
    const time = timestamp.replace('T', ' ').replace('Z', '');
    return `${time} ${processId} ${PYTHON_LEVEL[priority]} ${loggerName(eventType)} [${printable(ids)}] ${body}`;
  };
}

const PAYLOAD_LENGTH = 120;
const OPERATION_LENGTH = 8;

const RESET = '\u001b[0m';
const BOLD = '\u001b[1m';
const DIM = '\u001b[2m';
const COLOUR_OF_PRIORITY: Readonly<Record<Priority, string>> = {
  CRITICAL: '\u001b[1;37;41m',
  ERROR: '\u001b[31m',
  WARN: '\u001b[33m',
  INFO: '\u001b[32m',
  AUDIT: '\u001b[36m',
  SAMPLE: '\u001b[35m',
  DEBUG: '\u001b[2m',
};

/** `07:18:08.114Z INFO     image.update  image.host-1  {"id":"7f…"}  op 2f1c9e44`, for a person at a terminal. */
export function prettyLine(colours: boolean): LineFormat {
  const paint = (colour: string, text: string) => (colours ? `${colour}${text}${RESET}` : text);
  return ({ notification }) => {
    const { timestamp, priority, eventType, publisherId, payload, context } = notification;
    // A service's own context, or that of another sender, may have anything there.
    const operation: unknown = context.operation_id;
    const parts = [
      `${paint(DIM, timestamp.slice(11))} ${paint(COLOUR_OF_PRIORITY[priority], priority.padEnd(8))} ${paint(BOLD, eventType)}`,
      paint(DIM, printable(publisherId)),
      printable(shortPayload(payload)),
    ];
    if (operation !== undefined)
      parts.push(paint(DIM, printable(`op ${String(operation).slice(0, OPERATION_LENGTH)}`)));
    return parts.filter((part) => part !== '').join('  ');
  };
}

function shortPayload(payload: JsonValue): string {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  return text.length > PAYLOAD_LENGTH ? `${text.slice(0, PAYLOAD_LENGTH - 1)}…` : text;
}

/** Control characters, C1 ones too, would let a payload's text move the cursor, clear the screen or forge a line. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
