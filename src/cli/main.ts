#!/usr/bin/env node
import { errorText } from '../notification/errors.js';
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

const EXIT_USAGE = 2;

const COMMANDS: Readonly<Record<string, Command>> = {
  spool: { usage: SPOOL_USAGE, run: spoolCommand },
  catalog: { usage: CATALOG_USAGE, run: catalogCommand },
  explain: { usage: EXPLAIN_USAGE, run: explainCommand },
  exists: { usage: EXISTS_USAGE, run: existsCommand },
  report: { usage: REPORT_USAGE, run: reportCommand },
  tail: { usage: TAIL_USAGE, run: tailCommand },
  send: { usage: SEND_USAGE, run: sendCommand },
  forward: { usage: FORWARD_USAGE, run: forwardCommand },
};

async function main([name, ...args]: readonly string[]): Promise<number> {
  const say = (text: string) => console.log(text);
  if (name === undefined || name === 'help' || name === '--help') {
    say(usageOf(undefined));
    return 0;
  }
  if (!Object.hasOwn(COMMANDS, name)) throw new UsageError(`there is no command ${JSON.stringify(name)}`);
  if (args.includes('--help')) {
    say(usageOf(name));
    return 0;
  }
  return (COMMANDS[name] as Command).run(args, say);
}

/** Of one command, or of all where there is none of that name. */
function usageOf(name: string | undefined): string {
  const command = Object.entries(COMMANDS).find(([known]) => known === name)?.[1];
  if (command !== undefined) return command.usage;
  return Object.values(COMMANDS)
    .map(({ usage }) => usage)
    .join('\n\n');
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
    process.exitCode = error instanceof UsageError ? EXIT_USAGE : 1;
  },
);
