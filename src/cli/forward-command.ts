import { createForwarder } from '../forwarder/index.js';
import { errorText } from '../notification/errors.js';
import type { Reporter } from '../notification/reporter.js';
import type { Say } from './command.js';
import { parseFlags } from './parse-flags.js';
import { UsageError } from './usage-error.js';

export const FORWARD_USAGE = `Usage: tidings forward -c FILE [--check] [--drain MS]

Forwards notifications from sources to sinks, as the YAML or JSON file says. Logs to standard output, one JSON object a
line. SIGTERM and SIGINT: takes no more, lets what is being forwarded come to its end, and ends. Where all sources are
files it ends by itself: with 1 where one cannot be read, or something in it is not forwarded.

  -c, --config FILE  what to forward (the package yaml is needed for YAML)
  --check            reads the file, says what is wrong with it, and ends
  --drain MS         how long the end may take, in milliseconds; default: 10000`;

/** Resolves with the exit code, when a signal has come or the sources have ended. */
export async function forwardCommand(args: readonly string[], say: Say): Promise<number> {
  const { config, check, drain } = readArguments(args);
  const log = (level: string, message: string, more: object = {}) => {
    say(JSON.stringify({ time: new Date().toISOString(), level, message, ...more }));
  };
  const reporter: Reporter = {
    warn: (message) => log('warn', message),
    info: (message) => log('info', message),
  };
  const forwarder = await createForwarder(config, process.env, reporter);
  if (check) {
    await forwarder.stop({ timeoutMs: 0 });
    log('info', `${config} is valid`);
    return 0;
  }
  const signalled = new Promise<string>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => resolve(signal));
  });
  const ended = forwarder
    .start()
    .then(() => log('info', 'forwarding', forwarder.url === undefined ? {} : { http: forwarder.url }))
    .then(() => forwarder.ended())
    .then(() => 'the end of the sources');
  let isFailed = false;
  const why = await Promise.race([signalled, ended]).catch((error) => {
    isFailed = true;
    log('error', errorText(error));
    return 'the failure';
  });
  log('info', `stopping after ${why}`);
  ended.catch(() => undefined);
  await forwarder.stop({ timeoutMs: drain });
  const stats = forwarder.stats();
  log('info', 'stopped', stats);
  const isIncomplete = Object.values(stats.sources).some(({ status, dead }) => status === 'down' || dead > 0);
  return isFailed || (isIncomplete && why === 'the end of the sources') ? 1 : 0;
}

const FLAGS = {
  config: { type: 'string', short: 'c' },
  check: { type: 'boolean' },
  drain: { type: 'string' },
} as const;

function readArguments(args: readonly string[]) {
  const { values } = parseFlags(args, FLAGS, false);
  const { config, check = false, drain = '10000' } = values;
  if (config === undefined) throw new UsageError('no file is named: use -c FILE');
  if (!/^\d{1,9}$/.test(drain)) throw new UsageError(`--drain is ${JSON.stringify(drain)}; it takes milliseconds`);
  return { config, check, drain: Number(drain) };
}
