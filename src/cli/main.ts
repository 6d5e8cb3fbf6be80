#!/usr/bin/env node
import { errorText } from '../notification/errors.js';
import { SPOOL_USAGE, spoolCommand } from './spool-command.js';
import { UsageError } from './usage-error.js';

const EXIT_USAGE = 2;

async function main([command, ...args]: readonly string[]): Promise<number> {
  const say = (text: string) => console.log(text);
  if (command === 'spool' && !args.includes('--help')) return spoolCommand(args, say);
  if (command === undefined || command === 'spool' || command === 'help' || command === '--help') {
    say(SPOOL_USAGE);
    return 0;
  }
  throw new UsageError(`there is no command ${JSON.stringify(command)}`);
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    console.error(`tidings: ${errorText(error)}`);
    if (error instanceof UsageError) console.error(`\n${SPOOL_USAGE}`);
    process.exitCode = error instanceof UsageError ? EXIT_USAGE : 1;
  },
);
