#!/usr/bin/env node
import { ConfigurationError, errorText } from '../notification/errors.js';
import { CATALOG_USAGE, catalogCommand } from './catalog-command.js';
import type { Command } from './command.js';
import { EXISTS_USAGE, existsCommand } from './exists-command.js';
import { EXPLAIN_USAGE, explainCommand } from './explain-command.js';
import { FORWARD_USAGE, forwardCommand } from './forward-command.js';
import { REPORT_USAGE, reportCommand } from './report-command.js';
import { SEND_USAGE, sendCommand } from './send-command.js';
import { SPOOL_USAGE, spoolCommand } from './spool-command.js';
import { TAIL_USAGE, tailCommand } from './tail-command.js';
import { UsageError } from './usage-error.js';
import { packageVersion } from './version.js';

const EXIT_USAGE = 2;

const COMMANDS: Readonly<Record<string, Command>> = {
  explain: {
    summary: 'says whether an event type is sent under this environment, and if not, why',
    usage: EXPLAIN_USAGE,
    run: explainCommand,
  },
  catalog: {
    summary: 'shows which notifications there are, and checks that a change breaks none',
    usage: CATALOG_USAGE,
    run: catalogCommand,
  },
  tail: { summary: 'shows notifications of a broker as they come', usage: TAIL_USAGE, run: tailCommand },
  send: { summary: 'sends one notification', usage: SEND_USAGE, run: sendCommand },
  forward: {
    summary: 'takes notifications from brokers and files to every driver, by a YAML file',
    usage: FORWARD_USAGE,
    run: forwardCommand,
  },
  report: {
    summary: 'says of a log or a broker how often, how long, what failed and who did it',
    usage: REPORT_USAGE,
    run: reportCommand,
  },
  exists: { summary: 'tells what existed in an audit period', usage: EXISTS_USAGE, run: existsCommand },
  spool: {
    summary: 'shows what waits on disk and the dead letters, gives them back, or throws them away',
    usage: SPOOL_USAGE,
    run: spoolCommand,
  },
};

const USAGE = `Usage: tidings COMMAND ...

${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  ${name.padEnd(8)} ${summary}`)
  .join('\n')}

tidings COMMAND --help says more, tidings --version which version this is. The exit code is 0 when all went well, 1 when
something did not, and 2 when the command line is wrong.`;

async function main([name, ...args]: readonly string[]): Promise<number> {
  const say = (text: string) => console.log(text);
  if (name === undefined || name === 'help' || isHelp(name)) {
    say(usageOf(args[0]));
    return 0;
  }
  if (name === '--version') {
    say(packageVersion());
    return 0;
  }
  if (!Object.hasOwn(COMMANDS, name)) throw new UsageError(`there is no command ${JSON.stringify(name)}`);
  if (args.some(isHelp)) {
    say(usageOf(name));
    return 0;
  }
  return (COMMANDS[name] as Command).run(args, say);
}

function isHelp(word: string): boolean {
  return word === '--help' || word === '-h';
}

/** Of one command, or the list of them where there is none of that name. */
function usageOf(name = ''): string {
  return Object.hasOwn(COMMANDS, name) ? (COMMANDS[name] as Command).usage : USAGE;
}

/** The value of a flag was refused, which the message says: how the command is used would only hide it. */
function isAboutFlag(error: unknown): boolean {
  return error instanceof ConfigurationError && error.setting.startsWith('--');
}

// `tidings report … | head`: nobody reads on, which is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    console.error(`tidings: ${errorText(error)}`);
    if (error instanceof UsageError) console.error(`\n${usageOf(process.argv[2])}`);
    process.exitCode = error instanceof UsageError || isAboutFlag(error) ? EXIT_USAGE : 1;
  },
);
