#!/usr/bin/env node
import { errorText } from '../notification/errors.js';
import { FORWARD_USAGE, forwardCommand } from './forward-command.js';
import { SEND_USAGE, sendCommand } from './send-command.js';
import { SPOOL_USAGE, spoolCommand } from './spool-command.js';
import { TAIL_USAGE, tailCommand } from './tail-command.js';
import { UsageError } from './usage-error.js';

const EXIT_USAGE = 2;

/** Runs until it is done; resolves with the exit code. `say` writes a line on standard output. */
type Command = (args: readonly string[], say: (text: string) => void) => Promise<number>;

const COMMANDS: Readonly<Record<string, { readonly run: Command; readonly usage: string }>> = {
  forward: { run: forwardCommand, usage: FORWARD_USAGE },
  send: { run: sendCommand, usage: SEND_USAGE },
  spool: { run: spoolCommand, usage: SPOOL_USAGE },
  tail: { run: tailCommand, usage: TAIL_USAGE },
};

async function main([name, ...args]: readonly string[]): Promise<number> {
  const command = commandOf(name);
  if (command !== undefined && args.length > 0 && !args.includes('--help')) return command.run(args, console.log);
  if (command !== undefined && name === 'tail' && args.length === 0) return command.run(args, console.log);
  if (command === undefined && name !== undefined && name !== 'help' && name !== '--help') {
    throw new UsageError(`there is no command ${JSON.stringify(name)}`);
  }
  console.log(usageOf(name));
  return 0;
}

function commandOf(name: string | undefined) {
  return name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
}

function usageOf(name: string | undefined): string {
  const usages = Object.values(COMMANDS).map(({ usage }) => usage);
  return commandOf(name)?.usage ?? usages.join('\n\n');
}

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
