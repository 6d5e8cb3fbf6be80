import { createListener, type Received } from '../listener/index.js';
import { errorText } from '../notification/errors.js';
import type { Priority } from '../notification/priority.js';
import { plainFormat } from '../wire/plain.js';
import type { Say } from './command.js';
import { BROKER_FLAGS, BROKER_USAGE, brokerOptions } from './listener-options.js';
import { parseFlags } from './parse-flags.js';
import { UsageError } from './usage-error.js';

export const TAIL_USAGE = `Usage: tidings tail [PATTERN...] [--priority LIST] [--publisher GLOB] [--json] [--count N] [broker]

Shows notifications as they come, from a queue of its own that ends with it: nothing is taken from anybody. What was
told before it began is not shown. By AMQP 1.0 the address must be that of a topic, and the broker must say that it is
one, else nothing is read; RabbitMQ has none, and is listened to by its own protocol.

  PATTERN          event types with * and ?, with ! in front where they are taken out; default: *
  --priority LIST  comma-separated: error,critical
  --publisher GLOB publisher ids with * and ?
  --json           one JSON object a line, in the plain wire format
  --count N        ends after so many
${BROKER_USAGE}`;

/** Resolves with the exit code, after a signal or `--count`. */
export async function tailCommand(args: readonly string[], say: Say): Promise<number> {
  const { values, patterns } = readArguments(args);
  const { json = false, priority, publisher, count } = values;
  const listener = createListener({ ...brokerOptions(values), temporary: true, concurrency: 1, duplicates: 0 });
  let left = count ?? Number.POSITIVE_INFINITY;
  let finish = () => {};
  const done = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const show = (notification: Received) => {
    if (left <= 0) return;
    left -= 1;
    say(json ? plainFormat.encode(notification, '') : prettyLine(notification));
    if (left === 0) finish();
  };
  try {
    listener.on(patterns, show, {
      ...(priority !== undefined && { priority: priority as Priority }),
      ...(publisher !== undefined && { where: { publisherId: publisher } }),
    });
  } catch (error) {
    throw new UsageError(errorText(error));
  }
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => finish());
  // `tidings tail | head`: nobody reads on.
  process.stdout.once('error', () => finish());
  const started = listener.start();
  started.then(
    () => console.error('tidings: listening'),
    () => undefined,
  );
  await done;
  await listener.stop({ timeoutMs: 1_000 });
  return 0;
}

const COLOURS: Readonly<Record<Priority, string>> = {
  AUDIT: '35',
  DEBUG: '90',
  INFO: '32',
  WARN: '33',
  ERROR: '31',
  CRITICAL: '41;97',
  SAMPLE: '36',
};

function prettyLine({ timestamp, priority, eventType, publisherId, payload, context }: Received): string {
  const isColoured = process.stdout.isTTY === true && (process.env.NO_COLOR ?? '') === '';
  const shownPriority = priority.padEnd(8);
  const level = isColoured ? `\u001b[${COLOURS[priority]}m${shownPriority}\u001b[0m` : shownPriority;
  const request = typeof context.request_id === 'string' ? ` ${context.request_id}` : '';
  const rest = `${eventType}  ${publisherId}${request}  ${JSON.stringify(payload)}`;
  // Texts of others must not steer the terminal.
  return `${timestamp}  ${level}  ${rest.replaceAll(/\p{Cc}/gu, '\ufffd')}`;
}

const FLAGS = {
  ...BROKER_FLAGS,
  priority: { type: 'string' },
  publisher: { type: 'string' },
  json: { type: 'boolean' },
  count: { type: 'string' },
} as const;

function readArguments(args: readonly string[]) {
  const { values, positionals } = parseFlags(args, FLAGS);
  const { count } = values;
  if (count !== undefined && !/^[1-9]\d{0,8}$/.test(count)) {
    throw new UsageError(`--count is ${JSON.stringify(count)}; it takes a number from 1`);
  }
  const patterns = positionals.length > 0 ? positionals : ['*'];
  return { values: { ...values, count: count === undefined ? undefined : Number(count) }, patterns };
}
