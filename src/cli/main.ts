#!/usr/bin/env node
import { errorText } from '../notification/errors.js';
import { CATALOG_USAGE, catalogCommand } from './catalog-command.js';
import type { Command } from './command.js';
import { EXPLAIN_USAGE, explainCommand } from './explain-command.js';
import { SPOOL_USAGE, spoolCommand } from './spool-command.js';
import { UsageError } from './usage-error.js';

const EXIT_USAGE = 2;

const COMMANDS: Readonly<Record<string, Command>> = {
  spool: { usage: SPOOL_USAGE, run: spoolCommand },
  catalog: { usage: CATALOG_USAGE, run: catalogCommand },
  explain: { usage: EXPLAIN_USAGE, run: explainCommand },
};

/** Of the command that is meant, or of all of them. */
function usageOf(name: string | undefined): string {
  const command = commandOf(name);
  return (
    command?.usage ??
    Object.values(COMMANDS)
      .map(({ usage }) => usage)
      .join('\n\n')
  );
}

function commandOf(name: string | undefined): Command | undefined {
  return name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
}

async function main([name, ...args]: readonly string[]): Promise<number> {
  const say = (text: string) => console.log(text);
  const command = commandOf(name);
  const isHelp = name === undefined || name === 'help' || name === '--help' || args.includes('--help');
  if (command !== undefined && !isHelp) return command.run(args, say);
  if (isHelp) {
    say(usageOf(name));
    return 0;
  }
  throw new UsageError(`there is no command ${JSON.stringify(name)}`);
}

const args = process.argv.slice(2);

main(args).then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    console.error(`tidings: ${errorText(error)}`);
    if (error instanceof UsageError) console.error(`\n${usageOf(args[0])}`);
    process.exitCode = error instanceof UsageError ? EXIT_USAGE : 1;
  },
);
