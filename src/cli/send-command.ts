import { EVENT_TYPE_RULE, isEventType } from '../notification/event-type.js';
import { isPriority, PRIORITIES, type Priority } from '../notification/priority.js';
import { createNotifier } from '../setup/create-notifier.js';
import type { NamedDriver } from '../setup/options.js';
import type { Say } from './command.js';
import { BROKER_FLAGS, BROKER_USAGE, brokerOptions } from './listener-options.js';
import { parseFlags } from './parse-flags.js';
import { UsageError } from './usage-error.js';

export const SEND_USAGE = `Usage: tidings send EVENT_TYPE [PAYLOAD] [--priority P] [--publisher-id ID] [--request-id ID] [--timeout MS] [broker]

Sends one notification, and ends when it is delivered. PAYLOAD is JSON, else it is taken as a text; default: {}.
Where TIDINGS_DRIVERS or TIDINGS_ROUTES is set, by the drivers of the environment; else, and with --url, --protocol,
--exchange or --oslo, to that broker and nowhere else, the spool neither.
Exits with 1 where it is not delivered in time.

  --priority P     in any case; default: info
  --publisher-id ID, --request-id ID
                   who tells it, and for which request
  --timeout MS     how long it waits, in milliseconds; default: 10000
${BROKER_USAGE}`;

/** What would send it elsewhere, now or with the next process. */
const ELSEWHERE = { TIDINGS_DRIVERS: undefined, TIDINGS_ROUTES: undefined, TIDINGS_SPOOL_DIR: undefined };

/** Resolves with the exit code: 0 when every driver has confirmed. */
export async function sendCommand(args: readonly string[], say: Say): Promise<number> {
  const { values, eventType, payload } = readArguments(args);
  const { priority, timeout } = values;
  const { topics, protocol: name = 'rabbit', ...broker } = brokerOptions(values);
  const { url, exchange, oslo } = values;
  const isBrokerGiven = [url, values.protocol, exchange, oslo].some((flag) => flag !== undefined);
  const isConfigured = [process.env.TIDINGS_DRIVERS, process.env.TIDINGS_ROUTES].some((value) => value?.trim());
  const notifier = createNotifier(
    {
      ...((isBrokerGiven || !isConfigured) && { drivers: [{ name, ...broker } as NamedDriver] }),
      ...(topics !== undefined && { topics }),
      ...(values['publisher-id'] !== undefined && { publisherId: values['publisher-id'] }),
    },
    isBrokerGiven ? { ...process.env, ...ELSEWHERE } : process.env,
  );
  const requestId = values['request-id'];
  const receipt = notifier.notify(eventType, payload, {
    priority,
    ...(requestId !== undefined && { context: { request_id: requestId } }),
  });
  const { status, reason, drivers } = await receipt.delivered({ timeoutMs: timeout });
  await notifier.close({ timeoutMs: 0 });
  say(JSON.stringify({ message_id: receipt.messageId, status, ...(reason !== undefined && { reason }), drivers }));
  return status === 'delivered' ? 0 : 1;
}

const FLAGS = {
  ...BROKER_FLAGS,
  priority: { type: 'string' },
  'publisher-id': { type: 'string' },
  'request-id': { type: 'string' },
  timeout: { type: 'string' },
} as const;

function readArguments(args: readonly string[]) {
  const { values, positionals } = parseFlags(args, FLAGS);
  const [eventType, payload = '{}', ...rest] = positionals;
  if (eventType === undefined) throw new UsageError('no event type is given');
  if (!isEventType(eventType)) {
    throw new UsageError(`the event type is ${JSON.stringify(eventType)}; it takes ${EVENT_TYPE_RULE}`);
  }
  if (rest.length > 0) throw new UsageError('there is more than one payload: put it in quotes');
  const priority = (values.priority ?? 'INFO').toUpperCase();
  if (!isPriority(priority)) {
    throw new UsageError(`--priority is ${JSON.stringify(values.priority)}; it takes ${PRIORITIES.join(', ')}`);
  }
  const { timeout = '10000' } = values;
  if (!/^\d{1,9}$/.test(timeout))
    throw new UsageError(`--timeout is ${JSON.stringify(timeout)}; it takes milliseconds`);
  return {
    values: { ...values, priority: priority as Priority, timeout: Number(timeout) },
    eventType,
    payload: parsedPayload(payload),
  };
}

function parsedPayload(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    return payload;
  }
}
