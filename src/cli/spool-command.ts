import { loadLevel } from '../delivery/spool/level.js';
import { type SpooledEntry, type SpoolListing, SpoolMaintenance } from '../delivery/spool/maintenance.js';
import type { Say } from './command.js';
import { parseFlags } from './parse-flags.js';
import { ProgressBar } from './progress-bar.js';
import { UsageError } from './usage-error.js';

export const SPOOL_USAGE = `Usage: tidings spool list   [--dir DIR] [--state waiting|dead] [--json]
       tidings spool show   ID [--dir DIR] [--json]
       tidings spool replay (ID... | --all) [--dir DIR] [--json]
       tidings spool purge  (ID... | --all) [--dir DIR] [--state waiting|dead] [--json]

Looks at a spool beside the services that use it, and changes it: what a live process holds is left alone.

  list    what waits in directories that no live process holds, and the dead letters
  show    everything that is known of one notification
  replay  gives dead letters back to the service, which delivers them
  purge   throws away, for good
  --dir   the spool; default: TIDINGS_SPOOL_DIR`;

/** Runs `tidings spool …`; resolves with the exit code. Throws a UsageError for wrong arguments. */
export async function spoolCommand(args: readonly string[], say: Say): Promise<number> {
  const { command, ids, all, json, state, directory } = readArguments(args);
  const maintenance = new SpoolMaintenance(loadLevel('tidings spool'), directory);
  const bar = new ProgressBar(`${command} ${directory}`);
  const selection = {
    onProgress: bar.update,
    ...(ids.length > 0 && { ids }),
    ...(state !== undefined && { state }),
  };
  try {
    switch (command) {
      case 'list': {
        const listing = await maintenance.list(selection);
        bar.end();
        if (json) say(JSON.stringify(listing));
        else for (const line of described(listing)) say(line);
        return 0;
      }
      case 'show': {
        if (ids.length !== 1) throw new UsageError('show takes one message id');
        const entries = await maintenance.show(ids[0] as string);
        say(JSON.stringify(entries, undefined, json ? undefined : 2));
        return entries.length > 0 ? 0 : 1;
      }
      case 'replay':
      case 'purge': {
        // Everything is a lot to throw away by a forgotten word.
        if (ids.length === 0 && !all) throw new UsageError(`${command} takes message ids, or --all`);
        const count = await maintenance[command](selection);
        bar.end();
        say(json ? JSON.stringify({ [command]: count }) : `${count} ${command === 'replay' ? 'replayed' : 'purged'}`);
        return count > 0 || all ? 0 : 1;
      }
      default:
        throw new UsageError(`there is no command ${JSON.stringify(command)}`);
    }
  } finally {
    bar.end();
  }
}

const FLAGS = {
  dir: { type: 'string' },
  state: { type: 'string' },
  all: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

function readArguments(args: readonly string[]) {
  const { values, positionals } = parseFlags(args, FLAGS);
  const [command = '', ...ids] = positionals;
  const directory = values.dir ?? process.env.TIDINGS_SPOOL_DIR ?? '';
  if (directory === '') throw new UsageError('no spool is named: use --dir DIR, or set TIDINGS_SPOOL_DIR');
  const { state, all = false, json = false } = values;
  if (state !== undefined && state !== 'waiting' && state !== 'dead') {
    throw new UsageError(`--state is ${JSON.stringify(state)}; it takes waiting or dead`);
  }
  return { command, ids, all, json, state, directory } as const;
}

function described({ directories, entries, damaged }: SpoolListing): string[] {
  const live = directories.filter(({ state }) => state === 'live').length;
  const dead = entries.filter(({ state }) => state === 'dead').length;
  return [
    ...entries.map(line),
    `${entries.length - dead} waiting, ${dead} dead letters, ${live} directories in use by live processes`,
    ...damaged.map((path) => `damaged, set aside: ${path}`),
  ];
}

function line({ state, acceptedAt, notification, drivers, reason }: SpooledEntry): string {
  const { messageId, eventType, priority } = notification;
  const why = reason === undefined ? '' : `  ${reason}`;
  return `${state.padEnd(7)}  ${acceptedAt}  ${messageId}  ${priority.padEnd(8)}  ${eventType}  ${drivers.join(',')}${why}`;
}
